import type { Finding, Place } from '../../agent/model.ts';
import { visible } from '../escape.ts';
import { dimmed, titleLines, type Look } from '../terminal/heading.ts';
import { columns, hang } from '../terminal/layout.ts';

/** So many places of one fault are spelled out; the others are named by line. */
const MOST_PLACES = 20;

/** Findings of one rule in one file that say the same of several places. */
export type Alike = readonly [Finding, ...Finding[]];

/** A fault as a block: title and rule, each place with what is wrong there, what should stand there, and where to read on. */
export function faultLines(group: Alike, look: Look): readonly string[] {
  const [first] = group;
  const shown = group.slice(0, MOST_PLACES);
  const rest = group.slice(MOST_PLACES);
  // What to write is shown once where it is the same everywhere.
  const isSame = shown.every(({ place }) => place?.snippet === first.place?.snippet);
  return [
    ...titleLines(first, look),
    ...shown.flatMap((finding) => placeLines(finding, !isSame, look)),
    ...(rest.length === 0 ? [] : hang('  and', `${rest.length} more: ${rest.map(({ place }) => lineOf(place)).join(', ')}`, look.width)),
    ...(isSame ? snippetLines(first.place, look) : []),
    // The page stands by itself: the command is to be copied, with nothing behind it.
    ...dimmed([...hang('    why', `railmedic explain ${first.rule}`, look.width), ...hang('', first.page, look.width)], look.paint),
  ];
}

function placeLines({ place, message, evidence }: Finding, withSnippet: boolean, look: Look): readonly string[] {
  const { width, paint } = look;
  const { object, field, found, expected } = place ?? {};
  const head = `  ${lineOf(place)}`;
  const rest = [...(field === undefined || field === '' ? [] : [field]), message].map(visible);
  const [first = '', ...others] = object === undefined ? rest : [visible(object), ...rest];
  const excerpt = evidence['excerpt'];
  return [
    ...hang(head, first, width, columns(head) + 2).map((line, index) => (index === 0 ? paint('strong', line.slice(0, head.length)) + line.slice(head.length) : line)),
    ...others.flatMap((line) => hang('', line, width, 4)),
    ...(Array.isArray(excerpt) ? (excerpt as readonly string[]).map((line) => `      ${visible(line)}`) : []),
    ...dimmed(
      [
        ...(found === undefined ? [] : hang('    found', visible(found), width)),
        ...(expected === undefined ? [] : hang('    expected', visible(expected), width)),
      ],
      paint,
    ),
    ...(withSnippet ? snippetLines(place, look) : []),
  ];
}

/** YAML is never wrapped: it is to be copied. */
function snippetLines(place: Place | undefined, { paint }: Look): readonly string[] {
  if (place?.snippet === undefined) return [];
  return [paint('dim', '    write'), ...place.snippet.split('\n').map((line) => `      ${visible(line)}`)];
}

/** `grpo.yaml:41`, as editors open it; `cluster` for a live object, which has no line. */
export function lineOf(place: Place | undefined): string {
  if (!place) return '';
  if (place.line === 0) return visible(place.file);
  return `${visible(place.file)}:${place.line}${place.column === undefined || place.field !== undefined ? '' : `:${place.column}`}`;
}
