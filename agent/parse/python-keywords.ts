export interface KeywordArgument {
  readonly name: string;
  readonly value: string | number | boolean | null;
  /** From 0, in the text. */
  readonly line: number;
}

const KEYWORD = /(?:\b([a-z_][a-z0-9_]*)\s*=(?!=)\s*|["']([a-z_][a-z0-9_]*)["']\s*:\s*)(?:(True|False|None)\b|(-?\d[\d_]*(?:\.\d+)?(?:e-?\d+)?)(?![\w.])|"([^"\n]*)"|'([^'\n]*)')/g;

/**
 * `name=value` and `"name": value` with a literal value, wherever they stand in Python text: enough to find the settings of
 * an engine that somebody wrote by hand. Comments are left out. Never an evaluation.
 */
export function pythonKeywords(text: string): readonly KeywordArgument[] {
  const lines = text.split('\n');
  return lines.flatMap((written, line) => {
    const code = written.replace(/^((?:[^#"']|"[^"]*"|'[^']*')*)#.*$/, '$1');
    return [...code.matchAll(KEYWORD)].map(([, plain, quoted, word, number, double, single]) => {
      const literal = word === undefined ? undefined : word === 'None' ? null : word === 'True';
      const value = literal !== undefined ? literal : number !== undefined ? Number(number.replaceAll('_', '')) : (double ?? single ?? '');
      return { name: plain ?? quoted ?? '', value, line };
    });
  });
}
