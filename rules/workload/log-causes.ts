import type { Cause } from '../../agent/model.ts';
import { CUDA_TEXTS } from './log-texts-cuda.ts';
import { FABRIC_TEXTS } from './log-texts-fabric.ts';
import { PROGRAM_TEXTS } from './log-texts-program.ts';

/** A text that programs print word for word, and what it means. */
export interface KnownText {
  /** kebab-case, stable. */
  readonly cause: string;
  readonly pattern: RegExp;
  /** Of the text it may repeat numbers only: whoever wrote the program wrote the rest. */
  readonly why: string | ((match: RegExpExecArray) => string);
  /** Beside the log itself. */
  readonly check?: readonly string[];
  readonly fix?: readonly string[] | ((match: RegExpExecArray) => readonly string[]);
}

/** What comes of something else stands behind what it can come of. */
const KNOWN: readonly KnownText[] = [...CUDA_TEXTS, ...FABRIC_TEXTS, ...PROGRAM_TEXTS];
/** A log in which everything is found says nothing. */
const MOST = 3;

export interface LoggedCause {
  readonly cause: Cause;
  /** Where it was read. */
  readonly line: string;
}

/** What known texts in the log say, the likeliest first. A text proves nothing: it is never more than likely. */
export function causesInLog(lines: readonly string[], checks: readonly string[], known = KNOWN): readonly LoggedCause[] {
  const found = known.flatMap(({ cause, pattern, why, check = [], fix = [] }) => {
    for (const line of lines) {
      const match = pattern.exec(line);
      if (!match) continue;
      const words = typeof why === 'string' ? why : why(match);
      return [{ line, cause: { cause, why: words, check: [...checks, ...check], fix: typeof fix === 'function' ? fix(match) : fix } }];
    }
    return [];
  });
  return found.slice(0, MOST).map(({ line, cause }, index) => ({ line, cause: { ...cause, likelihood: index === 0 ? 'likely' : 'possible' } }));
}
