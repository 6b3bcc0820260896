import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { debianProgram } from '../../promtool.ts';
import { startAlertmanager, type Labels, type RunningAlertmanager } from './running-alertmanager.ts';

const program = await debianProgram('alertmanager');
const config = join(import.meta.dirname, '../../../deploy/alertmanager/alertmanager.yaml');

const on = (alertname: string, more: Labels = {}): Labels => ({ alertname, cluster: 'prod', node: 'n1', severity: 'critical', subject: 'node', ...more });
const lost = on('GpuLost', { subject: 'GPU-1', uuid: 'GPU-1' });
const group = (node: string): Labels => ({ alertname: 'FleetOneWayTraffic', cluster: 'prod', node, severity: 'critical', scope: 'group', workload: 'grpo' });

describe.skipIf(program.missing !== undefined)(`a real Alertmanager ${program.missing ?? ''}`, () => {
  let alertmanager: RunningAlertmanager | undefined;
  beforeAll(async () => {
    alertmanager = await startAlertmanager(program.path, config);
  });
  afterAll(() => alertmanager?.close());

  let clusters = 0;

  /** Of alerts that stand together, and with no others, those that are muted: name, node, and collector or subject. */
  async function muted(...alerts: readonly Labels[]): Promise<readonly string[]> {
    if (!alertmanager) throw new Error('Alertmanager does not run');
    clusters += 1;
    const mine = ({ cluster = '', ...labels }: Labels): Labels => ({ ...labels, cluster: `${cluster}-${clusters}` });
    // It takes them one by one and in their order: when the last is muted, all have been seen.
    const last = [group('last'), on('FabricOneWayTraffic', { node: 'last' })].map(mine);
    await alertmanager.post([...alerts.map(mine), ...last]);
    for (let tries = 0; tries < 200; tries += 1) {
      const found = (await alertmanager.muted()).filter(({ cluster = '' }) => cluster.endsWith(`-${clusters}`));
      const others = found.filter(({ node }) => node !== 'last');
      if (others.length < found.length) return others.map(({ alertname, node, subject, collector }) => `${alertname} ${node} ${collector ?? subject}`).toSorted();
      await setTimeout(25);
    }
    throw new Error('Alertmanager did not take the alerts');
  }

  test('FleetOneWayTraffic mutes FabricOneWayTraffic of its nodes, and of no other', async () => {
    const alerts = [group('n1'), on('FabricOneWayTraffic'), on('FabricOneWayTraffic', { subject: 'rdmap0/1' }), on('FabricOneWayTraffic', { node: 'n2' })];
    expect(await muted(...alerts)).toEqual(['FabricOneWayTraffic n1 node', 'FabricOneWayTraffic n1 rdmap0/1']);
    expect(await muted(group('n1'), on('FabricOneWayTraffic', { cluster: 'test' }), on('EfaPeerUnresponsive'))).toEqual([]);
  });

  test('GpuLost mutes what else is wrong with the GPU, not with another one', async () => {
    const xid = on('GpuXid', { subject: 'GPU-1 Xid 79', uuid: 'GPU-1' });
    const ecc = on('GpuEccUncorrected', { subject: 'GPU-1', uuid: 'GPU-1' });
    const other = on('GpuXid', { subject: 'GPU-2 Xid 48', uuid: 'GPU-2' });
    expect(await muted(lost, xid, ecc, other, on('GpuLost', { subject: 'GPU-2', uuid: 'GPU-2', node: 'n2' }))).toEqual(['GpuEccUncorrected n1 GPU-1', 'GpuXid n1 GPU-1 Xid 79']);
  });

  test('GpuLost mutes nvidia-smi that hangs on it; a lost GPU without a name mutes no other GPU', async () => {
    expect(await muted(lost, on('NvidiaSmiUnresponsive'), on('NvidiaSmiUnresponsive', { node: 'n2' }))).toEqual(['NvidiaSmiUnresponsive n1 node']);
    expect(await muted(on('GpuLost', { subject: 'unknown' }), on('GpuXid', { subject: 'GPU-2 Xid 48', uuid: 'GPU-2' }), on('GpuThermalSlowdown', { subject: 'node' }))).toEqual([]);
  });

  test('a fault of the fabric mutes the GPUs that wait for it', async () => {
    expect(await muted(on('FabricOneWayTraffic'), on('GpuSpinning', { severity: 'warning' }))).toEqual(['GpuSpinning n1 node']);
    expect(await muted(on('FabricReceiveDrops'), on('GpuSpinning', { severity: 'warning' }))).toEqual([]);
  });

  test('why a container ended mutes the crash loop of its pod, not of another', async () => {
    const pod = (alertname: string, subject: string): Labels => on(alertname, { severity: 'warning', subject });
    const loops = [pod('PodCrashLooping', 'ml/a'), pod('PodCrashLooping', 'ml/b')];
    expect(await muted(pod('CudaOutOfMemory', 'ml/a'), ...loops)).toEqual(['PodCrashLooping n1 ml/a']);
    expect(await muted(on('InstanceInterruption'), pod('PodPreempted', 'ml/a'), ...loops)).toEqual(['PodPreempted n1 ml/a']);
  });

  test('the graver of two alerts on one subject mutes the milder', async () => {
    const [grave, mild] = [on('FabricOneWayTraffic', { subject: 'rdmap0/1' }), on('FabricOneWayTraffic', { subject: 'rdmap0/1', severity: 'warning' })];
    expect(await muted(grave, mild, { ...mild, subject: 'rdmap1/1' })).toEqual(['FabricOneWayTraffic n1 rdmap0/1']);
  });

  test('what is wrong with the agent is told once', async () => {
    const agent = (alertname: string, more: Labels = {}): Labels => ({ alertname, cluster: 'prod', node: 'n1', severity: 'warning', ...more });
    const failing = agent('RailmedicCollectorFailing', { collector: 'imds' });
    const stale = agent('RailmedicDataStale', { collector: 'imds' });
    expect(await muted(failing, stale, { ...stale, collector: 'pci' })).toEqual(['RailmedicDataStale n1 imds']);
    expect(await muted(agent('RailmedicAgentMissing', { scope: 'node' }), failing, stale, on('GpuLost'))).toEqual(['RailmedicCollectorFailing n1 imds', 'RailmedicDataStale n1 imds']);
  });
});
