import { visible } from '../escape.ts';
import { clock } from '../words.ts';

/** Words of at most ten letters stand in a column, so that the eye can run down it. */
export function line(time: string, word: string, text: string): string {
  return `${clock(time)} ${word.padEnd(10)} ${visible(text)}`;
}

/** A row of a block: what it is, if the row before it was not the same, and the text. Never wrapped, so that a command can be copied. */
export type Row = readonly [label: string, text: string];

export function rowLines(rows: readonly Row[]): readonly string[] {
  return rows.map(([label, text], index) => {
    if (label === '') return `    ${visible(text)}`;
    const shown = rows[index - 1]?.[0] === label ? '' : visible(label);
    return `    ${shown.padEnd(10)} ${visible(text)}`;
  });
}
