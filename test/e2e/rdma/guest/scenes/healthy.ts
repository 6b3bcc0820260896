import { sample, serious, summary } from '../agent.ts';
import { check, say } from '../check.ts';
import { counter } from '../fabric.ts';
import type { Scene } from '../lab.ts';

const LOOKS = 6;
/** What stands for packets sent and received, in the kernel and in the agent's metrics. */
const COUNTERS = [
  ['efa_0', 'tx_pkts', 'transmit_packets'],
  ['efa_0', 'rx_pkts', 'receive_packets'],
  ['efa_0', 'rx_bytes', 'receive_bytes'],
  ['rxe0', 'sent_pkts', 'transmit_packets'],
  ['rxe1', 'rcvd_pkts', 'receive_packets'],
] as const;

/** Traffic flows both ways everywhere (and soft-RoCE counts retries, as it does): nothing may alert. */
export const healthy: Scene = async ({ agent }) => {
  for (let look = 1; look <= LOOKS; look += 1) {
    const report = await agent.nextLook();
    const alarms = serious(report);
    check(`healthy: look ${look} of ${LOOKS} is silent`, alarms.length === 0, alarms.join('; '));
    if (look === LOOKS) say(`healthy: ${summary(report)}; sources ${report.sources.map((source) => `${source.name} ${source.status}`).join(', ')}`);
  }
  const costs = (await agent.metrics()).matchAll(/^railmedic_collector_duration_seconds\{collector="(.+)"\} (.+)$/gm);
  say(`healthy: seconds a collection took: ${[...costs].map(([, name, took]) => `${name} ${Number(took).toFixed(3)}`).join(', ')}`);
  const low = COUNTERS.map(([device, file]) => counter(device, file));
  await agent.nextLook();
  const metrics = await agent.metrics();
  for (const [index, [device, file, name]] of COUNTERS.entries()) {
    const [least, most] = [low[index] ?? 0n, counter(device, file)];
    const value = sample(metrics, `railmedic_infiniband_${name}_total`, { device, port: '1' });
    const holds = value !== undefined && least <= value && value <= most;
    check(`healthy: ${device} ${file} in /metrics is the kernel's`, holds, `${least} <= ${value} <= ${most} does not hold`);
  }
};
