import { CommandError } from '../../host.ts';
import type { NvidiaSmiFailure } from '../../model.ts';

const MAX_MESSAGES = 8;
const MAX_CHARACTERS = 1000;

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

function cut(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}
