import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { excerptsOf, firstMissing } from './excerpts.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const faq = read('docs/faq.md');
const RAILMEDIC = 'npm run -s railmedic -- ';

/** What a shell would print for one of the two kinds of commands that the page shows. */
function outputOf(command: string): Promise<string> {
  if (command.startsWith('cat ')) return Promise.resolve(read(command.slice(4)));
  if (!command.startsWith(RAILMEDIC)) throw new Error(`docs/faq.md: got "$ ${command}", expected "$ cat FILE" or "$ ${RAILMEDIC}…"`);
  const { promise, resolve } = Promise.withResolvers<string>();
  const args = [join(root, 'agent/main.ts'), ...command.slice(RAILMEDIC.length).split(' ')];
  // The exit status is 1 to 3 wherever there is something to say.
  execFile(process.execPath, args, { cwd: root, env: { ...process.env, COLUMNS: '100' } }, (_error, stdout) => resolve(stdout));
  return promise;
}

describe('docs/faq.md', () => {
  const excerpts = excerptsOf(faq);

  test('shows something', () => {
    expect(excerpts.length).toBeGreaterThan(4);
  });

  test.each(excerpts.map((one) => [one.command, one.lines] as const))('$ %s', async (command, lines) => {
    const output = await outputOf(command);
    expect(firstMissing(lines, output), output).toBeUndefined();
  });

  test('names tests that there are', () => {
    const named = [...faq.matchAll(/^- `(test\/[^`]+)`: "(.+)"$/gm)].map(([, file = '', title = '']) => ({ file, title }));
    expect(named.length).toBe([...faq.matchAll(/^- `test\//gm)].length);
    expect(named.length).toBeGreaterThan(25);
    const missing = named.filter(({ file, title }) => !existsSync(join(root, file)) || !read(file).includes(`'${title}'`));
    expect(missing).toEqual([]);
  });

  test('quotes the words for an nvidia-smi that cannot be killed as they are tested', () => {
    const [, quoted = ''] = /^```\n(nvidia-smi \(query[^\n]+)\n```$/m.exec(faq) ?? [];
    const tested = read('test/rules/gpu/nvidia-smi-unresponsive.test.ts').replace(/' \+\n\s+'/g, '');
    expect(quoted.split(' … ').filter((part) => !tested.includes(part))).toEqual([]);
  });
});

test('an excerpt must come in its order, whatever the spaces', () => {
  const output = 'CRITICAL  a   Rule\n  message of two\n  lines\n';
  expect(firstMissing(['CRITICAL a Rule', 'of two lines'], output)).toBeUndefined();
  expect(firstMissing(['of two lines', 'CRITICAL a Rule'], output)).toBe('CRITICAL a Rule');
});
