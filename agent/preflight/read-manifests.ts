import type { ManifestText } from '../host/manifest-files.ts';
import { GPU_RESOURCE } from '../../rules/manifest/device-resources.ts';
import { fieldText } from '../../rules/manifest/place.ts';
import type { FieldPath, Manifests, ManifestProblem, SkippedDocument, YamlValue } from '../model.ts';
import { readDocuments } from './documents.ts';
import { isKnownKind, isKubernetesGroup } from './known-kinds.ts';
import type { DocumentObject } from './manifest-object.ts';
import { isMap } from './values.ts';
import { unfilledProblems } from './unfilled.ts';
import { readWorkloads } from './workloads.ts';

/** As deep as pod templates are looked for. */
const DEEPEST = 16;

/** Judges an object by its kind's schema; a kind without one has no problems. */
export interface Validate {
  (object: DocumentObject): readonly ManifestProblem[];
  /** Whether there is a schema of its kind. */
  readonly knows?: (object: DocumentObject) => boolean;
}

/** Everything that preflight's rules see, of the texts of files; `input` is what the caller named, for the one message that needs it. */
export function readManifests(texts: readonly ManifestText[], validate: Validate, input: string): Manifests {
  const { files, objects, problems, skipped } = readDocuments(texts);
  const workloads = readWorkloads(objects);
  const withPods = new Set(workloads.map(({ object }) => object.label));
  const unknown = objects.filter((object) => !withPods.has(object.label) && !isKnownKind(object));
  const known = objects.filter((object) => !unknown.includes(object));
  const hiding = unknown.flatMap((object) => hiddenPods(object));
  const nothing = problems.length + known.length + hiding.length > 0 ? [] : [nothingIn(input, unknown)];
  const unchecked = known.filter((object) => isKubernetesGroup(object.apiVersion) && object.kind !== 'Node' && !withPods.has(object.label) && validate.knows?.(object) === false);
  return {
    files,
    objects: known,
    workloads,
    problems: [...problems, ...nothing, ...hiding, ...known.flatMap((object) => unfilledProblems(object)), ...objects.flatMap((object) => validate(object))],
    skipped: [...skipped, ...unknown.map(skippedKind), ...unchecked.map(uncheckedKind)],
  };
}

function skippedKind(object: DocumentObject): SkippedDocument {
  return { file: object.file, line: object.at([]).line, what: object.id, why: `no rule knows ${object.kind} of ${object.apiVersion}, and it holds no pod template` };
}

/** Rules read it, and nobody looked at its fields. */
function uncheckedKind(object: DocumentObject): SkippedDocument {
  return { file: object.file, line: object.at([]).line, what: object.id, why: `its fields were not checked: there is no schema of ${object.kind} of ${object.apiVersion} here` };
}

/** With only kinds that nobody here knows nothing was judged, which is not the same as nothing being wrong. */
function nothingIn(input: string, unknown: readonly DocumentObject[]): ManifestProblem {
  const [first] = unknown;
  if (!first) return { kind: 'hidden', place: { file: input, line: 1 }, message: `no Kubernetes object found in ${input}; expected YAML or JSON with apiVersion and kind` };
  const kinds = [...new Set(unknown.map(({ kind, apiVersion }) => `${kind} of ${apiVersion}`))];
  const said = `${kinds.slice(0, 3).join(', ')}${kinds.length > 3 ? ` and ${kinds.length - 3} more kinds` : ''}`;
  return { kind: 'hidden', place: { file: first.file, line: first.at([]).line }, message: `nothing was judged: no rule knows ${said}, and nothing else was found; audit the objects that are made of it` };
}

/** An object that was left aside though pods will come of it. */
function hiddenPods(object: DocumentObject): readonly ManifestProblem[] {
  const path = podTrace(object.value, []);
  if (!path) return [];
  const message = `${object.kind} of ${object.apiVersion} has ${path.at(-1) === GPU_RESOURCE ? GPU_RESOURCE : 'containers'} at ${fieldText(path)}, and no rule knows what pods come of it; audit these with --cluster`;
  return [{ kind: 'hidden', subject: object.label, place: { file: object.file, ...object.at(path), object: object.id, field: fieldText(path) }, message }];
}

function looksLikeContainer(item: YamlValue): boolean {
  return isMap(item) && ['command', 'args', 'resources'].some((key) => item[key] !== undefined);
}

/** Where an object asks for GPUs or runs an image, in whatever way it says so. */
function podTrace(value: YamlValue, path: FieldPath): FieldPath | undefined {
  if (typeof value !== 'object' || value === null || path.length > DEEPEST) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    // A queue may count GPUs without running anything.
    const isAsked = key === GPU_RESOURCE && ['limits', 'requests'].includes(String(path.at(-1)));
    if (isAsked || (key === 'container' && isMap(item) && typeof item['image'] === 'string') || (key === 'containers' && Array.isArray(item) && (item as readonly YamlValue[]).some(looksLikeContainer))) return at;
    const found = podTrace(item, at);
    if (found) return found;
  }
  return undefined;
}
