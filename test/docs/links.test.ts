import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { anchorsOf, linksOf } from './markdown.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
/** Every page of the repository; captures hold what a node said, in its own words. */
const pages = globSync('**/*.md', { cwd: root, exclude: (name) => ['node_modules', 'dist', 'captures'].includes(name) || /^\.(git|work)$/.test(name) })
  .concat('test/captures/README.md')
  .toSorted();

const isExternal = (target: string): boolean => /^[a-z][a-z0-9+.-]*:/i.test(target);

/** The file and the anchor that a link of `page` leads to, below the repository. */
function placeOf(page: string, target: string): { readonly file: string; readonly anchor: string | undefined } {
  const [path = '', anchor] = target.split('#');
  return { file: path === '' ? page : relative(root, resolve(root, dirname(page), decodeURIComponent(path))), anchor };
}

describe('links', () => {
  test.each(pages)('%s', (page) => {
    const broken = linksOf(read(page)).flatMap(({ target, line }) => {
      const problem = isExternal(target) ? wrongUrl(target) : wrongPlace(page, target);
      return problem === undefined ? [] : [`${page}:${line}: ${target}: ${problem}`];
    });
    expect(broken).toEqual([]);
  });

  function wrongUrl(target: string): string | undefined {
    const url = URL.parse(target);
    if (!url) return 'is no URL';
    const isLocal = ['127.0.0.1', 'localhost'].includes(url.hostname);
    return url.protocol === 'https:' || (url.protocol === 'http:' && isLocal) ? undefined : `got ${url.protocol}, expected https:`;
  }

  function wrongPlace(page: string, target: string): string | undefined {
    const { file, anchor } = placeOf(page, target);
    if (file.startsWith('..')) return 'leads out of the repository';
    if (!existsSync(join(root, file))) return `there is no ${file}`;
    if (anchor === undefined || !file.endsWith('.md')) return undefined;
    const anchors = anchorsOf(read(file));
    return anchors.has(anchor) ? undefined : `${file} has no heading #${anchor}; it has ${[...anchors].map((one) => `#${one}`).join(' ')}`;
  }
});

test('every page of docs/ is reached from README.md or docs/README.md', () => {
  const reached = new Set(['README.md', 'docs/README.md']);
  for (const page of reached) {
    for (const { target } of linksOf(read(page))) {
      const { file } = placeOf(page, target);
      if (!isExternal(target) && file.endsWith('.md') && existsSync(join(root, file)) && statSync(join(root, file)).isFile()) reached.add(file);
    }
  }
  const lost = globSync('docs/**/*.md', { cwd: root }).filter((page) => !reached.has(page));
  expect(lost, 'add a line to docs/README.md').toEqual([]);
});

test('docs/README.md names every page and example of docs/ itself', () => {
  const named = new Set(linksOf(read('docs/README.md')).map(({ target }) => placeOf('docs/README.md', target).file));
  const missing = globSync('docs/*.{md,yaml}', { cwd: root }).filter((page) => page !== 'docs/README.md' && !named.has(page));
  expect(missing, 'add a line to docs/README.md').toEqual([]);
});
