import { selects } from '../../rules/manifest/label-selector.ts';
import type { FieldPath, ManifestObject, YamlMap } from '../model.ts';
import { nearest } from '../parse/nearest.ts';
import type { FoundTemplate } from './find-templates.ts';
import { resourceProblems } from './resource-problems.ts';
import { isPlaceholder, shown, type SchemaProblem } from './schema-walk.ts';
import { isMap, mapAt, mapsAt, textAt, textsAt } from './values.ts';

/** Kinds whose controllers add no volumes of their own that a container could name. */
const OWN_VOLUMES = /^(Pod|Deployment|StatefulSet|DaemonSet|ReplicaSet|Job|CronJob|RayCluster|RayService|RayJob|RayCronJob|JobSet|LeaderWorkerSet|PyTorchJob|MPIJob)$/;
/** KubeRay's own (ray-operator/controllers/ray/common/pod.go, utils/constant.go): a sidecar may mount what it adds, such as its token. */
const KUBERAY = ['shared-mem', 'ray-logs', 'ray-tls', 'ray-token', 'gcs-storage'];
/** What operators add to their pods: Kubeflow's MPI operator for scripts of launchers. */
const OPERATORS: Readonly<Record<string, readonly string[]>> = { MPIJob: ['mpi-job-config', 'mpi-job-kubectl', 'ssh-auth'], RayCluster: KUBERAY, RayService: KUBERAY, RayJob: KUBERAY, RayCronJob: KUBERAY };
const SELECTING = /^(Deployment|StatefulSet|DaemonSet|ReplicaSet)$/;

/** What the API server refuses of a pod though each field by itself is right. */
export function podProblems(object: ManifestObject, found: FoundTemplate): readonly SchemaProblem[] {
  const { spec, specPath } = found;
  const volumes = OWN_VOLUMES.test(object.kind) ? volumeNames(object, found) : undefined;
  return (['initContainers', 'containers'] as const).flatMap((key) =>
    mapsAt(spec, key).flatMap(([index, container]) => {
      const path = [...specPath, key, index];
      return [...resourceProblems(mapAt(container, 'resources'), [...path, 'resources']), ...(volumes ? mountProblems(container, path, volumes) : [])];
    }),
  );
}

/** Of the pod, of its operator, and claims that are made with it: beside the template, or in a JobSet's policies. */
function volumeNames(object: ManifestObject, { spec, path }: FoundTemplate): readonly string[] | undefined {
  const holder = path.length === 0 ? undefined : object.get(path.slice(0, -1));
  const claims = isMap(holder) ? mapsAt(holder, 'volumeClaimTemplates').map(([, claim]) => textAt(mapAt(claim, 'metadata'), 'name')) : [];
  const policies = mapsAt(mapAt(object.value, 'spec'), 'volumeClaimPolicies').flatMap(([, policy]) => mapsAt(policy, 'templates').map(([, claim]) => textAt(mapAt(claim, 'metadata'), 'name')));
  const own = mapsAt(spec, 'volumes').map(([, volume]) => textAt(volume, 'name'));
  const names = [...own, ...claims, ...policies, ...(OPERATORS[object.kind] ?? [])].filter((name) => name !== undefined);
  return names.some(isPlaceholder) ? undefined : names;
}

function mountProblems(container: YamlMap, path: FieldPath, volumes: readonly string[]): readonly SchemaProblem[] {
  return mapsAt(container, 'volumeMounts').flatMap(([index, mount]) => {
    const name = textAt(mount, 'name');
    if (name === undefined || isPlaceholder(name) || volumes.includes(name)) return [];
    const guess = nearest(name, volumes);
    const message = `container ${textAt(container, 'name') ?? ''} mounts the volume ${shown(name)}, and the pod has none of that name${guess === undefined ? '' : `; did you mean ${guess}?`}`;
    const expected = volumes.length === 0 ? 'a volume of that name in the pod' : `one of ${volumes.slice(0, 12).join(', ')}`;
    return [{ path: [...path, 'volumeMounts', index, 'name'], message, found: shown(name), expected, snippet: guess === undefined ? undefined : `name: ${guess}` }];
  });
}

/** A selector that does not take the pods of its own template. */
export function selectorProblems(object: ManifestObject): readonly SchemaProblem[] {
  const spec = mapAt(object.value, 'spec');
  const selector = mapAt(spec, 'selector');
  const labels = textsAt(mapAt(mapAt(spec, 'template'), 'metadata'), 'labels');
  if (!SELECTING.test(object.kind) || !object.apiVersion.includes('/') || !selector || [...Object.values(labels), ...Object.values(textsAt(selector, 'matchLabels'))].some(isPlaceholder)) return [];
  const missing = Object.entries(textsAt(selector, 'matchLabels')).find(([key, value]) => labels[key] !== value);
  // A label that is no text is told by its type.
  const given = missing && object.get(['spec', 'template', 'metadata', 'labels', missing[0]]);
  if (given !== undefined && typeof given !== 'string') return [];
  if (!missing && (Object.keys(selector).length === 0 || selects(selector, labels))) return [];
  const [key, value] = missing ?? [];
  const has = key === undefined ? 'other labels' : labels[key] === undefined ? `no label ${key}` : `${key}: ${labels[key]}`;
  const wanted = key === undefined ? 'labels that spec.selector takes' : `${key}: ${value ?? ''}`;
  return [
    {
      path: ['spec', 'template', 'metadata', 'labels', ...(key === undefined ? [] : [key])],
      message: `${key === undefined ? 'spec.selector does not take the pods of its own template' : `spec.selector takes pods with ${wanted}, and the template gives its pods ${has}`}: the API server refuses it`,
      found: has,
      expected: wanted,
      snippet: key === undefined ? undefined : `labels:\n  ${key}: ${JSON.stringify(value)}`,
    },
  ];
}
