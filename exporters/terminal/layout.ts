/** Where the text of a labelled line begins. */
export const TEXT_COLUMN = 16;

/** A space inside a number (`18 204`) or before its unit (`12 s`, `1.2 M`, `5 %`) is not a place to break a line. */
const BREAKS = / +(?!(?<=\d +)(?:\d{3}(?!\d)|(?:m?s|min|[hdMGT%]|[KMGT]i?B)(?!\w)))/;

/** Words in lines of at most `width`; a word that is longer stands alone and is never cut. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(BREAKS)) {
    if (line !== '' && columns(line) + 1 + columns(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/**
 * `  likely        words that go on below where they began`. A head that is too long for its column has the text below it.
 */
export function hang(head: string, text: string, width: number, column = TEXT_COLUMN): readonly string[] {
  const own = head !== '' && columns(head) + 1 > column;
  const first = own ? '' : head;
  const lines = wrap(text, width - column).map((line, index) => padded(index === 0 ? first : '', column) + line);
  return own ? [head, ...lines] : lines;
}

/** Commands are never wrapped: if one of them is too long for the column, all stand below their label and may overflow. */
export function commandLines(label: string, commands: readonly string[], width: number): readonly string[] {
  const [first, ...rest] = commands;
  if (first === undefined) return [];
  if (commands.some((command) => TEXT_COLUMN + columns(command) > width)) {
    return [label, ...commands.map((command) => `    ${command}`)];
  }
  return [padded(label, TEXT_COLUMN) + first, ...rest.map((command) => padded('', TEXT_COLUMN) + command)];
}

/** Left and right on one line; where they do not fit, the right below, and what follows `head` on the left hangs behind it. */
export function ends(head: string, rest: string, right: string, width: number): readonly string[] {
  const left = `${head}  ${rest}`;
  const gap = width - columns(left) - columns(right);
  if (gap >= 2) return [left + ' '.repeat(gap) + right];
  return [...hang(head, rest, width, columns(head) + 2), ' '.repeat(Math.max(2, width - columns(right))) + right];
}

export function padded(text: string, column: number): string {
  return text + ' '.repeat(Math.max(0, column - columns(text)));
}

export function columns(text: string): number {
  return Array.from(text).length;
}
