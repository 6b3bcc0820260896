import type { KernelLine, KernelLog } from '../../agent/model.ts';

/** Kernel lines a second apart, the first at 2026-11-23T10:00:00Z. */
export function kernelLog(texts: readonly string[], changes: Partial<KernelLog> = {}): KernelLog {
  return { lines: texts.map(toLine), lostLines: 0, droppedLines: 0, gpuEvents: [], lookedBack: undefined, ...changes };
}

function toLine(text: string, index: number): KernelLine {
  const time = new Date(Date.UTC(2026, 10, 23, 10, 0, index)).toISOString();
  return { sequence: 100 + index, uptimeSeconds: 5000 + index, time, priority: 3, text, fields: {} };
}
