/** A word with a place; the shell's or an item of `args`. */
interface PlacedWord {
  readonly text: string;
  readonly isDynamic: boolean;
}

export interface CommandOption<W extends PlacedWord> {
  /** `tensor_parallel_size` of `--tensor-parallel-size`, `grpo.max_num_steps` of a Hydra override. */
  readonly name: string;
  /** Undefined where it is only known at run time. */
  readonly value: string | number | boolean | undefined;
  /** The word that holds the value. */
  readonly word: W;
}

const OVERRIDE = /^(?:\+{1,2}|~)?((?:[A-Za-z_][\w/-]*)(?:\.[\w-]+)*)=(.*)$/s;
const FLAG = /^--?([A-Za-z][\w.-]*)(?:=(.*))?$/s;

/**
 * Options among the arguments of a program: `--name value`, `--name=value`, `--switch`, `--no-switch`, and Hydra's
 * `name.of.setting=value`. `short` gives the long names of one-letter options (`tp: 'tensor_parallel_size'`).
 */
export function commandOptions<W extends PlacedWord>(words: readonly W[], short: Readonly<Record<string, string>> = {}): readonly CommandOption<W>[] {
  const options: CommandOption<W>[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index];
    if (!word) break;
    const [, override, overrideValue] = OVERRIDE.exec(word.text) ?? [];
    if (override !== undefined) {
      options.push({ name: override, value: valueOf(overrideValue ?? '', word.isDynamic), word });
      continue;
    }
    const [, flag, inline] = FLAG.exec(word.text) ?? [];
    if (flag === undefined) continue;
    const name = short[flag] ?? flag.replaceAll('-', '_');
    const next = words[index + 1];
    if (inline !== undefined) options.push({ name, value: valueOf(inline, word.isDynamic), word });
    else if (next !== undefined && !isOption(next.text)) {
      options.push({ name, value: valueOf(next.text, next.isDynamic), word: next });
      index += 1;
    } else if (name.startsWith('no_')) options.push({ name: name.slice(3), value: false, word });
    else options.push({ name, value: true, word });
  }
  return options;
}

/** `-1` is a value, not an option. */
function isOption(text: string): boolean {
  return /^--?[A-Za-z]/.test(text) || OVERRIDE.test(text);
}

function valueOf(text: string, isDynamic: boolean): string | number | boolean | undefined {
  if (isDynamic) return undefined;
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}
