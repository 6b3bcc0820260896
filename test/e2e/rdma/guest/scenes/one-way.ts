import { firing, isOver, serious, summary, type Agent } from '../agent.ts';
import { check, say, seconds } from '../check.ts';
import { INTERVAL_SECONDS } from '../lab.ts';

const RULE = 'FabricOneWayTraffic';

export interface OneWay {
  readonly scene: string;
  readonly subject: string;
  readonly looks: number;
  readonly block: () => void;
  readonly unblock: () => void;
}

/** Blocks one direction between two looks: the first look from there sees part of an interval of the block, the second all of one. */
export async function oneWay(agent: Agent, { scene, subject, looks, block, unblock }: OneWay): Promise<void> {
  await agent.nextLook();
  await seconds(INTERVAL_SECONDS / 2);
  block();
  const begun = performance.now();
  const named = await agent.lookUntil(looks, (report) => firing(report, RULE, subject) !== undefined);
  check(`${scene}: ${RULE} on ${subject} within ${looks} looks of the block`, named.looks !== undefined, summary(named.report));
  say(`${scene}: look ${named.looks ?? 'none'}, ${((performance.now() - begun) / 1000).toFixed(1)} s after the block`);
  const finding = firing(named.report, RULE, subject);
  if (finding) {
    say(`${scene}: ${finding.severity}: ${finding.message}`);
    for (const { cause, likelihood, why } of finding.causes) say(`${scene}: cause ${cause} (${likelihood}): ${why}`);
    check(`${scene}: the finding ranks causes`, finding.causes.length > 0, 'no causes');
  }
  const others = serious(named.report).filter((line) => !line.startsWith(`firing ${RULE} ${subject}:`));
  check(`${scene}: nothing else is said to be wrong`, others.length === 0, others.join('; '));
  unblock();
  const healed = await agent.lookUntil(8, (report) => isOver(report, RULE));
  check(`${scene}: resolved after the recovery`, healed.looks !== undefined, summary(healed.report));
  say(`${scene}: resolved at look ${healed.looks ?? 'none'} after the recovery`);
}
