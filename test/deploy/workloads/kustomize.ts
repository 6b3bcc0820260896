import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

export const WORKLOADS = join(import.meta.dirname, '../../../deploy/workloads');

export type Plain = string | number | boolean | null | readonly Plain[] | PlainMap;
export interface PlainMap {
  readonly [key: string]: Plain;
}
/** An object of Kubernetes, as far as these tests look. */
export type KubernetesObject = PlainMap & { readonly kind: string; readonly metadata: PlainMap & { readonly name: string } };

interface Kustomization {
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly patches?: readonly { readonly target: { readonly kind: string; readonly name: string }; readonly patch: string }[];
}
interface Operation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: Plain;
}

/** What these keys do is all that deploy/workloads/ may use; another one would make the tests see less than kustomize does. */
const READ = ['apiVersion', 'kind', 'resources', 'components', 'patches'];

/** The objects that kustomize makes of a directory, without kustomize: resources, components and JSON patches. */
export function buildOverlay(directory: string): readonly KubernetesObject[] {
  return build(directory, []);
}

function build(directory: string, inherited: readonly KubernetesObject[]): readonly KubernetesObject[] {
  const file = join(directory, 'kustomization.yaml');
  const content = parse(readFileSync(file, 'utf8')) as Kustomization;
  const strange = Object.keys(content).filter((key) => !READ.includes(key));
  if (strange.length > 0) throw new Error(`${relative(WORKLOADS, file)}: ${strange.join(', ')} is not known to the tests; expected only ${READ.join(', ')}`);
  let objects = [...inherited, ...(content.resources ?? []).flatMap((resource) => resourceObjects(join(directory, resource)))];
  for (const component of content.components ?? []) objects = [...build(join(directory, component), objects)];
  for (const { target, patch } of content.patches ?? []) {
    const operations = parse(patch) as readonly Operation[];
    objects = objects.map((object) => (object.kind === target.kind && object.metadata.name === target.name ? patched(object, operations) : object));
  }
  return objects;
}

function resourceObjects(path: string): readonly KubernetesObject[] {
  if (!existsSync(path)) throw new Error(`${relative(WORKLOADS, path)} is named in ${relative(WORKLOADS, dirname(path))} and is not there`);
  return statSync(path).isDirectory() ? build(path, []) : readObjects(readFileSync(path, 'utf8'));
}

export function readObjects(text: string): readonly KubernetesObject[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw new Error(document.errors.map(({ message }) => message).join('\n'));
    return document.toJS() as KubernetesObject;
  });
}

type Mutable = Record<string | number, unknown>;

function patched(object: KubernetesObject, operations: readonly Operation[]): KubernetesObject {
  // Aliases of YAML are one value in memory; a patch must reach one place only.
  const copy = JSON.parse(JSON.stringify(object)) as Mutable;
  for (const { op, path, value } of operations) {
    const keys = path.split('/').slice(1).map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = keys.pop() ?? '';
    const parent = keys.reduce<Mutable>((at, key) => step(at, key, path), copy);
    if (op !== 'add' && !(last in parent)) throw new Error(`${object.kind}/${object.metadata.name}: ${op} ${path}: nothing is there`);
    if (op === 'remove') delete parent[last];
    else parent[last] = value;
  }
  return copy as unknown as KubernetesObject;
}

function step(at: Mutable, key: string, path: string): Mutable {
  const next = at[key];
  if (typeof next !== 'object' || next === null) throw new Error(`patch ${path}: ${key} is not there`);
  return next as Mutable;
}
