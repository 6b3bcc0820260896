import { pythonKeywords } from '../parse/python-keywords.ts';
import type { Command, Container, PodGroup, Setting, VllmEngine } from '../model.ts';
import { textSetting } from './settings.ts';

const ENGINE = /\b(?:AsyncEngineArgs|EngineArgs|AsyncLLMEngine|LLMEngine|AsyncLLM|LLM)\s*\(/;

/** An engine that Python in the manifest builds by hand: `python -c '…'` or a heredoc. */
export function pythonEngine(command: Command, pod: PodGroup, container: Container): VllmEngine | undefined {
  const inline = command.words.findIndex(({ text }, index) => text === '-c' && /(^|\/)python[\d.]*$/.test(command.words[index - 1]?.text ?? ''));
  const text = command.heredoc ?? (inline === -1 ? undefined : command.words[inline + 1]?.text);
  if (text === undefined || !/\bvllm\b/.test(text) || !ENGINE.test(text)) return undefined;
  const spot = { object: command.object, path: command.path };
  const begin = command.heredoc === undefined ? command.position.line : command.position.line + 1;
  const options = Object.fromEntries(pythonKeywords(text).map(({ name, value, line }): [string, Setting] => [name, { ...spot, position: { line: begin + line, column: 1 }, value }]));
  return { ...spot, position: command.position, kind: 'handwritten', model: textSetting(options['model']), options, pod, container };
}
