/** A Markdown table; `|` in a cell is escaped. Lines without line end. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(heads), `|${'---|'.repeat(heads.length)}`, ...rows.map(line)];
}

/** Says in each generated page who writes it. */
export const GENERATED = 'Generated from the code by `npm run generate`; a test holds it equal.';
