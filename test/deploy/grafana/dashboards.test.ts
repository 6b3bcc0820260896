import { expect, describe, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { grafanaArtefacts } from '../../../deploy/grafana/source/artefacts.ts';
import { dashboardOf, NAMES, textOf, type GridPos, type Panel } from './dashboards.ts';

const COLUMNS = 24;

describe.each(NAMES)('%s', (name) => {
  const { panels, uid, title, schemaVersion, templating } = dashboardOf(name);
  const graphs = panels.filter(({ type }) => type !== 'row');

  test('is found again under the same address', () => {
    expect({ uid, title }).toEqual({ uid: `railmedic-${name}`, title: `railmedic / ${name[0]?.toUpperCase()}${name.slice(1)}` });
    expect(uid.length).toBeLessThanOrEqual(40);
    expect(schemaVersion).toBe(42);
  });

  test('no two panels overlap or share a number, and none hangs over the edge', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { gridPos, title } of panels) expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(COLUMNS);
    const pairs = panels.flatMap((one, index) => panels.slice(index + 1).map((two): [Panel, Panel] => [one, two]));
    expect(pairs.filter(([one, two]) => overlap(one.gridPos, two.gridPos)).map(([one, two]) => `${one.title} and ${two.title}`)).toEqual([]);
  });

  test('rows of panels leave no hole', () => {
    const tops = Map.groupBy(panels, ({ gridPos }) => gridPos.y);
    for (const [top, row] of tops) expect(row.reduce((sum, { gridPos }) => sum + gridPos.w, 0), `at ${top}: ${row.map((panel) => panel.title).join(', ')}`).toBe(COLUMNS);
  });

  test('each panel says what it means, asks the chosen data source, and has a unit', () => {
    for (const { title, description, datasource, targets, fieldConfig, type } of graphs) {
      expect(description?.length, title).toBeGreaterThan(40);
      expect(datasource?.uid, title).toBe('${datasource}');
      expect(targets?.length, title).toBeGreaterThan(0);
      if (type === 'timeseries') expect(fieldConfig?.defaults.unit, title).toBeDefined();
    }
  });

  test('has the variables, and "All" also matches where a label is missing', () => {
    const names = templating.list.map((variable) => variable.name);
    const added = name === 'job' ? ['namespace', 'workload'] : [];
    expect(names).toEqual(['datasource', 'cluster', ...added, 'node', 'device', 'pages']);
    for (const { includeAll, allValue, multi } of templating.list.filter((variable) => variable.multi)) {
      expect({ includeAll, allValue, multi }).toEqual({ includeAll: true, allValue: '.*', multi: true });
    }
    expect(templating.list.find((variable) => variable.name === 'device')?.multi).toBe(true);
  });

  test('what can have several values is compared with =~', () => {
    const several = templating.list.filter(({ multi }) => multi).map((variable) => variable.name);
    for (const variable of several) expect(textOf(name)).not.toMatch(new RegExp(String.raw`[^~]\\"\$${variable}\\"`));
  });

  test('leads to the pages and to the other dashboards', () => {
    const text = textOf(name);
    expect(text).toContain('${pages:raw}/${__data.fields.page:raw}');
    const targets = [...text.matchAll(/"\/d\/(railmedic-\w+)\?/g)].map(([, target]) => target);
    expect(targets.length).toBeGreaterThan(0);
    expect(NAMES.map((other) => `railmedic-${other}`)).toEqual(expect.arrayContaining(targets));
  });
});

test('the ConfigMaps carry the same dashboards, for the sidecar to find', () => {
  const text = grafanaArtefacts().find(({ path }) => path.endsWith('configmaps.yaml'))?.text ?? '';
  const maps = parseAllDocuments(text).map((document) => document.toJS() as ConfigMap);
  expect(maps.map(({ metadata }) => metadata.name)).toEqual(NAMES.map((name) => `railmedic-dashboard-${name}`));
  for (const [index, { kind, metadata, data }] of maps.entries()) {
    const name = NAMES[index] ?? 'fleet';
    expect(kind).toBe('ConfigMap');
    expect(metadata.labels['grafana_dashboard']).toBe('1');
    expect(metadata.annotations).toEqual({ grafana_folder: 'railmedic' });
    expect(JSON.parse(data[`railmedic-${name}.json`] ?? '')).toEqual(dashboardOf(name));
  }
});

interface ConfigMap {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly data: Readonly<Record<string, string>>;
}

function overlap(one: GridPos, two: GridPos): boolean {
  return one.x < two.x + two.w && two.x < one.x + one.w && one.y < two.y + two.h && two.y < one.y + one.h;
}
