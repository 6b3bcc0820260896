import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { familiesOf } from '../../docs/source/metrics/families.ts';
import { exportedMetrics } from '../deploy/exported-metrics.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/metrics.md'), 'utf8');

/** Labels of each family as the page's tables have them; of the counters, which have no column for them, by their rule of naming. */
const documented = new Map(
  [...page.matchAll(/^\| `((?:railmedic|process|nodejs)_[a-z0-9_]+)` \|(?: (?:counter|gauge|histogram) \| [^|]+ \| ([^|]+) \|)?/gm)].map(([, name = '', labels]) => [
    name,
    labels === undefined ? counterLabels(name) : [...labels.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? ''),
  ]),
);

function counterLabels(name: string): readonly string[] {
  return name.startsWith('railmedic_infiniband_device_') ? ['device'] : ['device', 'port'];
}

function missing(families: readonly string[]): readonly string[] {
  return families.filter((name) => !documented.has(name));
}

const HOW =
  'docs/metrics.md lacks it. A counter of a driver: add its file to docs/source/metrics/known-counters.ts. Any other: give it a series in ' +
  'docs/source/metrics/full-report.ts and a group in docs/source/metrics/groups.ts. Then npm run generate';

describe('docs/metrics.md has every family', () => {
  test.each(globSync('test/golden/*.metrics.txt', { cwd: root }).toSorted())('that the agent exports of %s', (path) => {
    expect(missing(familiesOf(readFileSync(join(root, path), 'utf8')).map(({ name }) => name)), HOW).toEqual([]);
  });

  test('that alerts and dashboards are tested with, with the same labels', async () => {
    const exported = [...(await exportedMetrics())].filter(([name]) => !/_(bucket|sum|count)$/.test(name));
    expect(missing(exported.map(([name]) => name)), HOW).toEqual([]);
    const others = exported.flatMap(([name, labels]) => [...labels].filter((label) => !documented.get(name)?.includes(label)).map((label) => `${name}{${label}}`));
    expect(others, 'a label that the page does not name: give the family all of them in docs/source/metrics/full-report.ts').toEqual([]);
  });

  test('and each once, with words', () => {
    const rows = [...page.matchAll(/^\| `(railmedic_(?!infiniband_)[a-z0-9_]+)` \|.*\| ([^|]*) \|$/gm)];
    expect(rows.length).toBeGreaterThan(60);
    expect(new Set(rows.map((row) => row[1])).size).toBe(rows.length);
    expect(rows.filter((row) => row[2] === '').map((row) => row[1])).toEqual([]);
  });
});

test('the families of a text, with their labels', () => {
  const text = '# HELP a_b What.\n# TYPE a_b gauge\na_b{x="1",y="a\\"}b"} 1\na_b{z=""} 2\n# HELP c_total No series.\n# TYPE c_total counter\n';
  expect(familiesOf(text)).toEqual([
    { name: 'a_b', type: 'gauge', help: 'What.', labels: ['x', 'y', 'z'], hasSeries: true },
    { name: 'c_total', type: 'counter', help: 'No series.', labels: [], hasSeries: false },
  ]);
});
