import { makeTwinAccount, projectAccount, tokenFor } from '../accounts.ts';
import { startHostAgent, type HostAgent } from '../host-agent.ts';
import { conditionOf, makeNode, type Condition } from '../objects.ts';
import { countsOf, requestsOf } from '../requests.ts';
import type { Stage } from '../stage.ts';
import { movingTree } from '../tree.ts';
import { join } from 'node:path';

const NODE = 'gpu-9';
const ACCOUNT = 'railmedic-at-rest';
const TYPE = 'GpuFabricProblem';
/** The first looks, the first list, the conditions when the rules have judged (the longest window is 120 s). */
const BEGIN_SECONDS = 135;
/** From the first heartbeat on the next is due within 330 s. */
const HEARTBEAT_SECONDS = 345;

/** An agent as it comes, on a node where nothing happens, for as long as the other scenes play. */
export class Rest {
  readonly #stage: Stage;
  readonly #agent: HostAgent;
  readonly #begun = Date.now();
  #first: Condition | undefined;

  constructor(stage: Stage, agent: HostAgent) {
    this.#stage = stage;
    this.#agent = agent;
  }

  static async begin(stage: Stage): Promise<Rest> {
    const { cluster, directory } = stage;
    await makeTwinAccount(cluster, ACCOUNT);
    // With room for pods: then it also looks, every five minutes, for pods that wait for a node.
    await makeNode(cluster, NODE, { 'nvidia.com/gpu': '8', 'vpc.amazonaws.com/efa': '4' });
    const account = projectAccount(cluster, join(directory, 'account'), await tokenFor(cluster, ACCOUNT));
    const agent = await startHostAgent(cluster, { directory, node: NODE, root: movingTree(directory).root, account, config: '{}' });
    return new Rest(stage, agent);
  }

  /** Waits until there was a heartbeat, or so long as is asked for, then counts. */
  async end(seconds: number): Promise<void> {
    const { cluster, checks } = this.#stage;
    this.#first = await checks.within(60, async () => this.#settled());
    const lasts = Math.max(seconds, HEARTBEAT_SECONDS + BEGIN_SECONDS / 4);
    await checks.within(this.#begun / 1000 + lasts - Date.now() / 1000, () => undefined);
    const last = await conditionOf(cluster, NODE, TYPE);
    checks.holds('rest: the heartbeat moves', Date.parse(last?.lastHeartbeatTime ?? '') > Date.parse(this.#first?.lastHeartbeatTime ?? ''), last);
    checks.equals('rest: and not the time of transition', [last?.status, last?.lastTransitionTime], [this.#first?.status, this.#first?.lastTransitionTime]);
    await this.#count();
    await this.#agent.stop();
  }

  async #settled(): Promise<Condition | undefined> {
    const condition = await conditionOf(this.#stage.cluster, NODE, TYPE);
    return condition?.status === 'False' ? condition : undefined;
  }

  async #count(): Promise<void> {
    const { cluster, checks } = this.#stage;
    const all = requestsOf(cluster, ACCOUNT);
    const from = this.#begun + BEGIN_SECONDS * 1000;
    const rest = all.filter(({ requestReceivedTimestamp }) => Date.parse(requestReceivedTimestamp) >= from);
    const seconds = (Date.now() - from) / 1000;
    checks.say(`      while it began (${BEGIN_SECONDS} s): ${JSON.stringify(countsOf(all.slice(0, all.length - rest.length)))}`);
    checks.say(`      at rest for ${seconds.toFixed(0)} s: ${JSON.stringify(countsOf(rest))}, ${((rest.length / seconds) * 3600).toFixed(0)} requests per hour`);
    const kinds = Object.keys(countsOf(rest)).filter((kind) => !['watch pods', 'list pods', 'patch nodes/status'].includes(kind));
    checks.equals('rest: nothing but watches, heartbeats and the look for waiting pods', kinds, []);
    const refused = all.filter(({ responseStatus }) => (responseStatus?.code ?? 0) >= 400);
    checks.equals('rest: nothing was refused', refused.map(({ requestURI, responseStatus }) => `${responseStatus?.code} ${requestURI}`), []);
    const own = (await this.#agent.metrics()).filter((line) => line.startsWith('railmedic_kubernetes_requests_total'));
    const counted = own.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    checks.equals('rest: the agent counts what the API server does', counted, all.length);
  }
}
