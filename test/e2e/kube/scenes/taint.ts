import { join } from 'node:path';
import { makeAccount, makeAgentRole, projectAccount, tokenFor } from '../accounts.ts';
import { startHostAgent, type HostAgent } from '../host-agent.ts';
import { conditionOf, makeNode, nodeOf } from '../objects.ts';
import { quickConfig } from '../quick-config.ts';
import { countsOf, requestsOf } from '../requests.ts';
import type { Stage } from '../stage.ts';
import { movingTree, type MovingTree } from '../tree.ts';

const NODE = 'gpu-7';
const ACCOUNT = 'railmedic-taints';
const KEY = 'railmedic.io/problem';
const OURS = `${KEY}=agent:NoSchedule`;
const FOREIGN = 'example.com/maintenance=planned:PreferNoSchedule';
const KEPT = `${KEY}=kept:NoSchedule`;
const AFTER_SECONDS = 3;

/** The taint, by an agent that is configured for it and has the right that it needs: set, kept, taken back, and left to people. */
export async function taint(stage: Stage): Promise<void> {
  const { cluster, checks, directory } = stage;
  await makeNode(cluster, NODE, { 'vpc.amazonaws.com/efa': '1' });
  await cluster.kubectl('taint', 'node', NODE, FOREIGN);
  await makeAgentRole(cluster, ACCOUNT, { taint: true });
  await makeAccount(cluster, ACCOUNT, ACCOUNT);
  const account = projectAccount(cluster, join(directory, 'account'), await tokenFor(cluster, ACCOUNT));
  const tree = movingTree(directory);
  const config = quickConfig({ kubernetes: { taint: true, taintAfterSeconds: AFTER_SECONDS } });
  const begin = (): Promise<HostAgent> => startHostAgent(cluster, { directory, node: NODE, root: tree.root, account, config });

  const first = await begin();
  checks.holds('taint: a healthy node', await turned(stage, 'False'), await conditionOf(cluster, NODE, 'GpuFabricProblem'));
  checks.equals('taint: has none of ours', await standing(stage), [FOREIGN]);
  tree.receive(false);
  checks.holds('taint: a critical fault sets it', await becomes(stage, [FOREIGN, OURS]), await standing(stage));
  const since = (await conditionOf(cluster, NODE, 'GpuFabricProblem'))?.lastTransitionTime ?? '';
  checks.holds(`taint: once the condition has been True for ${AFTER_SECONDS} s`, Date.now() - Date.parse(since) >= AFTER_SECONDS * 1000, since);

  await first.stop('SIGTERM');
  checks.equals('taint: SIGTERM takes nothing back', await standing(stage), [FOREIGN, OURS]);
  const agent = await begin();
  checks.equals('taint: it stands while the next agent begins and judges', await seenFor(stage, 12), [[FOREIGN, OURS].join()]);
  checks.equals('taint: the condition as well', (await conditionOf(cluster, NODE, 'GpuFabricProblem'))?.status, 'True');
  tree.receive(true);
  checks.holds('taint: the end of the fault takes it back, and no other', await becomes(stage, [FOREIGN]), await standing(stage));
  await leftToPeople(stage, tree);
  const asked = requestsOf(cluster, ACCOUNT);
  checks.say(`      ${JSON.stringify(countsOf(asked))}`);
  checks.equals('taint: the role with the taint’s rule is enough', asked.filter(({ responseStatus }) => responseStatus?.code === 403).map(({ verb, requestURI }) => `${verb} ${requestURI}`), []);
  await agent.stop();
}

/** What a person takes away is not set again for the same fault, and what a person sets is not taken away. */
async function leftToPeople(stage: Stage, tree: MovingTree): Promise<void> {
  const { cluster, checks } = stage;
  tree.receive(false);
  checks.holds('taint: the next fault sets it again', await becomes(stage, [FOREIGN, OURS]), await standing(stage));
  await cluster.kubectl('taint', 'node', NODE, `${KEY}-`);
  checks.equals('taint: what a person took away stays away', await seenFor(stage, 6), [FOREIGN]);
  await cluster.kubectl('taint', 'node', NODE, KEPT);
  tree.receive(true);
  checks.holds('taint: the fault ends', await turned(stage, 'False'), await conditionOf(cluster, NODE, 'GpuFabricProblem'));
  checks.equals('taint: and what a person made of it stands', await seenFor(stage, 4), [[FOREIGN, KEPT].join()]);
}

/** Without those of Kubernetes itself: a Node that nobody lives on is tainted as unreachable. */
async function standing({ cluster }: Stage): Promise<readonly string[]> {
  const { spec } = await nodeOf(cluster, NODE);
  const own = (spec.taints ?? []).filter(({ key }) => !key.startsWith('node.kubernetes.io/'));
  return own.map(({ key, value, effect }) => `${key}=${value}:${effect}`).toSorted();
}

async function becomes(stage: Stage, expected: readonly string[]): Promise<boolean> {
  return (await stage.checks.within(20, async () => ((await standing(stage)).join() === expected.join() ? true : undefined))) === true;
}

async function turned({ cluster, checks }: Stage, status: string): Promise<boolean> {
  return (await checks.within(20, async () => ((await conditionOf(cluster, NODE, 'GpuFabricProblem'))?.status === status ? true : undefined))) === true;
}

/** Every set of taints that was to be seen within so many seconds, each once in a row. */
async function seenFor(stage: Stage, seconds: number): Promise<readonly string[]> {
  const seen: string[] = [];
  await stage.checks.within(seconds, async () => {
    const now = (await standing(stage)).join();
    if (now !== seen.at(-1)) seen.push(now);
    return undefined;
  });
  return seen;
}
