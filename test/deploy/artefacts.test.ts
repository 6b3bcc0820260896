import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { artefacts } from '../../deploy/artefacts.ts';

const root = join(import.meta.dirname, '../..');

test('what is checked in is what npm run generate writes', () => {
  for (const { path, text } of artefacts()) expect(readFileSync(join(root, path), 'utf8'), `${path}: run npm run generate`).toBe(text);
});
