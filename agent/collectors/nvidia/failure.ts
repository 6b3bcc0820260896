import { CommandError } from '../../host.ts';
import type { NvidiaSmiFailure } from '../../model.ts';

const MAX_MESSAGES = 3;
const MAX_CHARACTERS = 300;

/**
 * Why a run failed, from its end and from what it said to people. nvidia-smi writes its errors to stdout; the command
 * itself, with its sixty fields, is left out.
 */
export function failureOf(error: Error | undefined, messages: readonly string[]): NvidiaSmiFailure {
  const exitCode = error instanceof CommandError ? error.exitCode : error === undefined ? 0 : undefined;
  const said = messages.slice(-MAX_MESSAGES).join(' | ');
  const reason = error instanceof CommandError ? error.message.slice(error.command.length + 2) : (error?.message ?? 'it ended without an answer');
  return { exitCode, text: cut(said || (error instanceof CommandError ? error.stderr.trim() : '') || reason) };
}

/** The failure as a reading's error; `command` without the program's path: `--query-gpu`. */
export function failureError(command: string, { exitCode, text }: NvidiaSmiFailure): Error {
  return new Error(`nvidia-smi ${command}: ${exitCode === undefined ? '' : `exit code ${exitCode}: `}${text}`);
}

/** The newest messages, so that a process that complains for ever costs no memory. */
export function remember(messages: string[], message: string): void {
  if (messages.at(-1) !== cut(message)) messages.push(cut(message));
  if (messages.length > MAX_MESSAGES) messages.shift();
}

function cut(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}
