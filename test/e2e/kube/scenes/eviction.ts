import { Installation } from '../installation.ts';
import { IMAGE, type PodObject } from '../objects.ts';
import type { Stage } from '../stage.ts';

const PODS = '/api/v1/namespaces/default/pods';

/** A pod that fills its scratch volume is evicted by kubelet itself. */
export async function eviction(stage: Stage): Promise<void> {
  const { cluster, checks } = stage;
  const installation = await Installation.of(stage);
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
          image: IMAGE,
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
  // It looks at the volumes once a minute.
  const pod = await checks.within(90, async () => {
    const now = await cluster.api.get<PodObject>(`${PODS}/greedy`);
    return now.status.reason === 'Evicted' ? now : undefined;
  });
  checks.holds('eviction: kubelet evicts it', pod !== undefined, (await cluster.api.get<PodObject>(`${PODS}/greedy`)).status);
  const finding = await checks.within(30, async () => (await installation.report()).findings.find(({ rule, subject }) => rule === 'PodPreempted' && subject.includes('greedy')));
  checks.holds('eviction: the agent says that it was taken', finding?.state === 'firing', finding);
  checks.say(`      ${finding?.message}`);
  await cluster.api.remove(`${PODS}/greedy`, { gracePeriodSeconds: 0 });
}
