import { Absent, type Collector } from '../collector.ts';
import type { Host } from '../host.ts';
import type { Interruption } from '../model.ts';
import { parseRebalance, parseScheduledEvents, parseSpotAction } from '../parse/imds.ts';
import { optionalText } from './optional-text.ts';
import { readFacts, type ImdsFacts } from './imds-facts.ts';
import { ImdsSession, ImdsSilent, type ImdsLook } from './imds-session.ts';

/** Security groups and VPC blocks can be changed while the instance runs, but seldom are. */
const LOOKS_PER_FACTS = 10;
const ANNOUNCEMENTS = [
  ['spot/instance-action', parseSpotAction],
  ['events/recommendations/rebalance', parseRebalance],
  ['events/maintenance/scheduled', parseScheduledEvents],
] as const;

/** The link-local address of every EC2 instance. */
export const IMDS_URL = 'http://169.254.169.254';

export interface ImdsOptions {
  /** Undefined: it must not be asked. */
  readonly url: string | undefined;
  /** Ask only where the firmware does not name another vendor. */
  readonly onlyOnEc2?: boolean;
}

/**
 * The instance metadata service, version 2. Announced interruptions at every look (a spot notice comes two minutes
 * ahead), the rest at every tenth. A look costs a second at most; a time-out is an error, never an empty answer.
 */
export function imdsCollector({ url, onlyOnEc2 = false }: ImdsOptions): Collector<'imds'> {
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
      if (onlyOnEc2) await refuseElsewhere(host);
      const look = await session.begin(host, signal);
      const known = looks % LOOKS_PER_FACTS === 0 ? undefined : facts;
      [facts] = await Promise.all([known ?? readFacts(look), readAnnouncements(look, announced)]);
      looks += 1;
      return { ...facts, interruptions: [...announced.values()].flat() };
    },
  };
}

/** Where the firmware names another vendor nobody answers, and every look would cost a second and end as a failure. */
async function refuseElsewhere(host: Host): Promise<void> {
  const vendor = (await optionalText(host, '/sys/class/dmi/id/sys_vendor'))?.trim();
  // Xen instances say "Xen"; they have no EFA, but they have IMDS.
  if (vendor && !/amazon|xen/i.test(vendor)) throw new Absent(`not an EC2 instance: the firmware names ${vendor}`);
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
