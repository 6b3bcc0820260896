import type { DmonGpu } from '../../model.ts';
import type { DmonRow } from '../../parse/dmon.ts';
import { NewestSample } from './newest-sample.ts';

/** GPUs and MIG instances; more than any node has, so that a program gone mad cannot fill the memory. */
const MAX_ROWS = 512;

interface Sums {
  readonly index: number;
  readonly instance: string | undefined;
  samples: number;
  /** A column can be missing from some of the samples. */
  readonly columns: Map<string, { sum: number; count: number }>;
}

/** Mean of the samples between two looks. Looks and samples keep the same pace, so that now and then none falls in between. */
export class DmonMeans {
  #sums = new Map<string, Sums>();
  readonly #newest = new NewestSample<DmonRow>();

  /** Rows of different GPUs and instances since the last `take`. */
  get size(): number {
    return this.#sums.size;
  }

  add(row: DmonRow): void {
    const key = `${row.index} ${row.instance}`;
    const { index, instance } = row;
    const sums = this.#sums.get(key) ?? { index, instance, samples: 0, columns: new Map<string, { sum: number; count: number }>() };
    if (!this.#sums.has(key) && this.#sums.size >= MAX_ROWS) return;
    this.#sums.set(key, sums);
    sums.samples += 1;
    for (const [name, value] of Object.entries(row.columns)) {
      const column = sums.columns.get(name) ?? { sum: 0, count: 0 };
      sums.columns.set(name, { sum: column.sum + value, count: column.count + 1 });
    }
    this.#newest.add(key, row);
  }

  /** Where none came since the last call, the newest sample again. */
  take(): readonly DmonGpu[] {
    const sums = [...this.#sums.values()];
    this.#sums = new Map();
    if (sums.length === 0) return this.#newest.rows().map((row) => ({ ...row, samples: 1 }));
    return sums.map(({ index, instance, samples, columns }) => ({
      index,
      instance,
      samples,
      columns: Object.fromEntries([...columns].map(([name, { sum, count }]) => [name, sum / count])),
    }));
  }
}
