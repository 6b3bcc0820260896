import { ACCOUNT } from '../accounts.ts';
import { startHostAgent, type HostAgent } from '../host-agent.ts';
import { conditionOf, makeNode, makeRunningPod, removePod } from '../objects.ts';
import { kindOf, requestsOf } from '../requests.ts';
import type { Stage } from '../stage.ts';
import { movingTree } from '../tree.ts';

const NODE = 'gpu-6';
const EFA = { 'vpc.amazonaws.com/efa': '1' };
const AWAY_SECONDS = 15;

/** The API server goes and comes back with a compacted history, while the node falls ill. */
export async function outage(stage: Stage): Promise<void> {
  const { cluster, checks, directory } = stage;
  await makeNode(cluster, NODE, { 'vpc.amazonaws.com/efa': '10' });
  const tree = movingTree(directory);
  const agent = await startHostAgent(cluster, { directory, node: NODE, root: tree.root });
  await makeRunningPod(cluster, 'stays', NODE, EFA);
  await makeRunningPod(cluster, 'goes', NODE, EFA);
  const before = await checks.within(20, async () => ((await podsIn(agent)).length === 2 && (await conditionOf(cluster, NODE, 'GpuFabricProblem'))?.status === 'False' ? true : undefined));
  checks.holds('outage: two pods and no problem before it', before === true, await podsIn(agent));

  await cluster.lab('cluster.sh', 'stop', 'apiserver');
  await etcd(stage, 'del', '/registry/pods/default/goes');
  const attempts = await attemptsOf(agent);
  const fell = Date.now();
  tree.receive(false);
  await checks.within(AWAY_SECONDS, () => undefined);
  const made = (await attemptsOf(agent)) - attempts;
  checks.say(`      ${made} attempts in ${AWAY_SECONDS} s without an API server`);
  checks.holds('outage: it tries again, and ever more rarely', made >= 3 && made <= 14, made);
  checks.holds('outage: what was known last still holds', (await podsIn(agent)).length === 2, await podsIn(agent));
  await compact(stage);
  const back = Date.now();
  await cluster.lab('cluster.sh', 'start-apiserver');
  const shown = await checks.within(60, async () => ((await podsIn(agent)).join() === 'stays' ? true : undefined));
  checks.holds('outage: a pod that ended unseen is gone once the API server is back', shown === true, await podsIn(agent));
  const lists = requestsOf(cluster, ACCOUNT, back).filter((request) => kindOf(request) === 'list pods' && request.requestURI.includes(NODE));
  checks.holds('outage: 410 Gone is answered by a new list', lists.length >= 1, agent.output().slice(-800));
  const condition = await checks.within(60, async () => {
    const now = await conditionOf(cluster, NODE, 'GpuFabricProblem');
    return now?.status === 'True' ? now : undefined;
  });
  checks.holds('outage: what began meanwhile is told, with the time it began', Date.parse(condition?.lastTransitionTime ?? '') < back && Date.parse(condition?.lastTransitionTime ?? '') >= fell - 1000, condition ?? agent.output().slice(-800));
  await makeRunningPod(cluster, 'comes', NODE, EFA);
  const watched = await checks.within(30, async () => ((await podsIn(agent)).join() === 'comes,stays' ? true : undefined));
  checks.holds('outage: the watch goes on', watched === true, await podsIn(agent));
  await agent.stop();
  for (const name of ['stays', 'comes']) await removePod(cluster, name);
}

async function podsIn(agent: HostAgent): Promise<readonly string[]> {
  const lines = (await agent.metrics()).filter((line) => line.startsWith('railmedic_pod_info{'));
  return lines.map((line) => /pod="([^"]*)"/.exec(line)?.[1] ?? line).toSorted();
}

async function attemptsOf(agent: HostAgent): Promise<number> {
  const lines = (await agent.metrics()).filter((line) => line.startsWith('railmedic_kubernetes_requests_total'));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** It forgets all revisions but the newest: whoever asks for an older one is answered 410. */
async function compact(stage: Stage): Promise<void> {
  const [status] = JSON.parse(await etcd(stage, 'endpoint', 'status', '-w', 'json')) as { Status: { header: { revision: number } } }[];
  await etcd(stage, 'compact', String(status?.Status.header.revision));
}

function etcd({ cluster }: Stage, ...args: readonly string[]): Promise<string> {
  return cluster.program('etcdctl', '--endpoints=http://127.0.0.1:23790', ...args);
}
