import { firing, isOver, summary } from '../agent.ts';
import { check, say } from '../check.ts';
import { setCard } from '../fabric.ts';
import type { Scene } from '../lab.ts';

/** A card that answers its statistics with EIO, first in good health, then in the middle of a one-way block. */
export const cardErrors: Scene = async (lab) => {
  const { agent } = lab;
  await agent.nextLook();
  setCard({ fail_stats: 5 });
  const dead = await agent.lookUntil(2, (report) => firing(report, 'EfaAdminQueueDead', 'efa_0') !== undefined);
  check('card errors: EfaAdminQueueDead on efa_0 within 2 looks', dead.looks !== undefined, summary(dead.report));
  say(`card errors: ${firing(dead.report, 'EfaAdminQueueDead')?.message ?? 'not named'}`);
  lab.heal();
  const healed = await agent.lookUntil(8, (report) => isOver(report, 'EfaAdminQueueDead'));
  check('card errors: resolved after the recovery', healed.looks !== undefined, summary(healed.report));

  setCard({ rx_pps: 0 });
  const blocked = await agent.lookUntil(3, (report) => firing(report, 'FabricOneWayTraffic', 'efa_0/1') !== undefined);
  check('card errors: the block is named again', blocked.looks !== undefined, summary(blocked.report));
  setCard({ fail_stats: 5 });
  await agent.nextLook();
  let report = await agent.nextLook();
  const states: string[] = [];
  // Longer than clearAfterSeconds: what cannot be read must not heal.
  for (let look = 0; look < 4; look += 1) {
    states.push(report.findings.find(({ rule, subject }) => rule === 'FabricOneWayTraffic' && subject === 'efa_0/1')?.state ?? 'absent');
    report = await agent.nextLook();
  }
  check('card errors: the one-way finding is unknown while the card fails', states.every((state) => state === 'unknown'), `${states.join(', ')}: ${summary(report)}`);
  setCard({ fail_stats: 0 });
  const again = await agent.lookUntil(4, (report) => firing(report, 'FabricOneWayTraffic', 'efa_0/1') !== undefined);
  check('card errors: it fires again when the card answers and the block stands', again.looks !== undefined, summary(again.report));
  lab.heal();
  const over = await agent.lookUntil(8, (report) => isOver(report, 'FabricOneWayTraffic') && isOver(report, 'EfaAdminQueueDead'));
  check('card errors: all is resolved in the end', over.looks !== undefined, summary(over.report));
};
