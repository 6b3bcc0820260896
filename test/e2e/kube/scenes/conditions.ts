import { startHostAgent, type HostAgent } from '../host-agent.ts';
import { conditionOf, eventsOf, makeNode, makeRunningPod, nodeOf, removePod, type Condition, type EventObject } from '../objects.ts';
import type { Stage } from '../stage.ts';
import { DEVICE, movingTree } from '../tree.ts';

const NODE = 'gpu-1';
const POD = 'trainer-0';
const TYPE = 'GpuFabricProblem';
const OURS = new Set(['GpuFabricProblem', 'GpuProblem']);

/** Conditions and Events of a Node, from healthy over two faults and two ends of the agent back to healthy. */
export async function conditions(stage: Stage): Promise<void> {
  const { cluster, checks, directory } = stage;
  await makeNode(cluster, NODE, { 'vpc.amazonaws.com/efa': '1' });
  await makeRunningPod(cluster, POD, NODE, { 'vpc.amazonaws.com/efa': '1' });
  const tree = movingTree(directory);
  const begin = (): Promise<HostAgent> => startHostAgent(cluster, { directory, node: NODE, root: tree.root });
  const turned = (status: string): Promise<Condition | undefined> =>
    checks.within(20, async () => {
      const condition = await conditionOf(cluster, NODE, TYPE);
      return condition?.status === status ? condition : undefined;
    });

  const agent = await begin();
  const healthy = await turned('False');
  checks.holds('conditions: healthy is False', healthy?.reason === 'NoProblem', healthy ?? (await nodeOf(cluster, NODE)).status.conditions);
  const gpus = await conditionOf(cluster, NODE, 'GpuProblem');
  checks.equals('conditions: a node without GPUs says so', [gpus?.status, gpus?.reason], ['False', 'NoHardware']);
  const foreign = await settledForeign(stage);

  tree.receive(false);
  const ill = await turned('True');
  checks.say(`      ${ill?.message}`);
  checks.equals('conditions: a one-way port is True', ill?.reason, 'FabricOneWayTraffic');
  checks.holds('conditions: the message names the port, within 1 KB', ill?.message.includes(DEVICE) === true && Buffer.byteLength(ill.message) <= 1024, ill?.message);
  await toldOnce(stage);

  tree.receive(true);
  checks.holds('conditions: healed is False', (await turned('False')) !== undefined, await conditionOf(cluster, NODE, TYPE));
  const over = await checks.within(10, async () => (await eventsOf(cluster, NODE)).find(({ type }) => type === 'Normal'));
  checks.equals('events: the end is told', [over?.action, over?.reason], ['Resolve', 'FabricOneWayTraffic']);
  tree.receive(false);
  const again = await turned('True');
  checks.holds('events: the second time is a series', (await checks.within(15, async () => (isSeries(await eventsOf(cluster, NODE)) ? true : undefined))) === true, await eventsOf(cluster, NODE));

  await agent.stop('SIGTERM');
  await survivesRestart(stage, begin, again);
  tree.receive(true);
  await clearsWhenJudged(stage, begin);
  checks.equals('conditions: nobody else’s entry changed', await foreignOf(stage), foreign);
  const writers = (await nodeOf(cluster, NODE)).metadata.managedFields?.map(({ manager }) => manager) ?? [];
  checks.holds('conditions: the server knows who wrote them', writers.includes('railmedic'), writers);
  await removePod(cluster, POD);
}

async function foreignOf({ cluster }: Stage): Promise<readonly Condition[]> {
  return (await nodeOf(cluster, NODE)).status.conditions?.filter(({ type }) => !OURS.has(type)) ?? [];
}

/** The node controller turns Ready of a Node without a kubelet to Unknown first. */
async function settledForeign(stage: Stage): Promise<readonly Condition[]> {
  await stage.checks.within(20, async () => ((await foreignOf(stage)).some(({ type, status }) => type === 'Ready' && status === 'Unknown') ? true : undefined));
  return foreignOf(stage);
}

async function toldOnce({ cluster, checks }: Stage): Promise<void> {
  const told = await checks.within(15, async () => {
    const warnings = (await eventsOf(cluster, NODE)).filter(({ type }) => type === 'Warning');
    return warnings.length >= 2 ? warnings : undefined;
  });
  const where = told?.map(({ regarding, metadata, reason }) => `${reason} on ${regarding.kind} ${regarding.name} in ${metadata.namespace}`).toSorted();
  checks.equals('events: on the Node and on the pod concerned', where, [`FabricOneWayTraffic on Node ${NODE} in kube-system`, `FabricOneWayTraffic on Pod ${POD} in default`]);
  checks.say(`      ${told?.find(({ regarding }) => regarding.kind === 'Pod')?.note}`);
}

function isSeries(events: readonly EventObject[]): boolean {
  const warnings = events.filter(({ type }) => type === 'Warning');
  return warnings.length === 2 && warnings.every(({ series }) => series?.count === 2);
}

/** Ends the agent that `begin` starts by killing it, with the condition True. */
async function survivesRestart(stage: Stage, begin: () => Promise<HostAgent>, before: Condition | undefined): Promise<void> {
  const { cluster, checks } = stage;
  const told = await eventsOf(cluster, NODE);
  const agent = await begin();
  const statuses = await statusesFor(stage, 12);
  const after = await conditionOf(cluster, NODE, TYPE);
  checks.equals('conditions: a restart of the agent changes no status', statuses, ['True']);
  checks.equals('conditions: nor the time of transition', after?.lastTransitionTime, before?.lastTransitionTime);
  checks.holds('conditions: the new agent has spoken', (after?.lastHeartbeatTime ?? '') > (before?.lastHeartbeatTime ?? ''), after);
  checks.equals('events: a restart tells nothing again', counted(await eventsOf(cluster, NODE)), counted(told));
  await agent.stop('SIGKILL');
}

function counted(events: readonly EventObject[]): readonly string[] {
  return events.map(({ metadata, series }) => `${metadata.name} ${series?.count ?? 1}`).toSorted();
}

async function clearsWhenJudged(stage: Stage, begin: () => Promise<HostAgent>): Promise<void> {
  const { cluster, checks } = stage;
  const begun = Date.now();
  const agent = await begin();
  const statuses = await statusesFor(stage, 15);
  const cleared = await conditionOf(cluster, NODE, TYPE);
  checks.equals('conditions: what a killed agent left stands until it is judged, then clears', statuses, ['True', 'False']);
  checks.holds('conditions: not before the window is over', Date.parse(cleared?.lastTransitionTime ?? '') - begun >= 2000, cleared);
  await agent.stop();
}

/** Every status that was to be seen within so many seconds, each once in a row. */
async function statusesFor({ cluster, checks }: Stage, seconds: number): Promise<readonly (string | undefined)[]> {
  const seen: (string | undefined)[] = [];
  await checks.within(seconds, async () => {
    const status = (await conditionOf(cluster, NODE, TYPE))?.status;
    if (status !== seen.at(-1) || seen.length === 0) seen.push(status);
    return undefined;
  });
  return seen;
}
