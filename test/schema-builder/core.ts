import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as client from '@kubernetes/client-node';
import type { FieldType, TypeFields } from '../../agent/preflight/schema-types.ts';

interface Attribute {
  readonly baseName: string;
  readonly type: string;
  readonly format: string;
}

const models = join(createRequire(import.meta.url).resolve('@kubernetes/client-node'), '../gen/models');
/** Kubernetes types them as text; a number is taken as well. */
const QUANTITIES = new Set(['limits', 'requests', 'capacity', 'hard', 'sizeLimit', 'overhead', 'divisor', 'allocatable', 'default', 'defaultRequest', 'max', 'min', 'maxLimitRequestRatio', 'storage', 'averageValue', 'value']);
const QUANTITY_OWNERS = /^(ResourceRequirements|VolumeResourceRequirements|PersistentVolumeSpec|ResourceQuotaSpec|LimitRangeItem|EmptyDirVolumeSource|PodSpec|ResourceFieldSelector|V2MetricTarget)$/;
/** Written by the API server, never by a person. */
const LEFT_OUT = new Set(['status', 'managedFields']);
/** What the API server refuses otherwise; the generated models do not hold it. */
const CHOICES: Readonly<Record<string, string>> = {
  'PodSpec.restartPolicy': 'Always|OnFailure|Never',
  'PodSpec.dnsPolicy': 'ClusterFirst|ClusterFirstWithHostNet|Default|None',
  'Container.imagePullPolicy': 'Always|IfNotPresent|Never',
  'EmptyDirVolumeSource.medium': '|Memory|HugePages|HugePages-1Gi|HugePages-2Mi',
  'JobSpec.completionMode': 'Indexed|NonIndexed',
  'Toleration.operator': 'Exists|Equal|Lt|Gt',
  'Toleration.effect': 'NoSchedule|PreferNoSchedule|NoExecute',
};
/** Likewise: pkg/apis/{core,apps,batch,autoscaling}/validation/validation.go. */
const RANGES: readonly (readonly [owners: RegExp, fields: RegExp, type: FieldType])[] = [
  [/^(Deployment|StatefulSet|ReplicaSet|ReplicationController|DaemonSet)Spec$/, /^(replicas|minReadySeconds|revisionHistoryLimit)$/, 'i0..'],
  [/^JobSpec$/, /^(parallelism|completions|activeDeadlineSeconds|backoffLimit|backoffLimitPerIndex|maxFailedIndexes|ttlSecondsAfterFinished)$/, 'i0..'],
  [/^CronJobSpec$/, /^(startingDeadlineSeconds|successfulJobsHistoryLimit|failedJobsHistoryLimit)$/, 'i0..'],
  [/^PodSpec$/, /^activeDeadlineSeconds$/, 'i1..'],
  [/^Probe$/, /^(initialDelaySeconds|timeoutSeconds|periodSeconds|successThreshold|failureThreshold)$/, 'i0..'],
  [/^ContainerPort$/, /^containerPort$/, 'i1..65535'],
  [/^ServicePort$/, /^port$/, 'i1..65535'],
  [/^V2HorizontalPodAutoscalerSpec$/, /^minReplicas$/, 'i0..'],
  [/^V2HorizontalPodAutoscalerSpec$/, /^maxReplicas$/, 'i1..'],
];

/** The types that the kinds reach, of the models that the Kubernetes client carries. */
export function coreTypes(roots: Iterable<string>): Record<string, TypeFields> {
  const types: Record<string, TypeFields> = {};
  const open = [...roots];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (types[name]) continue;
    const fields = fieldsOf(name);
    types[name] = fields;
    for (const type of Object.values(fields)) for (const [used] of type.matchAll(/(?:V\d\w*|CoreV1|Storage)?[A-Z]\w+/g)) if (exportOf(used)) open.push(used);
  }
  return types;
}

function exportOf(name: string): { getAttributeTypeMap(): readonly Attribute[] } | undefined {
  const all = client as unknown as Record<string, { getAttributeTypeMap?: () => readonly Attribute[] } | undefined>;
  const found = all[name] ?? all[`V1${name}`];
  return found?.getAttributeTypeMap ? (found as { getAttributeTypeMap(): readonly Attribute[] }) : undefined;
}

function fieldsOf(name: string): TypeFields {
  const model = exportOf(name);
  if (!model) throw new Error(`no model ${name} in @kubernetes/client-node`);
  const file = (model as unknown as { name: string }).name;
  const required = requiredOf(file);
  return Object.fromEntries(
    model
      .getAttributeTypeMap()
      .filter(({ baseName }) => !LEFT_OUT.has(baseName))
      .map((attribute) => [attribute.baseName, `${typeOf(name, attribute)}${required.has(attribute.baseName) ? '!' : ''}`]),
  );
}

/** The type map does not say what must be there; the declarations do, by leaving out the question mark. */
function requiredOf(file: string): ReadonlySet<string> {
  const text = readFileSync(join(models, `${file}.d.ts`), 'utf8');
  return new Set([...text.matchAll(/^ {4}'(\w+)': /gm)].map(([, field]) => (field ?? '').replace(/^_/, '')));
}

function typeOf(owner: string, { baseName, type, format }: Attribute): FieldType {
  const choice = CHOICES[`${owner}.${baseName}`];
  if (choice !== undefined) return choice;
  if (QUANTITY_OWNERS.test(owner) && QUANTITIES.has(baseName)) return type.startsWith('{') ? '{Q}' : 'Q';
  const range = RANGES.find(([owners, fields]) => owners.test(owner) && fields.test(baseName))?.[2];
  if (range !== undefined) return range;
  return short(type, format);
}

function short(type: string, format: string): FieldType {
  const list = /^Array<(.+)>$/.exec(type)?.[1];
  if (list !== undefined) return `[${short(list, format)}]`;
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (map !== undefined) return `{${short(map, format)}}`;
  if (type === 'string' || type === 'Date' || type === 'V1MicroTime') return 's';
  if (type === 'number') return format.startsWith('int') ? 'i' : 'n';
  if (type === 'boolean') return 'b';
  if (type === 'IntOrString') return 'q';
  return exportOf(type) ? type.replace(/^V1(?=[A-Z])/, '') : '*';
}
