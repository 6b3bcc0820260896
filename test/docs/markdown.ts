/** A link of a page: where it leads, and the line on which it stands. */
export interface Link {
  readonly target: string;
  readonly line: number;
}

/** Links of the text, not those of code: `[…](target)`, `[…]: target` and `<https://…>`. */
export function linksOf(text: string): readonly Link[] {
  const prose = withoutCode(text);
  const patterns = [/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g, /^\[[^\]]+\]:\s+(\S+)/gm, /<(https?:[^>\s]+)>/g];
  return patterns.flatMap((pattern) =>
    [...prose.matchAll(pattern)].map(({ 1: target = '', index }) => ({ target, line: prose.slice(0, index).split('\n').length })),
  );
}

/** The anchors that a code host makes of the headings: lower case, spaces to hyphens, punctuation gone, repeated ones numbered. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutFences(text).matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
    const slug = plain.toLowerCase().replace(/[^\p{L}\p{N}\p{M} _-]/gu, '').replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return anchors;
}

/** Line ends stay, so that line numbers do. */
function withoutFences(text: string): string {
  return text.replace(/^( *)(`{3,})[^\n]*\n[\s\S]*?^\1\2 *$/gm, (block) => block.replace(/[^\n]/g, ''));
}

function withoutCode(text: string): string {
  return withoutFences(text).replace(/(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, (code) => ' '.repeat(code.length));
}
