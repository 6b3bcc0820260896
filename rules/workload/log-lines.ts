import type { ContainerState, PodContainer } from '../../agent/model.ts';

/** In front of what a program says: vLLM's and Ray's `(EngineCore_DP0 pid=212) `, torchrun's `[rank0]: `, vLLM's `ERROR 10-06 12:00:31 [core.py:700] `. */
const PREFIX = /^\s*(?:\([\w:. -]{1,80}pid=\d+[^)]{0,80}\)\s*)?(?:\[rank\d+\]:?\s*)?(?:(?:DEBUG|INFO|WARNING|ERROR|CRITICAL) \d\d-\d\d \d\d:\d\d:\d\d \[[^\]]{1,60}\]\s*)?/;
/** The last line of a Python traceback: the class and what it says. */
const EXCEPTION = /^(?:\w+\.){0,8}[A-Z]\w{0,80}(?:Error|Exception|Exit|Interrupt): \S/;
/** vLLM's front process only says that its engine is gone ("See root cause above"). */
const WRAPPER = /Engine core initialization failed/;
const LOUD = /\b(?:ERROR|FATAL|CRITICAL|panic|[Ff]atal error)\b/;
/** Frames and marks of a traceback, and what NCCL and Python print when anything ends. */
const NOISE = /^(?:File "|Traceback |\^|~|During handling of|The above exception)|NCCL INFO|resource_tracker|destroy_process_group|^[^\p{L}]*$/u;
const LONGEST = 300;

/** What the program says of its end: its last exception, else the last line that sounds like an error, else the last that says anything. */
export function tellingLine(lines: readonly string[]): string | undefined {
  const said = lines.map((line) => line.replace(PREFIX, '').trim());
  const last = (is: (text: string, index: number) => boolean): string | undefined => said.findLast((text, index) => text !== '' && !NOISE.test(text) && is(text, index));
  const found =
    last((text) => EXCEPTION.test(text) && !WRAPPER.test(text)) ?? last((text, index) => LOUD.test(lines[index] ?? '') && !WRAPPER.test(text)) ?? last(() => true) ?? said.findLast((text) => text !== '');
  return found === undefined ? undefined : cut(found);
}

/** What a run said of its end: its log, where that was read; else its termination message, which can be the end of the log as well. */
export interface Said {
  readonly from: 'log' | 'message' | undefined;
  readonly lines: readonly string[];
}

export function saidAtEnd({ logTail = [] }: PodContainer, run: ContainerState | undefined): Said {
  if (logTail.length > 0) return { from: 'log', lines: logTail };
  const lines = (run?.message ?? '').split('\n').filter((line) => line.trim() !== '');
  return { from: lines.length > 0 ? 'message' : undefined, lines };
}

/** The end of the log as evidence; a terminal shows a list of twelve whole. */
export function lastLines(lines: readonly string[]): readonly string[] {
  return lines.slice(-12).map(cut);
}

export function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
