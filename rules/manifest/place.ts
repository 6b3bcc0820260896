import type { Evidence, FieldPath, ManifestObject, Place, Severity, Spot, Symptom, Undecided } from '../../agent/model.ts';
import { clipped } from './words.ts';

/** `spec.template.spec.containers[0].env[3]`; keys that are no plain words stand in brackets. */
export function fieldText(path: FieldPath): string {
  return path
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`;
      return /^[A-Za-z_][\w-]*$/.test(key) ? (index === 0 ? key : `.${key}`) : `[${JSON.stringify(key)}]`;
    })
    .join('');
}

/** A field of an object: where it stands, or, if it is not written, where it would stand in. */
export function spotAt(object: ManifestObject, path: FieldPath): Spot {
  return { object, path, position: object.at(path) };
}

export interface Fault {
  /** States the fact with its numbers, in one sentence that can stand alone. */
  readonly message: string;
  /** What stands there, on one line: `nothing`, `vllm/vllm-openai:latest`. */
  readonly found: string;
  /** What should stand there, on one line. */
  readonly expected: string;
  /** Corrected YAML as it would stand at the field, without indentation of its own. */
  readonly snippet?: string;
  readonly evidence?: Evidence;
  readonly severity?: Severity;
  readonly title?: string;
}

/** What a manifest rule yields: a fault at a field. One for a field; a second one of the same rule would replace it. */
export function faultAt(spot: Spot, fault: Fault): Symptom {
  const { message, found, expected, snippet, evidence = {}, severity, title } = fault;
  return {
    subject: subjectOf(spot),
    message: clipped(message),
    evidence: Object.fromEntries(Object.entries(evidence).map(([name, value]) => [name, typeof value === 'string' ? clipped(value) : value])),
    place: { ...placeOf(spot), found: clipped(found), expected: clipped(expected), ...(snippet !== undefined && { snippet: clipped(snippet) }) },
    ...(severity && { severity }),
    ...(title !== undefined && { title }),
  };
}

/** A manifest rule's word that a fault could hide at a field, and why it cannot be seen: an `unknown` finding. */
export function hiddenAt(spot: Spot, why: string): Undecided {
  return { undecided: subjectOf(spot), why, report: true, place: placeOf(spot) };
}

function subjectOf({ object, path }: Spot): string {
  return `${object.label} ${fieldText(path)}`.trimEnd();
}

function placeOf({ object, path, position }: Spot): Place {
  return { file: object.file, line: position.line, column: position.column, object: object.id, field: fieldText(path) };
}
