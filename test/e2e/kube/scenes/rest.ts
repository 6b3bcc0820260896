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
/** The heartbeat comes 270 to 330 s after what the agent wrote when it began. */
const HEARTBEAT_SECONDS = 330 + BEGIN_SECONDS;
/** How many requests of a kind there may be in so many seconds: what the README promises, and one for where the count begins and ends. */
const AT_REST: Readonly<Record<string, (seconds: number) => number>> = {
  // A watch is ended by the server after five to ten minutes.
  'watch pods': (seconds) => Math.floor(seconds / 240 + 2),
  'patch nodes/status': (seconds) => Math.floor(seconds / 270 + 1),
  'list pods': (seconds) => Math.floor(seconds / 300 + 2),
};

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
    if (Date.now() - this.#begunMs > (HEARTBEAT_SECONDS - 1) * 1000) await this.#heartbeat();
    await this.#count();
    await this.#agent.stop();
    await removePod(cluster, POD);
  }

  async #heartbeat(): Promise<void> {
    const { cluster, checks } = this.#stage;
    const begun = this.#begunMs + BEGIN_SECONDS * 1000;
    const moved = await checks.within(10, async () => (Date.parse((await conditionOf(cluster, NODE, TYPE))?.lastHeartbeatTime ?? '') > begun ? true : undefined));
    checks.holds('rest: the heartbeat moves', moved === true, await conditionOf(cluster, NODE, TYPE));
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
    const counts = countsOf(rest);
    checks.equals('rest: nothing but watches, heartbeats and looks for waiting pods', Object.keys(counts).filter((kind) => !(kind in AT_REST)), []);
    for (const [kind, most] of Object.entries(AT_REST)) {
      const count = (counts[kind] ?? 0) + (kind === 'watch pods' ? open : 0);
      checks.holds(`rest: ${kind}: ${count} in ${seconds.toFixed(0)} s, at most ${most(seconds)}`, count <= most(seconds), rest.filter((request) => kindOf(request) === kind).map(({ requestReceivedTimestamp }) => requestReceivedTimestamp));
    }
    const refused = all.filter(({ responseStatus }) => (responseStatus?.code ?? 0) >= 400);
    checks.equals('rest: nothing was refused', refused.map(({ requestURI, responseStatus }) => `${responseStatus?.code} ${requestURI}`), []);
    const own = (await this.#agent.metrics()).filter((line) => line.startsWith('railmedic_kubernetes_requests_total') && !line.includes('"WATCH"'));
    const counted = own.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    checks.equals('rest: the agent counts what the API server does', counted, all.filter((request) => !kindOf(request).startsWith('watch')).length);
  }
}
