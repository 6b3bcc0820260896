import { sample, serious, type Agent } from '../agent.ts';
import { check, say, seconds } from '../check.ts';
import { counter, setCard } from '../fabric.ts';
import { INTERVAL_SECONDS, type Scene } from '../lab.ts';

/** A read of the card's statistics takes three times the delay: the driver sends three commands (efa_verbs.c, efa_fill_port_stats). */
export const slowCard: Scene = async (lab) => {
  for (const delayMs of [300, 3000]) {
    setCard({ stats_delay_ms: delayMs });
    await watchSlowCard(lab.agent, delayMs);
    lab.heal();
    // A read that is under way ends with the delay it began with.
    await seconds((3 * delayMs) / 1000);
  }
  const low = counter('efa_0', 'tx_pkts');
  const followed = await lab.agent.lookUntil(8, () => false).then(() => lab.agent.metrics());
  const value = sample(followed, 'railmedic_infiniband_transmit_packets_total', { device: 'efa_0', port: '1' });
  check('slow card: its counters are followed again', value !== undefined && value >= low, `transmit packets ${value}, at least ${low} expected`);
  const alarms = serious(await lab.agent.report());
  check('slow card: nothing is left when it is quick again', alarms.length === 0, alarms.join('; '));
};

async function watchSlowCard(agent: Agent, delayMs: number): Promise<void> {
  const name = `card takes ${delayMs} ms a command`;
  const begun = performance.now();
  const statuses: number[] = [];
  const waits: number[] = [];
  const looks = new Set<bigint>();
  const sent: bigint[] = [];
  while (performance.now() - begun < INTERVAL_SECONDS * 8_000) {
    const asked = performance.now();
    statuses.push(await agent.status('/healthz'));
    waits.push(performance.now() - asked);
    // Number and counters of a look come from one answer: between two answers the next look may have begun.
    const metrics = await agent.metrics();
    const look = sample(metrics, 'railmedic_looks_total', {}) ?? 0n;
    if (looks.has(look)) {
      await seconds(0.2);
      continue;
    }
    looks.add(look);
    sent.push(sample(metrics, 'railmedic_infiniband_transmit_packets_total', { device: 'rxe0', port: '1' }) ?? -1n);
    const alarms = serious(await agent.report()).filter((line) => !line.includes('efa_0'));
    check(`${name}: look ${looks.size} blames no other device`, alarms.length === 0, alarms.join('; '));
  }
  const elapsed = (performance.now() - begun) / 1000;
  say(`${name}: ${looks.size} looks in ${elapsed.toFixed(1)} s; /healthz answered ${statuses.length} times, at most ${Math.max(...waits).toFixed(0)} ms`);
  say(`${name}: ${serious(await agent.report()).join('; ') || 'nothing alerts'}`);
  check(`${name}: /healthz stays 200`, statuses.every((status) => status === 200), statuses.join(' '));
  check(`${name}: the agent keeps looking`, looks.size >= 3, `${looks.size} looks in ${elapsed.toFixed(1)} s`);
  const rises = sent.slice(1).every((value, index) => value > (sent[index] ?? 0n));
  check(`${name}: every look has fresh counters of rxe0`, rises && sent.length > 1, sent.join(' '));
}

/** The kernel ends no process before its read has come back: the delay leaves room within the 5 s. */
export const stopDuringSlowRead: Scene = async (lab) => {
  await lab.agent.nextLook();
  setCard({ stats_delay_ms: 1000 });
  await seconds(INTERVAL_SECONDS + 0.5);
  const exit = await lab.stopAgent();
  say(`stop: exit ${exit?.code} after ${exit?.seconds.toFixed(1)} s`);
  check('SIGTERM in the middle of a slow read: exits 0', exit?.code === 0, `exit ${exit?.code}`);
  check('SIGTERM in the middle of a slow read: within 5 s', (exit?.seconds ?? 99) <= 5, `${exit?.seconds.toFixed(1)} s`);
  lab.heal();
};
