import { DmonReader } from '../parse/dmon.ts';
import { WANTED_FIELDS } from '../parse/smi-fields.ts';
import type { Description } from './description.ts';

type Recorded = Description['commands'][number];
type Sample = readonly string[];

/** What stands in the place of a field that was not recorded: unknown, with its reason. */
const NOT_RECORDED = '[Not in this capture]';

/** Seconds between two samples of a program that runs on and on: `-lms`, `-l`, and for dmon `-d`. Undefined for all others. */
export function askedPeriod(args: readonly string[]): number | undefined {
  const after = (flag: string): number | undefined => {
    const value = Number(args[args.indexOf(flag) + 1]);
    return args.includes(flag) && value > 0 ? value : undefined;
  };
  const milliseconds = after('-lms');
  if (milliseconds !== undefined) return milliseconds / 1000;
  return after('-l') ?? (args[0] === 'dmon' ? (after('-d') ?? 1) : undefined);
}

/**
 * The lines that the program said at a moment. Its recorded samples follow one another at their own pace and begin again at
 * the end, or, with `afterwards: silence`, nothing more comes. Columns are those asked for, whatever was recorded.
 */
export function openSamples(recorded: Recorded, asked: readonly string[]): (seconds: number) => Sample {
  const all = splitSamples(recorded);
  const lines = all.map((sample) => project(sample, recorded.args, asked));
  const period = askedPeriod(recorded.args) ?? askedPeriod(asked) ?? 1;
  return (seconds) => {
    const at = Math.floor(seconds / period + 1e-6);
    return lines[recorded.afterwards === 'silence' ? at : at % lines.length] ?? [];
  };
}

/** A sample ends where a GPU comes again; headers and messages belong to the rows after them. */
function splitSamples({ stdout, args }: Recorded): readonly Sample[] {
  const identify = args[0] === 'dmon' ? dmonIdentity() : queryIdentity(fieldsOf(args));
  const samples: string[][] = [];
  let open: string[] = [];
  let seen = new Set<string>();
  for (const line of stdout.split('\n').filter((text) => text !== '')) {
    const identity = identify(line);
    if (identity !== undefined && seen.has(identity)) {
      samples.push(open);
      open = [];
      seen = new Set();
    }
    if (identity !== undefined) seen.add(identity);
    open.push(line);
  }
  return open.length > 0 ? [...samples, open] : samples;
}

function dmonIdentity(): (line: string) => string | undefined {
  const reader = new DmonReader();
  return (line) => {
    try {
      const row = reader.read(line);
      return row && `${row.index} ${row.instance}`;
    } catch {
      // A row that was not whole when it was recorded goes with the sample it stands in; the collector says what it thinks of it.
      return undefined;
    }
  };
}

function queryIdentity(fields: readonly string[]): (line: string) => string | undefined {
  const at = Math.max(0, fields.findIndex((name) => keyOf(name) === 'uuid'));
  return (line) => cellsOf(line, fields)?.[at];
}

function project(sample: Sample, recorded: readonly string[], asked: readonly string[]): Sample {
  const names = fieldsOf(recorded);
  const from = names.map(keyOf);
  const to = fieldsOf(asked).map(keyOf);
  if (to.length === 0) return sample;
  return sample.map((line) => {
    const cells = cellsOf(line, names);
    return cells ? to.map((key) => cells[from.indexOf(key)] ?? NOT_RECORDED).join(', ') : line;
  });
}

/** Of a whole row. A message, and a row that was not whole when it was recorded, stay as they were. */
function cellsOf(line: string, fields: readonly string[]): readonly string[] | undefined {
  const cells = line.split(',').map((cell) => cell.trim());
  return cells.length === fields.length ? cells : undefined;
}

function fieldsOf(args: readonly string[]): readonly string[] {
  return /^--query-gpu=(.*)$/.exec(args[0] ?? '')?.[1]?.split(',') ?? [];
}

/** Newest name of a field, so that captures of older drivers answer too. */
function keyOf(name: string): string {
  return WANTED_FIELDS.find((names) => names.includes(name))?.[0] ?? name;
}
