import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

test.each(['docs/architecture.md', 'docs/faq.md', 'docs/README.md', 'CONTRIBUTING.md'])('%s names files that there are', (page) => {
  const named = [...read(page).matchAll(/`((?:agent|rules|exporters|deploy|docs|test)\/[\w./-]+)`/g)].map((match) => match[1] ?? '');
  // Recipes name a file to be made.
  const made = (path: string): boolean => /(^|\/)x\.ts$/.test(path);
  expect(named.filter((path) => !made(path) && !existsSync(join(root, path)))).toEqual([]);
});

test('docs/architecture.md gives the reason for every library that is bundled', () => {
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  const explained = [...read('docs/architecture.md').matchAll(/^\| `([@a-z][\w@./-]*)` \| [^|]+ \| [^|]+ \|$/gm)].map((match) => match[1] ?? '');
  expect(explained.filter((name) => !existsSync(join(root, name))).toSorted()).toEqual(Object.keys(dependencies).toSorted());
});
