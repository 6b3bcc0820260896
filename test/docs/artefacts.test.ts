import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { docsArtefacts } from '../../docs/source/artefacts.ts';
import { groupOf } from '../../docs/source/metrics/groups.ts';

const root = join(import.meta.dirname, '../..');

test('the generated pages are what npm run generate writes', async () => {
  const artefacts = await docsArtefacts();
  expect(artefacts.map(({ path }) => path)).toEqual(['docs/metrics.md', 'docs/configuration.md']);
  for (const { path, text } of artefacts) expect(readFileSync(join(root, path), 'utf8'), `${path}: run npm run generate`).toBe(text);
});

test('a family that belongs to no group is named', () => {
  expect(groupOf('railmedic_gpu_xid_total').heading).toBe('Xids and SXids');
  expect(() => groupOf('railmedic_weather_celsius')).toThrow('docs/source/metrics/groups.ts: no group for railmedic_weather_celsius, expected a prefix of it in METRIC_GROUPS');
});
