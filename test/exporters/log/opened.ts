import type { Finding, Report } from '../../../agent/model.ts';
import { logExporter, type Level } from '../../../exporters/log.ts';
import { calmReport } from '../fixture.ts';

const signal = new AbortController().signal;

/** A log whose lines are kept; summaries and notes are of 20:10. */
export function opened(format: 'text' | 'json', level: Level = 'info') {
  const lines: string[] = [];
  const now = () => new Date('2026-11-23T20:10:00Z');
  const exporter = logExporter({ format, level, now, write: (line) => lines.push(line) });
  let seconds = 0;
  return {
    exporter,
    /** Publishes findings and sources, ten seconds after the last, and returns what was logged. */
    logged: async (findings: readonly Finding[], fields: Partial<Report> = {}): Promise<readonly string[]> => {
      const takenAt = `2026-11-23T20:02:${String(seconds).padStart(2, '0')}.000Z`;
      seconds += 10;
      await exporter.publish(calmReport({ takenAt, findings, ...fields }), signal);
      return lines.splice(0);
    },
    said: (action: () => void): readonly string[] => {
      action();
      return lines.splice(0);
    },
  };
}
