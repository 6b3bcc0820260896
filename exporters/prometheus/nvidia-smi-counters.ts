import type { NvidiaSmi, Reading } from '../../agent/model.ts';
import { familyOf, type Family } from './exposition.ts';

/** How the two long-lived nvidia-smi processes fare. */
export class NvidiaSmiCounters {
  readonly #dropped = new Map<string, number>();
  #countedAt: number | undefined;

  families(reading: Reading<NvidiaSmi>): readonly Family[] {
    if (reading.status !== 'ok') return [];
    const { processes } = reading.value;
    if (reading.atSeconds !== this.#countedAt) {
      this.#countedAt = reading.atSeconds;
      for (const { name, droppedLines } of processes) this.#dropped.set(name, (this.#dropped.get(name) ?? 0) + droppedLines);
    }
    const each = (value: (process: (typeof processes)[number]) => number | undefined) =>
      processes.map((process) => [`process="${process.name}"`, value(process)] as const);
    return [
      familyOf(
        'railmedic_nvidia_smi_silent_seconds',
        'gauge',
        'Since the nvidia-smi process last said something, or was started.',
        each(({ silentSeconds }) => silentSeconds),
      ),
      familyOf('railmedic_nvidia_smi_restarts_total', 'counter', 'How often the nvidia-smi process was started again.', each(({ restarts }) => restarts)),
      familyOf(
        'railmedic_nvidia_smi_dropped_lines_total',
        'counter',
        'Lines of the nvidia-smi process that were dropped because the buffer was full.',
        each(({ name }) => this.#dropped.get(name)),
      ),
    ];
  }
}
