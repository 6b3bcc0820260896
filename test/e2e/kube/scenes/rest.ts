import { join } from 'node:path';
import { makeAccount, projectAccount, tokenFor } from '../accounts.ts';
import { startHostAgent, type HostAgent } from '../host-agent.ts';
import { conditionOf, makeNode, makeRunningPod, removePod, type Condition } from '../objects.ts';
import { countsOf, kindOf, requestsOf } from '../requests.ts';
import type { Stage } from '../stage.ts';
import { movingTree } from '../tree.ts';

const NODE = 'gpu-9';
const POD = 'at-rest';
const ACCOUNT = 'railmedic-at-rest';
const TYPE = 'GpuFabricProblem';
/** The first list, the first verdicts, and (within 120 s) the first look for pods that wait for a node. */
const BEGIN_SECONDS = 30;
const LEAST_SECONDS = 60;
/** The heartbeat comes after 270 to 330 s. */
const HEARTBEAT_SECONDS = 345;
const AT_REST = ['watch pods', 'list pods', 'patch nodes/status'];

/** An agent on a node where nothing happens, for as long as the other scenes play. */
export class Rest {
  readonly #stage: Stage;
  readonly #agent: HostAgent;
  readonly #begunMs: number;
  readonly #first: Condition | undefined;

  private constructor(stage: Stage, agent: HostAgent, begunMs: number, first: Condition | undefined) {
    this.#stage = stage;
    this.#agent = agent;
    this.#begunMs = begunMs;
    this.#first = first;
  }

  static async begin(stage: Stage): Promise<Rest> {
    const { cluster, checks, directory } = stage;
    const begunMs = Date.now();
    await makeAccount(cluster, ACCOUNT, 'railmedic-agent');
    // With room for pods: then it also looks, every five minutes, for pods that wait for a node. And with one pod: it is one itself.
    await makeNode(cluster, NODE, { 'nvidia.com/gpu': '8', 'vpc.amazonaws.com/efa': '4' });
    await makeRunningPod(cluster, POD, NODE, {});
    const account = projectAccount(cluster, join(directory, 'account'), await tokenFor(cluster, ACCOUNT));
    const agent = await startHostAgent(cluster, { directory, node: NODE, root: movingTree(directory).root, account });
    const first = await checks.within(30, async () => {
      const condition = await conditionOf(cluster, NODE, TYPE);
      return condition?.status === 'False' ? condition : undefined;
    });
    return new Rest(stage, agent, begunMs, first);
  }

  /** Counts what was asked meanwhile; waits until it is `seconds` from the beginning. */
  async end(seconds: number): Promise<void> {
    const { cluster, checks } = this.#stage;
    const until = this.#begunMs + Math.max(seconds, BEGIN_SECONDS + LEAST_SECONDS) * 1000;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, until - Date.now())));
    const last = await conditionOf(cluster, NODE, TYPE);
    checks.equals('rest: the time of transition stands', [last?.status, last?.lastTransitionTime], ['False', this.#first?.lastTransitionTime]);
    if (Date.now() - this.#begunMs > HEARTBEAT_SECONDS * 1000) {
      checks.holds('rest: the heartbeat moves', Date.parse(last?.lastHeartbeatTime ?? '') > Date.parse(this.#first?.lastHeartbeatTime ?? ''), last);
    }
    await this.#count();
    await this.#agent.stop();
    await removePod(cluster, POD);
  }

  async #count(): Promise<void> {
    const { cluster, checks } = this.#stage;
    const all = requestsOf(cluster, ACCOUNT);
    const from = this.#begunMs + BEGIN_SECONDS * 1000;
    const rest = all.filter(({ requestReceivedTimestamp }) => Date.parse(requestReceivedTimestamp) >= from);
    const seconds = (Date.now() - from) / 1000;
    checks.say(`      while it began (${BEGIN_SECONDS} s): ${JSON.stringify(countsOf(all.slice(0, all.length - rest.length)))}`);
    // A watch is in the audit log once it has ended: the one that is open began within this time or is the first.
    const open = rest.some((request) => kindOf(request) === 'watch pods') || seconds > 300 ? 1 : 0;
    const perHour = ((rest.length + open) / seconds) * 3600;
    checks.say(`      at rest (${seconds.toFixed(0)} s): ${JSON.stringify(countsOf(rest))} and ${open} watch open, ${perHour.toFixed(0)} requests per hour`);
    checks.equals('rest: nothing but watches, heartbeats and looks for waiting pods', Object.keys(countsOf(rest)).filter((kind) => !AT_REST.includes(kind)), []);
    const refused = all.filter(({ responseStatus }) => (responseStatus?.code ?? 0) >= 400);
    checks.equals('rest: nothing was refused', refused.map(({ requestURI, responseStatus }) => `${responseStatus?.code} ${requestURI}`), []);
    const own = (await this.#agent.metrics()).filter((line) => line.startsWith('railmedic_kubernetes_requests_total') && !line.includes('"WATCH"'));
    const counted = own.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    checks.equals('rest: the agent counts what the API server does', counted, all.filter((request) => !kindOf(request).startsWith('watch')).length);
  }
}
