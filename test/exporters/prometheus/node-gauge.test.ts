import { expect, test } from 'vitest';
import type { Imds, Report } from '../../../agent/model.ts';
import { prometheusExporter } from '../../../exporters/prometheus.ts';
import { HOSTILE, calmReport, ok, snapshot } from '../fixture.ts';

const imds: Imds = {
  instanceId: 'i-0123456789abcdef0',
  instanceType: 'p5.48xlarge',
  availabilityZone: 'us-east-1d',
  availabilityZoneId: undefined,
  placementGroup: undefined,
  mac: undefined,
  interfaces: [],
  interruptions: [],
};

async function nodeInfo(...reports: readonly Partial<Report>[]): Promise<readonly string[]> {
  const exporter = prometheusExporter({ version: '0.1.0', processMetrics: false });
  for (const fields of reports) await exporter.publish(calmReport(fields), AbortSignal.timeout(10_000));
  const text = exporter.render().body.toString('utf8');
  await exporter.close();
  return text.match(/^railmedic_node_info.*/gm) ?? [];
}

test('names the node, with what IMDS and the Node object say of it', async () => {
  expect(await nodeInfo({ instanceType: 'p5.48xlarge', nodeGroup: 'gpu-p5', snapshot: snapshot({ imds: ok(imds) }) })).toEqual([
    'railmedic_node_info{node="ip-10-0-3-7",instance_type="p5.48xlarge",zone="us-east-1d",node_group="gpu-p5"} 1',
  ]);
});

test('takes the zone of the Node object where it is known, and leaves empty what nobody knows', async () => {
  expect(await nodeInfo({ zone: 'eu-1a' })).toEqual(['railmedic_node_info{node="ip-10-0-3-7",instance_type="p4d.24xlarge",zone="eu-1a",node_group=""} 1']);
  expect(await nodeInfo({ instanceType: undefined })).toEqual(['railmedic_node_info{node="ip-10-0-3-7",instance_type="",zone="",node_group=""} 1']);
});

test('is one series also when what is known changes', async () => {
  expect(await nodeInfo({}, { nodeGroup: 'gpu-p5' })).toHaveLength(1);
});

test('a hostile name stays one label', async () => {
  expect(await nodeInfo({ node: HOSTILE, instanceType: undefined })).toEqual([
    String.raw`railmedic_node_info{node="a\"b\\c\\u000ad<img src=x>\\u001b[31me\\u009b2J\\u202ef",instance_type="",zone="",node_group=""} 1`,
  ]);
});
