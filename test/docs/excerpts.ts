/** A command that a page shows, and the lines of its output that it shows, in order; `…` stands for what is left out. */
export interface Excerpt {
  readonly command: string;
  readonly lines: readonly string[];
}

/** Of the ```console blocks of a page. */
export function excerptsOf(page: string): readonly Excerpt[] {
  return [...page.matchAll(/^```console\n\$ ([^\n]+)\n([\s\S]*?)^```$/gm)].map(([, command = '', output = '']) => ({
    command,
    lines: output.split('\n').filter((line) => line.trim() !== '' && line.trim() !== '…'),
  }));
}

/** The first line that does not come in the output after those before it; undefined when all do. Runs of spaces count as one. */
export function firstMissing(lines: readonly string[], output: string): string | undefined {
  const text = spaced(output);
  let from = 0;
  for (const line of lines) {
    const found = text.indexOf(spaced(line).trim(), from);
    if (found === -1) return line;
    from = found + 1;
  }
  return undefined;
}

function spaced(text: string): string {
  return text.replace(/[ \n]+/g, ' ');
}
