import { startHostAgent, type HostAgent } from '../host-agent.ts';
import { makeNode, makeRunningPod, podObject, removePod } from '../objects.ts';
import type { Stage } from '../stage.ts';
import { movingTree } from '../tree.ts';
import { requestsOf, kindOf } from '../requests.ts';
import { ACCOUNT } from '../accounts.ts';

const NODE = 'gpu-2';
const ELSEWHERE = 'gpu-3';
const EFA = { 'vpc.amazonaws.com/efa': '1' };
const MANY = 250;

/** The pods of the node, and no others, come into the metrics by a watch and go with it. */
export async function pods(stage: Stage): Promise<void> {
  const { cluster, checks, directory } = stage;
  await makeNode(cluster, NODE, { 'vpc.amazonaws.com/efa': '1000' });
  await makeNode(cluster, ELSEWHERE, { 'vpc.amazonaws.com/efa': '1000' });
  const begun = Date.now();
  const agent = await startHostAgent(cluster, { directory, node: NODE, root: movingTree(directory).root });
  await makeRunningPod(cluster, 'elsewhere', ELSEWHERE, EFA);
  await makeRunningPod(cluster, 'here', NODE, EFA);
  checks.holds('pods: a pod of the node is in /metrics within 5 s', await seen(stage, agent, 'here', true, 5), await infos(agent));
  await removePod(cluster, 'here');
  checks.holds('pods: and gone from it within 5 s of its end', await seen(stage, agent, 'here', false, 5), await infos(agent));
  await ownedByJob(stage, agent);
  await many(stage, agent);
  checks.holds('pods: a pod of another node never', !(await infos(agent)).some((line) => line.includes('elsewhere')), await infos(agent));
  const lists = requestsOf(cluster, ACCOUNT, begun).filter((request) => request.requestURI.includes(`spec.nodeName%3D${NODE}`) && kindOf(request) === 'list pods');
  checks.equals('pods: all of it by one list and the watch', lists.length, 1);
  await agent.stop();
  await removePod(cluster, 'elsewhere');
}

async function infos(agent: HostAgent): Promise<readonly string[]> {
  return (await agent.metrics()).filter((line) => line.startsWith('railmedic_pod_info{'));
}

async function seen({ checks }: Stage, agent: HostAgent, pod: string, is: boolean, seconds: number): Promise<boolean> {
  return (await checks.within(seconds, async () => ((await infos(agent)).some((line) => line.includes(`pod="${pod}"`)) === is ? true : undefined))) === true;
}

async function ownedByJob(stage: Stage, agent: HostAgent): Promise<void> {
  const { cluster, checks } = stage;
  const job = await cluster.api.create<{ metadata: { uid: string } }>('/apis/batch/v1/namespaces/default/jobs', {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'pretrain', namespace: 'default' },
    spec: { template: { spec: { nodeName: NODE, restartPolicy: 'Never', containers: [{ name: 'main', image: 'localhost/pause:1', resources: { limits: EFA } }] } } },
  });
  const line = await checks.within(10, async () => (await infos(agent)).find((one) => one.includes('workload="pretrain"')));
  checks.holds('pods: a pod that the job controller made names its job', line?.includes('workload_kind="Job"') === true, await infos(agent));
  await cluster.api.remove('/apis/batch/v1/namespaces/default/jobs/pretrain', { propagationPolicy: 'Background', preconditions: { uid: job.metadata.uid } });
  await cluster.kubectl('delete', 'pods', '-l', 'job-name=pretrain', '--grace-period=0', '--force');
}

/** As many as a kubelet takes at most on the largest instances. */
async function many(stage: Stage, agent: HostAgent): Promise<void> {
  const { cluster, checks } = stage;
  const names = Array.from({ length: MANY }, (_, index) => `many-${index}`);
  const before = await residentMb(agent);
  for (const name of names) await cluster.api.create('/api/v1/namespaces/default/pods', podObject(name, EFA, NODE));
  const isAll = await checks.within(15, async () => ((await infos(agent)).length === MANY ? true : undefined));
  checks.holds(`pods: ${MANY} pods on one node`, isAll === true, `${(await infos(agent)).length} of ${MANY}`);
  checks.say(`      ${(await residentMb(agent)).toFixed(0)} MB resident, ${before.toFixed(0)} MB without them`);
  await cluster.api.remove(`/api/v1/namespaces/default/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${NODE}`)}`, { gracePeriodSeconds: 0 });
  const isNone = await checks.within(15, async () => ((await infos(agent)).length === 0 ? true : undefined));
  checks.holds('pods: and all gone again', isNone === true, await infos(agent));
}

async function residentMb(agent: HostAgent): Promise<number> {
  const line = (await agent.metrics()).find((one) => one.startsWith('process_resident_memory_bytes'));
  return Number(line?.split(' ')[1]) / 1e6;
}
