/** One line of `nvidia-smi dmon`. */
export interface DmonRow {
  readonly index: number;
  readonly instance: string | undefined;
  /** By column name; without what printed `-`. */
  readonly columns: Readonly<Record<string, number>>;
}

/** Not values: `-o DT` puts date and time first. */
const TIME_COLUMNS = new Set(['date', 'time']);
/** Of a MIG row (`--gpm-options m`). No capture shows such a row, so both spellings of one id a column are taken. */
const INSTANCE_COLUMNS = new Set(['gi', 'ci', 'mig']);
/** The earliest drivers printed one temperature. */
const NEWER_NAMES: Readonly<Record<string, string>> = { temp: 'gtemp' };

/**
 * Reads dmon line by line. Columns are told by the header, which comes again and again: their order follows the letters
 * of `-s`, and every driver generation has its own set. Text (`# gpu pwr`) and `--format csv` (`#gpu, pwr`) alike.
 */
export class DmonReader {
  #names: readonly string[] | undefined;

  /** Undefined for a header, a line of units and a message. Throws for a row that does not fit its header. */
  read(line: string): DmonRow | undefined {
    if (line.startsWith('#')) {
      const names = cellsOf(line.slice(1)).map((name) => name.toLowerCase());
      // The line of units has `Idx` in the place of `gpu`.
      if (names.includes('gpu')) this.#names = names.map((name) => NEWER_NAMES[name] ?? name);
      return undefined;
    }
    return isDmonRow(line) ? this.#row(line) : undefined;
  }

  #row(line: string): DmonRow {
    const cells = cellsOf(line);
    const names = this.#names;
    if (names === undefined) throw new Error(`cannot parse nvidia-smi dmon: got ${JSON.stringify(line.slice(0, 80))} before any header, expected "# gpu …"`);
    if (cells.length !== names.length) {
      throw new Error(`cannot parse nvidia-smi dmon: got ${cells.length} columns (${JSON.stringify(line.slice(0, 80))}), expected ${names.length}`);
    }
    const at = names.indexOf('gpu');
    const [, index, suffix] = /^(\d+)(?:[/:](\S+))?$/.exec(cells[at] ?? '') ?? [];
    if (index === undefined) throw new Error(`cannot parse nvidia-smi dmon: got GPU ${JSON.stringify(cells[at])}, expected an index`);
    const ids = names.flatMap((name, place) => (INSTANCE_COLUMNS.has(name) ? [cells[place] ?? '-'] : []));
    const instance = suffix ?? (ids.some((id) => id !== '-') ? ids.join('/') : undefined);
    const columns: Record<string, number> = {};
    for (const [place, name] of names.entries()) {
      const cell = cells[place] ?? '';
      if (place === at || TIME_COLUMNS.has(name) || INSTANCE_COLUMNS.has(name)) continue;
      if (/^-?\d+(?:\.\d+)?$/.test(cell)) columns[name] = Number(cell);
    }
    return { index: Number(index), instance, columns };
  }
}

/** Rows begin with a GPU's index, a date or a missing value; everything else is said to people. */
function isDmonRow(line: string): boolean {
  return /^\s*(?:\d|-\s)/.test(line);
}

function cellsOf(line: string): readonly string[] {
  const trimmed = line.trim();
  return line.includes(',') ? trimmed.split(/\s*,\s*/) : trimmed.split(/\s+/);
}
