import { Agent, serious, summary } from './agent.ts';
import { say } from './check.ts';
import { Traffic, setCard, unblock } from './fabric.ts';

export const INTERVAL_SECONDS = 2;

/** Less than one interval, which an emulated clock does not keep to the tenth: a fault that covers an interval must be named at its end. */
const WINDOW_SECONDS = INTERVAL_SECONDS * 0.75;
const QUICK = `rules:
  FabricOneWayTraffic: { clearAfterSeconds: 4, thresholds: { windowSeconds: ${WINDOW_SECONDS} } }
  EfaAdminQueueDead: { clearAfterSeconds: 4 }
  EfaCommandErrors: { clearAfterSeconds: 4 }
  FabricDeviceVanished: { clearAfterSeconds: 0 }
`;

/** What the scenes share: the traffic, and the agent that runs now. */
export class Lab {
  readonly traffic = new Traffic();
  #agent: Agent | undefined;

  get agent(): Agent {
    if (!this.#agent) throw new Error('no agent runs now');
    return this.#agent;
  }

  async startAgent(name: string, config = QUICK): Promise<Agent> {
    await this.stopAgent();
    const agent = await Agent.start(name, config, INTERVAL_SECONDS);
    this.#agent = agent;
    // Where a processor is emulated, a program that starts may find no time to read a device at its first look.
    const calm = await agent.lookUntil(3, (report) => serious(report).length === 0);
    if (calm.looks !== 1) say(`${name} agent: ${calm.looks === undefined ? 'not calm' : `calm at look ${calm.looks + 1}`}: ${summary(calm.report)}`);
    return agent;
  }

  /** Undefined when none ran. */
  async stopAgent(): Promise<Awaited<ReturnType<Agent['stop']>> | undefined> {
    const agent = this.#agent;
    this.#agent = undefined;
    return await agent?.stop();
  }

  /** The fabric as it was in the beginning: a card that answers and traffic that flows both ways. */
  heal(): void {
    setCard({ tx_pps: 20_000, rx_pps: 20_000, fail_stats: 0, stats_delay_ms: 0 });
    unblock();
  }
}

export type Scene = (lab: Lab) => Promise<void>;
