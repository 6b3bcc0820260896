import { expect, test } from 'vitest';
import type { Collector } from '../agent/collector.ts';
import { openHost } from '../agent/host.ts';
import { Loop } from '../agent/loop.ts';
import { prometheusExporter } from '../exporters/prometheus.ts';
import { SOURCE_NAMES } from '../agent/source-names.ts';
import { engineWith, hostFacts } from './snapshot.ts';

const host: Collector<'host'> = { name: 'host', timeoutSeconds: 5, collect: async () => hostFacts() };
const mounts: Collector<'mounts'> = { name: 'mounts', timeoutSeconds: 5, schedule: '*/10 * * * *', collect: async () => ({ required: [] }) };

/** One turn of an agent with a quick and a slow collector, and what it says of itself on /metrics. */
async function intervals(useSchedules: boolean): Promise<readonly string[]> {
  const exporter = prometheusExporter({ version: '0.1.0', processMetrics: false });
  const stop = new AbortController();
  const loop = new Loop({
    host: openHost('/'),
    clock: { monotonicSeconds: () => 0, sleep: async () => stop.abort() },
    engine: engineWith({}, () => []),
    collectors: [host, mounts],
    sourceNames: SOURCE_NAMES,
    exporters: [exporter],
    nodeName: 'node-1',
    rulesEvaluated: 1,
    intervalSeconds: 5,
    useSchedules,
    onExporterFailure: (_, error) => {
      throw error;
    },
  });
  await loop.run(stop.signal);
  const text = exporter.render().body.toString('utf8');
  await exporter.close();
  return text.match(/^railmedic_(collector_interval_seconds|node_info)\{.*/gm) ?? [];
}

test('a collector of every look is read at the interval, a slow one as its schedule says', async () => {
  expect(await intervals(true)).toEqual([
    'railmedic_collector_interval_seconds{collector="host"} 5',
    'railmedic_collector_interval_seconds{collector="mounts"} 600',
    'railmedic_node_info{node="node-1",instance_type="",zone="",node_group=""} 1',
  ]);
});

test('what a replay reads once has no interval, so that it never counts as stale', async () => {
  expect(await intervals(false)).toEqual([
    'railmedic_collector_interval_seconds{collector="host"} 5',
    'railmedic_node_info{node="node-1",instance_type="",zone="",node_group=""} 1',
  ]);
});
