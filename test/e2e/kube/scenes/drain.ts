import { Installation } from '../installation.ts';
import { NODE } from '../cluster.ts';
import { podObject, type PodObject } from '../objects.ts';
import type { Stage } from '../stage.ts';
import packageJson from '../../../../package.json' with { type: 'json' };

const PODS = '/api/v1/namespaces/default/pods';

/** The node is emptied by a person, then kubelet puts a pod out; the medic stays. */
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
  await evicted(stage, installation);
}

async function trainerThere({ cluster, checks }: Stage): Promise<void> {
  const { status } = await cluster.api.ask('GET', `${PODS}/trainer`);
  if (status === 404) await cluster.api.create(PODS, podObject('trainer', { 'vpc.amazonaws.com/efa': '1' }));
  await checks.within(30, async () => ((await cluster.api.get<PodObject>(`${PODS}/trainer`)).status.phase === 'Running' ? true : undefined));
}

/** A pod that fills its scratch volume is evicted by kubelet itself. */
async function evicted({ cluster, checks }: Stage, installation: Installation): Promise<void> {
  const script = "require('fs').writeFileSync('/scratch/x', Buffer.alloc(8e6)); setInterval(() => {}, 1e6)";
  await cluster.api.create(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'greedy', namespace: 'default' },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'main',
          image: `registry.example.com/railmedic:${packageJson.version}`,
          imagePullPolicy: 'Never',
          command: ['node', '-e', script],
          securityContext: { runAsUser: 0 },
          resources: { limits: { 'vpc.amazonaws.com/efa': '1' } },
          volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
        },
      ],
      volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '1Mi' } }],
    },
  });
  const pod = await checks.within(60, async () => {
    const now = await cluster.api.get<PodObject>(`${PODS}/greedy`);
    return now.status.reason === 'Evicted' ? now : undefined;
  });
  checks.holds('eviction: kubelet evicts it', pod !== undefined, (await cluster.api.get<PodObject>(`${PODS}/greedy`)).status);
  const finding = await checks.within(15, async () => (await installation.report()).findings.find(({ rule, subject }) => rule === 'PodPreempted' && subject.includes('greedy')));
  checks.holds('eviction: the agent says that it was taken', finding?.state === 'firing', (await installation.report()).findings.map(({ rule, subject }) => `${rule} ${subject}`));
  checks.say(`      ${finding?.message}`);
  await cluster.api.remove(`${PODS}/greedy`, { gracePeriodSeconds: 0 });
}
