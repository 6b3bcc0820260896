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

/** A command is never wrapped: one that is too long for its label's line gets a line of its own, which may overflow. */
export function commandLines(label: string, commands: readonly string[], width: number): readonly string[] {
  return commands.flatMap((command, index) => {
    const head = index === 0 ? label : '';
    if (TEXT_COLUMN + columns(command) <= width) return [padded(head, TEXT_COLUMN) + command];
    return index === 0 ? [head, `    ${command}`] : [`    ${command}`];
  });
}

/** Left and right on one line, or, where they do not fit, the right below. */
export function ends(left: string, right: string, width: number): readonly string[] {
  const gap = width - columns(left) - columns(right);
  if (gap >= 2) return [left + ' '.repeat(gap) + right];
  const lines = wrap(left, width);
  return [...lines, ' '.repeat(Math.max(2, width - columns(right))) + right];
}

export function padded(text: string, column: number): string {
  return text + ' '.repeat(Math.max(0, column - columns(text)));
}

export function columns(text: string): number {
  return Array.from(text).length;
}
