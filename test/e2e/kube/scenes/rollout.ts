import { Installation } from '../installation.ts';
import { NAMESPACE } from '../accounts.ts';
import type { Stage } from '../stage.ts';

const GRACE_SECONDS = 20;

/** A new pod takes the old one's place while a fault stands. */
export async function rollout(stage: Stage): Promise<void> {
  const { cluster, checks } = stage;
  const installation = await Installation.of(stage);
  installation.tree.receive(false);
  const before = await installation.turned('True');
  const old = await installation.readyPod();
  const agent = old?.status.containerStatuses?.find(({ name }) => name === 'railmedic');
  await cluster.kubectl('-n', NAMESPACE, 'rollout', 'restart', 'daemonset/railmedic');
  const seen = new Set<string>();
  let [silentMs, at, asked] = [0, performance.now(), performance.now()];
  const isDone = await checks.within(90, async () => {
    const condition = await installation.condition();
    seen.add(`${condition?.status} since ${condition?.lastTransitionTime}`);
    const isThere = await installation.metrics().then(() => true, () => false);
    [asked, at] = [at, performance.now()];
    if (!isThere) silentMs += at - asked;
    const pod = await installation.pod();
    const isNew = pod !== undefined && pod.metadata.uid !== old?.metadata.uid;
    return isNew && pod.status.containerStatuses?.every(({ ready }) => ready) === true ? true : undefined;
  });
  checks.holds('rollout: the new pod is ready', isDone === true, (await installation.pod())?.status);
  // The new agent judges, and speaks for itself.
  await checks.within(15, async () => ((await installation.condition())?.lastHeartbeatTime !== before?.lastHeartbeatTime ? true : undefined));
  const after = await installation.condition();
  seen.add(`${after?.status} since ${after?.lastTransitionTime}`);
  checks.equals('rollout: the condition stands all the while', [...seen], [`True since ${before?.lastTransitionTime}`]);
  checks.holds('rollout: and the new agent has said so', after?.lastHeartbeatTime !== before?.lastHeartbeatTime, after);
  checks.say(`      no metrics for ${(silentMs / 1000).toFixed(0)} s in between`);
  checks.equals('rollout: SIGTERM ends the agent with status 0', agent && installation.exitStatusOf(agent), 0);
  await ended(stage, installation);
  installation.tree.receive(true);
  checks.holds('rollout: the new agent clears what the old one set', (await installation.turned('False')) !== undefined, await installation.condition());
}

/** How long one end takes, from the deletion of the pod on. */
async function ended({ cluster, checks }: Stage, installation: Installation): Promise<void> {
  const pod = await installation.readyPod();
  const agent = pod?.status.containerStatuses?.find(({ name }) => name === 'railmedic');
  if (!agent) return;
  const begun = performance.now();
  await cluster.api.remove(`/api/v1/namespaces/${NAMESPACE}/pods/${pod?.metadata.name}`);
  const status = await checks.within(GRACE_SECONDS + 10, () => installation.exitStatusOf(agent));
  const seconds = (performance.now() - begun) / 1000;
  checks.equals('rollout: a pod that is deleted ends with status 0', status, 0);
  checks.holds(`rollout: within its ${GRACE_SECONDS} s of grace`, seconds < GRACE_SECONDS, `${seconds.toFixed(1)} s`);
  checks.say(`      it took ${seconds.toFixed(1)} s`);
  await installation.readyPod();
}
