import { firing, isOver, sample, serious, summary } from '../agent.ts';
import { check, say } from '../check.ts';
import { addRxe1, counter, deleteRxe1 } from '../fabric.ts';
import type { Scene } from '../lab.ts';

/** rxe1 goes and comes back under its name with all counters at 0. */
export const deviceVanishes: Scene = async (lab) => {
  const { agent } = lab;
  // rxe cannot take a device from a program that holds it open.
  await lab.traffic.stop();
  await agent.nextLook();
  const before = counter('rxe1', 'sent_pkts');
  deleteRxe1();
  const gone = await agent.lookUntil(2, (report) => firing(report, 'FabricDeviceVanished', 'rxe1') !== undefined);
  check('device vanishes: FabricDeviceVanished on rxe1 within 2 looks', gone.looks !== undefined, summary(gone.report));
  say(`device vanishes: ${firing(gone.report, 'FabricDeviceVanished')?.message ?? 'not named'}`);
  const metrics = await agent.metrics();
  check('device vanishes: its series are gone', !metrics.includes('device="rxe1"') || onlyFindings(metrics), seriesOf(metrics).join(' | '));
  addRxe1();
  const back = await agent.lookUntil(4, (report) => isOver(report, 'FabricDeviceVanished'));
  check('device vanishes: resolved when it is back', back.looks !== undefined, summary(back.report));
  for (let look = 1; look <= 2; look += 1) {
    const alarms = serious(await agent.nextLook());
    check(`device vanishes: look ${look} after its return is silent`, alarms.length === 0, alarms.join('; '));
  }
  await lab.traffic.start();
  // One stream starts before the other: within a window of one interval that may truly be one-way.
  const calm = await agent.lookUntil(6, (report) => serious(report).length === 0);
  check('device vanishes: traffic over it is silent', calm.looks !== undefined, summary(calm.report));
  const low = counter('rxe1', 'sent_pkts');
  await agent.nextLook();
  const value = sample(await agent.metrics(), 'railmedic_infiniband_transmit_packets_total', { device: 'rxe1', port: '1' });
  const high = counter('rxe1', 'sent_pkts');
  say(`device vanishes: rxe1 had sent ${before} packets, was read as ${value} after its return`);
  check('device vanishes: its new counters are followed', value !== undefined && low <= value && value <= high, `${low} <= ${value} <= ${high} does not hold`);
};

function seriesOf(metrics: string): readonly string[] {
  return metrics.split('\n').filter((line) => line.includes('device="rxe1"'));
}

function onlyFindings(metrics: string): boolean {
  return seriesOf(metrics).every((line) => line.startsWith('railmedic_finding'));
}
