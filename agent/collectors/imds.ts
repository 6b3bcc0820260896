import { Absent, type Collector } from '../collector.ts';
import type { Interruption } from '../model.ts';
import { parseRebalance, parseScheduledEvents, parseSpotAction } from '../parse/imds.ts';
import { readFacts, type ImdsFacts } from './imds-facts.ts';
import { ImdsSession, ImdsSilent, type ImdsLook } from './imds-session.ts';

/** Security groups and VPC blocks can be changed while the instance runs, but seldom are. */
const LOOKS_PER_FACTS = 10;
const ANNOUNCEMENTS = [
  ['spot/instance-action', parseSpotAction],
  ['events/recommendations/rebalance', parseRebalance],
  ['events/maintenance/scheduled', parseScheduledEvents],
] as const;

/**
 * The instance metadata service, version 2. Announced interruptions at every look (a spot notice comes two minutes
 * ahead), the rest at every tenth. A look costs a second at most; a time-out is an error, never an empty answer.
 */
export function imdsCollector({ url }: { readonly url: string | undefined }): Collector<'imds'> {
  const session = url === undefined ? undefined : new ImdsSession(url);
  const announced = new Map<string, readonly Interruption[]>();
  let facts: ImdsFacts | undefined;
  let looks = 0;
  return {
    name: 'imds',
    timeoutSeconds: 2,
    schedule: '* * * * *',
    async collect(host, signal) {
      if (!session) throw new Absent('--no-imds was given');
      const look = await session.begin(host, signal);
      const known = looks % LOOKS_PER_FACTS === 0 ? undefined : facts;
      [facts] = await Promise.all([known ?? readFacts(look), readAnnouncements(look, announced)]);
      looks += 1;
      return { ...facts, interruptions: [...announced.values()].flat() };
    },
  };
}

/** 404 takes an announcement back; an answer that cannot be used does not, and leaves what was last known. */
async function readAnnouncements(look: ImdsLook, announced: Map<string, readonly Interruption[]>): Promise<void> {
  for (const [path, parse] of ANNOUNCEMENTS) {
    try {
      announced.set(path, parse(await look.get(path)));
    } catch (error) {
      if (error instanceof ImdsSilent) throw error;
    }
  }
}
