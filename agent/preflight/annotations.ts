import type { Finding, FieldPath, ManifestObject, Manifests } from '../model.ts';
import { nearest } from '../parse/nearest.ts';
import type { Rule } from '../../rules/define.ts';
import { fieldText } from '../../rules/manifest/place.ts';
import { textsAt, isMap } from './values.ts';

/** `railmedic.io/ignore.LatestImage: "mirrored nightly, pinned by the admission webhook"` */
const PREFIX = 'railmedic.io/ignore.';

interface Suppression {
  readonly rule: string;
  readonly reason: string;
  /** Findings of this object whose field begins with this text. */
  readonly object: ManifestObject;
  readonly field: string;
}

export interface Annotated {
  readonly findings: readonly Finding[];
  /** Annotations that silence nothing, and why. */
  readonly notes: readonly string[];
}

/** Findings silenced by an annotation of their object or pod template, each with the reason that is written there. */
export function annotationSuppressions(manifests: Manifests, findings: readonly Finding[], rules: readonly Rule[]): Annotated {
  const notes: string[] = [];
  const suppressions: Suppression[] = [];
  const known = rules.map(({ name }) => name);
  for (const [object, path] of annotated(manifests)) {
    const at = path.length === 0 ? ['metadata'] : [...path, 'metadata'];
    const metadata = object.get(at);
    for (const [key, reason] of Object.entries(textsAt(isMap(metadata) ? metadata : undefined, 'annotations'))) {
      if (!key.startsWith(PREFIX)) continue;
      const rule = key.slice(PREFIX.length);
      const where = `${object.file}:${object.at([...at, 'annotations', key]).line}: annotation ${key}`;
      if (reason.trim() === '') notes.push(`${where} gives no reason and silences nothing; write why, as its value`);
      else if (!known.includes(rule)) notes.push(`${where} names no rule that looked${guessed(rule, known)}`);
      else suppressions.push({ rule, reason: reason.trim(), object, field: fieldText(path) });
    }
  }
  return { findings: findings.map((finding) => silenced(finding, suppressions)), notes };
}

function* annotated(manifests: Manifests): Iterable<readonly [ManifestObject, FieldPath]> {
  const objects = new Set([...manifests.objects, ...manifests.workloads.map(({ object }) => object)]);
  for (const object of objects) yield [object, []];
  for (const { pods } of manifests.workloads) for (const { object, path } of pods) if (path.length > 0) yield [object, path];
}

function silenced(finding: Finding, suppressions: readonly Suppression[]): Finding {
  const { place } = finding;
  if (!place || finding.suppressed !== undefined) return finding;
  const found = suppressions.find(
    ({ rule, object, field }) =>
      rule === finding.rule && object.file === place.file && object.id === place.object && finding.subject.startsWith(object.label) && isWithin(place.field ?? '', field),
  );
  return found ? { ...finding, suppressed: `${found.reason} (annotation ${PREFIX}${found.rule})` } : finding;
}

function isWithin(field: string, parent: string): boolean {
  return parent === '' || field === parent || (field.startsWith(parent) && /^[.[]/.test(field.slice(parent.length)));
}

function guessed(rule: string, known: readonly string[]): string {
  const guess = nearest(rule, known);
  return guess === undefined ? '' : `; did you mean ${guess}?`;
}
