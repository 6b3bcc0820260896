import type { ManifestText } from '../host/manifest-files.ts';
import type { Manifests, ManifestProblem, SkippedDocument } from '../model.ts';
import { readDocuments } from './documents.ts';
import { isKnownKind } from './known-kinds.ts';
import type { DocumentObject } from './manifest-object.ts';
import { readWorkloads } from './workloads.ts';

/** Judges an object by its kind's schema; a kind without one has no problems. */
export type Validate = (object: DocumentObject) => readonly ManifestProblem[];

/** Everything that preflight's rules see, of the texts of files; `input` is what the caller named, for the one message that needs it. */
export function readManifests(texts: readonly ManifestText[], validate: Validate, input: string): Manifests {
  const { files, objects, problems, skipped } = readDocuments(texts);
  const nothing: readonly ManifestProblem[] = objects.length + problems.length > 0 ? [] : [nothingIn(input)];
  const workloads = readWorkloads(objects);
  const withPods = new Set(workloads.map(({ object }) => object.label));
  const unknown = objects.filter((object) => !withPods.has(object.label) && !isKnownKind(object));
  return {
    files,
    objects: objects.filter((object) => !unknown.includes(object)),
    workloads,
    problems: [...problems, ...nothing, ...objects.flatMap((object) => validate(object))],
    skipped: [...skipped, ...unknown.map(skippedKind)],
  };
}

function skippedKind(object: DocumentObject): SkippedDocument {
  return { file: object.file, line: object.at([]).line, what: object.id, why: `no rule knows ${object.kind} of ${object.apiVersion}, and it holds no pod template` };
}

function nothingIn(input: string): ManifestProblem {
  return { kind: 'hidden', place: { file: input, line: 1 }, message: `no Kubernetes object found in ${input}; expected YAML or JSON with apiVersion and kind` };
}
