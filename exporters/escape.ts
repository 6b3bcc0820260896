/**
 * Control, format (zero-width, bidirectional) and line-separating characters and lone surrogates: what a terminal, a log
 * viewer or a browser acts on instead of showing. Includes C1, whose U+009B starts an escape sequence like ESC [.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Text from the node (process names, kernel lines, pod names) made safe to show: `\u001b` in letters, on one line. */
export function visible(text: string): string {
  return text.replace(UNSAFE, written);
}

function written(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** The same inside JSON text, without loss: a reader of the JSON gets the characters back. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(UNSAFE, (character) => (character === '\n' ? '\n' : unitsOf(character)));
}

function unitsOf(character: string): string {
  return [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('');
}
