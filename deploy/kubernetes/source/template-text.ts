import { stringify } from 'yaml';
import { Block, Choice, isList, Value, When, YamlText, type Tree, type TreeMap } from './tree.ts';

/** The tree as a template of the chart: YAML with Go's template actions where something can be set. */
export function templateText(tree: TreeMap): string {
  return `${mapLines(tree, 0).join('\n')}\n`;
}

type Lines = readonly string[];
const pad = (depth: number): string => ' '.repeat(depth);

function mapLines(tree: TreeMap, depth: number): Lines {
  const entries = Object.entries(tree).filter((entry): entry is [string, Tree] => entry[1] !== undefined);
  return joinConditions(entries.map(([key, entry]) => entryLines(key, entry, depth)), depth);
}

/** Neighbours under one condition share it. */
function joinConditions(groups: readonly Lines[], depth: number): Lines {
  const lines: string[] = [];
  const end = `${pad(depth)}{{- end }}`;
  for (const group of groups) {
    const isSame = lines.at(-1) === end && group[0]?.trimStart().startsWith('{{- if ') && opening(lines, depth) === group[0] && !group.includes(`${pad(depth)}{{- else }}`);
    if (isSame) lines.splice(-1, 1, ...group.slice(1));
    else lines.push(...group);
  }
  return lines;
}

/** The `if` that the last line ends; undefined where it has an else. */
function opening(lines: Lines, depth: number): string | undefined {
  const start = lines.findLastIndex((line) => line.startsWith(`${pad(depth)}{{- if `) || line.startsWith(`${pad(depth)}{{- with `));
  return lines.slice(start).includes(`${pad(depth)}{{- else }}`) ? undefined : lines[start];
}

function entryLines(key: string, tree: Tree, depth: number): Lines {
  const at = pad(depth);
  if (typeof tree !== 'object') return [`${at}${key}: ${scalar(tree)}`];
  if (tree instanceof Value) return [`${at}${key}: {{ ${tree.helm} }}`];
  if (tree instanceof YamlText) return [`${at}${key}: |`, `${pad(depth + 2)}{{- toYaml ${tree.helm} | nindent ${depth + 2} }}`];
  if (tree instanceof Block) return key.startsWith('...') ? withBlock(tree, depth, [], depth) : withBlock(tree, depth, [`${at}${key}:`], depth + 2);
  if (tree instanceof When) return [`${at}{{- if ${tree.condition.helm} }}`, ...entryLines(key, tree.tree, depth), `${at}{{- end }}`];
  if (tree instanceof Choice) {
    const { condition, yes, no } = tree;
    return [`${at}{{- if ${condition.helm} }}`, ...entryLines(key, yes, depth), `${at}{{- else }}`, ...entryLines(key, no, depth), `${at}{{- end }}`];
  }
  if (isList(tree)) return tree.length === 0 ? [`${at}${key}: []`] : [`${at}${key}:`, ...listLines(tree, depth + 2)];
  return Object.keys(tree).length === 0 ? [`${at}${key}: {}`] : [`${at}${key}:`, ...mapLines(tree, depth + 2)];
}

function listLines(list: readonly Tree[], depth: number): Lines {
  return joinConditions(list.map((item) => itemLines(item, depth)), depth);
}

function itemLines(tree: Tree, depth: number): Lines {
  const at = pad(depth);
  if (typeof tree !== 'object') return [`${at}- ${scalar(tree)}`];
  if (tree instanceof Value) return [`${at}- {{ ${tree.helm} }}`];
  if (tree instanceof Block) return withBlock(tree, depth, [], depth);
  if (tree instanceof When) return [`${at}{{- if ${tree.condition.helm} }}`, ...itemLines(tree.tree, depth), `${at}{{- end }}`];
  if (tree instanceof Choice || tree instanceof YamlText || isList(tree)) throw new Error('a list item is a scalar, a map, a block, or one of these under a condition');
  const [first = '', ...rest] = mapLines(tree, depth + 2);
  if (first.trimStart().startsWith('{{')) throw new Error(`the first entry of a list item has no condition: ${first}`);
  return [`${at}- ${first.trimStart()}`, ...rest];
}

function withBlock({ helm }: Block, depth: number, head: Lines, indent: number): Lines {
  const at = pad(depth);
  return [`${at}{{- with ${helm} }}`, ...head, `${pad(indent)}{{- toYaml . | nindent ${indent} }}`, `${at}{{- end }}`];
}

/** A string that is a template action, or holds one, is left to the template. */
function scalar(value: string | number | boolean): string {
  if (typeof value === 'string' && /^\{\{[^{}]*\}\}$/.test(value)) return value;
  if (typeof value === 'string' && value.includes('{{')) return JSON.stringify(value);
  return stringify(value, { lineWidth: 0, defaultStringType: 'PLAIN', blockQuote: false }).trimEnd();
}
