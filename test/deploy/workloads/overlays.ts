import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildOverlay, WORKLOADS, type KubernetesObject, type Plain, type PlainMap } from './kustomize.ts';

export const SERVING = ['vllm-rayservice', 'vllm-deployment'];
export const TRAINING = ['grpo-rayjob', 'grpo-indexed-job'];

const INSTANCE_TYPES: Readonly<Record<string, string>> = { p4d: 'p4d.24xlarge', p5: 'p5.48xlarge', p5en: 'p5en.48xlarge', 'p6-b200': 'p6-b200.48xlarge' };

export interface Overlay {
  readonly name: string;
  readonly directory: string;
  readonly instanceType: string;
  readonly objects: readonly KubernetesObject[];
}

/** Every overlay of these workloads, by the names of their folders. */
export function overlaysOf(workloads: readonly string[]): readonly Overlay[] {
  return workloads.flatMap((workload) => {
    const parent = join(WORKLOADS, workload, 'overlays');
    return readdirSync(parent).map((folder) => {
      const directory = join(parent, folder);
      const instanceType = INSTANCE_TYPES[folder.replace(/-dra$/, '')];
      if (instanceType === undefined) throw new Error(`${relative(WORKLOADS, directory)} is named after no instance type`);
      return { name: `${workload}/${folder}`, directory, instanceType, objects: buildOverlay(directory) };
    });
  });
}

/** The only object of a kind. */
export function only(objects: readonly KubernetesObject[], kind: string): KubernetesObject {
  const [first, ...others] = objects.filter((object) => object.kind === kind);
  if (!first || others.length > 0) throw new Error(`expected one ${kind}, got ${others.length + (first ? 1 : 0)}`);
  return first;
}

/** The value at a path of keys and indices; throws where there is none. */
export function at(value: Plain | undefined, path: string): Plain {
  let found = value;
  for (const key of path.split('.')) found = typeof found === 'object' && found !== null ? (found as PlainMap)[key] : undefined;
  if (found === undefined) throw new Error(`nothing at ${path}`);
  return found;
}

/** Text or a number at a path, as text. */
export function textAt(value: Plain | undefined, path: string): string {
  const found = at(value, path);
  if (typeof found !== 'string' && typeof found !== 'number') throw new Error(`expected text at ${path}, got ${JSON.stringify(found)}`);
  return String(found);
}

export function maybe(value: Plain | undefined, path: string): Plain | undefined {
  return path.split('.').reduce<Plain | undefined>((found, key) => (typeof found === 'object' && found !== null ? (found as PlainMap)[key] : undefined), value);
}

/** Every pod template of an object: a map with `spec.containers`. */
export function podTemplates(value: Plain): readonly PlainMap[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Array.isArray(maybe(value, 'spec.containers')) ? [value as PlainMap] : [];
  return [...own, ...Object.values(value).flatMap((child: Plain) => podTemplates(child))];
}

/** The pod templates that hold GPUs. */
export function gpuTemplates({ objects }: Overlay): readonly PlainMap[] {
  return objects.flatMap(podTemplates).filter((template) => gpusOf(template) > 0);
}

export function gpusOf(template: PlainMap): number {
  return limitOf(template, 'nvidia.com/gpu');
}

/** A whole number among the limits of a template's first container; 0 where it is not asked for. */
export function limitOf(template: PlainMap, resource: string): number {
  const limits = maybe(at(template, 'spec.containers.0'), 'resources.limits');
  return Number((typeof limits === 'object' && limits !== null ? (limits as PlainMap)[resource] : undefined) ?? 0);
}

/** The text of a container's `args`, or a RayJob's entrypoint. */
export function scriptOf(objects: readonly KubernetesObject[]): string {
  const job = objects.find(({ kind }) => kind === 'RayJob');
  return job ? textAt(job, 'spec.entrypoint') : textAt(only(objects, 'Job'), 'spec.template.spec.containers.0.args.0');
}
