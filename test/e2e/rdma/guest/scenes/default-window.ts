import { setCard } from '../fabric.ts';
import { INTERVAL_SECONDS, type Scene } from '../lab.ts';
import { oneWay } from './one-way.ts';

/** The rule as it comes, with its window of 30 s; only the wait before it is resolved is cut short. */
export const defaultWindow: Scene = async (lab) => {
  // The OOM kills of the scenes before still stand, and are not its story.
  const agent = await lab.startAgent('default', 'rules: { FabricOneWayTraffic: { clearAfterSeconds: 0 }, KernelOomKill: { off: true } }\n');
  // A first window must be full before any can hold packets of the time before the block.
  await oneWay(agent, {
    scene: 'default window',
    subject: 'efa_0/1',
    looks: Math.ceil(30 / INTERVAL_SECONDS) + 2,
    block: () => setCard({ rx_pps: 0 }),
    unblock: () => lab.heal(),
  });
};
