import type { FieldPath, ManifestProblem, YamlMap, YamlValue } from '../model.ts';
import { fieldText } from '../../rules/manifest/place.ts';
import { clipped } from '../../rules/manifest/words.ts';
import type { DocumentObject } from './manifest-object.ts';
import { isMap } from './values.ts';

/**
 * What envsubst, sed, kustomize or a person will replace: `${NAME}`, `$NAME`, `$(NAME)`, `{{ … }}`, `<your-image>`,
 * `PLACEHOLDER_IMAGE`. Kubernetes itself fills in `$(NAME)` only in commands and environment, which are never looked at here.
 */
const PLACEHOLDER = /\$[({]?[A-Za-z_]|\{\{|<[^<>]+>|\b_*(?:PLACEHOLDER|REPLACE_?ME|CHANGE_?ME|YOUR[_-][A-Z])/;
/** A name may be a template that its operator fills in, as KServe does with `{{ ChildName … }}` of secrets. */
const RUN_TIME = /\{\{.*?\}\}/g;
/** What envsubst replaces: variables of the environment. In small letters they are Terraform's. */
const VARIABLE = /\$(?:\{[A-Z_][A-Z0-9_]*\}|[A-Z_][A-Z0-9_]*)/g;

/** Names of objects and of what they refer to: Kubernetes takes neither `$` nor `<` in them. */
const NAMES = new Set(['name', 'namespace', 'generateName', 'groupName', 'claimName', 'secretName', 'serviceAccountName', 'resourceClaimName', 'resourceClaimTemplateName']);
const COUNTS = new Set(['replicas', 'minReplicas', 'maxReplicas', 'numOfHosts', 'parallelism', 'completions', 'size', 'numNodes', 'numProcPerNode', 'nprocPerNode', 'slotsPerWorker', 'minAvailable', 'sizeLimit']);
const FIELDS = new Set(['image', ...NAMES, ...COUNTS]);
/** Below these every key and every text counts. */
const WHOLE = new Set(['limits', 'requests', 'nodeSelector', 'affinity', 'requirements']);
/** Texts for others: a shell, a program, Kubernetes' own `$(NAME)`. */
const FOREIGN = new Set(['env', 'command', 'args', 'data', 'stringData', 'binaryData', 'annotations', 'labels', 'status']);
/** Deeper than any pod template lies; bounds the walk on a hostile document. */
const DEEPEST = 40;
/** So many are named; the rest are counted. */
const MOST_NAMED = 3;

interface Unfilled {
  readonly path: FieldPath;
  readonly text: string;
}

/** The fields of an object that are YAML and hold no value yet, as one problem: what hangs on them cannot be judged. */
export function unfilledProblems(object: DocumentObject): readonly ManifestProblem[] {
  const found: Unfilled[] = [];
  walk(object.value, [], false, found);
  const [first] = found;
  if (!first) return [];
  const named = [...new Set(found.map(({ path, text }) => `${nameOf(path)} "${text}"`))];
  const rest = named.length - MOST_NAMED;
  const said = `${named.slice(0, MOST_NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''} ${named.length === 1 ? 'is' : 'are'} not filled in, and what depends on ${named.length === 1 ? 'it' : 'them'} was not judged`;
  const field = clipped(fieldText(first.path));
  return [{ kind: 'hidden', subject: object.label, place: { file: object.file, ...object.at(first.path), object: object.id, field }, message: clipped(`${said}; audit what is applied${command(object.file, found)}`) }];
}

function command(file: string, found: readonly Unfilled[]): string {
  const areVariables = found.every(({ text }) => !PLACEHOLDER.test(text.replace(VARIABLE, '')));
  return areVariables ? `: envsubst < ${file === '-' ? 'FILE' : file} | railmedic preflight -` : '';
}

/** The last word of the path; of a term deep in an affinity that would only be `values`. */
function nameOf(path: FieldPath): string {
  const term = path.find((key) => key === 'affinity' || key === 'requirements');
  if (term !== undefined) return term;
  return path.findLast((key) => typeof key === 'string') ?? '';
}

function walk(value: YamlValue, path: FieldPath, isWhole: boolean, found: Unfilled[]): void {
  if (path.length > DEEPEST) return;
  if (Array.isArray(value)) {
    for (const [index, item] of (value as readonly YamlValue[]).entries()) visit(item, [...path, index], isWhole, found);
  } else if (isMap(value)) walkMap(value, path, isWhole, found);
}

function walkMap(map: YamlMap, path: FieldPath, isWhole: boolean, found: Unfilled[]): void {
  for (const [key, item] of Object.entries(map)) {
    if (!isWhole && FOREIGN.has(key)) continue;
    if (isWhole && PLACEHOLDER.test(key)) found.push({ path: [...path, key], text: key });
    visit(item, [...path, key], isWhole || WHOLE.has(key), found);
  }
}

function visit(value: YamlValue, path: FieldPath, isWhole: boolean, found: Unfilled[]): void {
  if (typeof value !== 'string') return walk(value, path, isWhole, found);
  const key = String(path.at(-1));
  const text = !isWhole && NAMES.has(key) ? value.replaceAll(RUN_TIME, '') : value;
  if ((isWhole || FIELDS.has(key)) && PLACEHOLDER.test(text)) found.push({ path, text: value });
}
