import { pythonKeywords } from '../parse/python-keywords.ts';
import type { Command, Container, FieldPath, ManifestObject, PodGroup, Position, Setting, SettingMap, Variable, VllmEngine, YamlValue } from '../model.ts';
import { textSetting } from './settings.ts';

const ENGINE = /\b(?:AsyncEngineArgs|EngineArgs|AsyncLLMEngine|LLMEngine|AsyncLLM|LLM)\s*\(/;
/** `name=int(os.environ.get("NAME", "8"))`, `os.getenv(…)`, `os.environ["NAME"]`. */
const FROM_ENVIRONMENT = /\b([a-z_]\w*)\s*=(?!=)\s*(?:(?:int|float|str)\(\s*)?os\.(?:(?:environ\.get|getenv)\(|environ\[)\s*["']([A-Za-z_]\w*)["'](?:\s*,\s*(?:["']([^"'\n]*)["']|(-?\d[\d.]*)))?/g;

/** Python text with the place of its lines. */
interface Source {
  readonly object: ManifestObject;
  readonly path: FieldPath;
  readonly text: string;
  at(line: number): Position;
}

/** An engine that Python in the manifest builds by hand: `python -c '…'` or a heredoc. */
export function pythonEngine(command: Command, pod: PodGroup, container: Container): VllmEngine | undefined {
  const inline = command.words.findIndex(({ text }, index) => text === '-c' && /(^|\/)python[\d.]*$/.test(command.words[index - 1]?.text ?? ''));
  const text = command.heredoc ?? (inline === -1 ? undefined : command.words[inline + 1]?.text);
  if (text === undefined || !buildsEngine(text)) return undefined;
  const { object, path, position } = command;
  const begin = command.heredoc === undefined ? position.line : position.line + 1;
  const options = engineOptions({ object, path, text, at: (line) => ({ line: begin + line, column: 1 }) }, container.environment);
  return { object, path, position, kind: 'handwritten', model: textSetting(options['model']), options, pod, container };
}

/** The engine that a Python module builds; its options with their own lines, what they take from the environment filled in. */
export function moduleEngine(source: Source, environment: readonly Variable[]): Omit<VllmEngine, 'pod' | 'container'> | undefined {
  const { object, path, text } = source;
  if (!buildsEngine(text)) return undefined;
  const options = engineOptions(source, environment);
  return { object, path, position: source.at(lineOf(text, ENGINE.exec(text)?.index ?? 0)), kind: 'handwritten', model: textSetting(options['model']), options };
}

function buildsEngine(text: string): boolean {
  return /\bvllm\b/.test(text) && ENGINE.test(text);
}

function engineOptions(source: Source, environment: readonly Variable[]): SettingMap {
  const { object, path, text } = source;
  const found = [
    ...argumentNames(text).map(({ name, line }) => ({ name, value: null, line })),
    ...pythonKeywords(text),
    ...[...text.matchAll(FROM_ENVIRONMENT)].map((match) => ({ name: match[1] ?? '', value: environmentValue(match, environment), line: lineOf(text, match.index) })),
  ];
  return Object.fromEntries(found.map(({ name, value, line }): [string, Setting] => [name, { object, path, position: source.at(line), value }]));
}

/** What is handed to the engine by name, whatever its value: written, if only known at run time. */
function argumentNames(text: string): readonly { readonly name: string; readonly line: number }[] {
  const begin = ENGINE.exec(text);
  if (!begin) return [];
  const from = begin.index + begin[0].length;
  let depth = 1;
  let end = from;
  for (; end < text.length && depth > 0; end++) depth += '([{'.includes(text[end] ?? '') ? 1 : ')]}'.includes(text[end] ?? '') ? -1 : 0;
  return [...text.slice(from, end).matchAll(/(?:^|[,(\n])\s*([a-z_]\w*)\s*=(?!=)/g)].map((match) => ({ name: match[1] ?? '', line: lineOf(text, from + match.index + match[0].indexOf(match[1] ?? '')) }));
}

/** Null for a variable whose value is written elsewhere, and one that nobody sets and that has no default. */
function environmentValue([, , name, text, number]: RegExpExecArray, environment: readonly Variable[]): YamlValue {
  const set = environment.findLast((variable) => variable.name === name);
  const value = set ? set.value : (text ?? number);
  if (value === undefined) return null;
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length - 1;
}
