import { Installation } from '../installation.ts';
import { NODE } from '../cluster.ts';
import { podObject, type PodObject } from '../objects.ts';
import type { Stage } from '../stage.ts';

const PODS = '/api/v1/namespaces/default/pods';

/** The node is emptied by a person; the medic stays. */
export async function drain(stage: Stage): Promise<void> {
  const { cluster, checks } = stage;
  const installation = await Installation.of(stage);
  const before = await installation.readyPod();
  await trainerThere(stage);
  await cluster.kubectl('drain', NODE, '--ignore-daemonsets', '--force', '--delete-emptydir-data', '--timeout=40s');
  const left = (await cluster.api.get<{ items: readonly PodObject[] }>(`${PODS}?fieldSelector=spec.nodeName%3D${NODE}`)).items.map(({ metadata }) => metadata.name);
  checks.equals('drain: the trainer is gone', left, []);
  const after = await installation.pod();
  checks.equals('drain: the agent is the same, and ready', [after?.metadata.uid, after?.status.containerStatuses?.map(({ ready }) => ready)], [before?.metadata.uid, [true, true]]);
  const gone = await checks.within(10, async () => ((await installation.metrics()).some((line) => line.startsWith('railmedic_pod_info{') && line.includes('"trainer"')) ? undefined : true));
  checks.holds('drain: the pod is gone from the metrics', gone === true);
  await cluster.kubectl('uncordon', NODE);
}

async function trainerThere({ cluster, checks }: Stage): Promise<void> {
  const { status } = await cluster.api.ask('GET', `${PODS}/trainer`);
  if (status === 404) await cluster.api.create(PODS, podObject('trainer', { 'vpc.amazonaws.com/efa': '1' }));
  await checks.within(30, async () => ((await cluster.api.get<PodObject>(`${PODS}/trainer`)).status.phase === 'Running' ? true : undefined));
}
