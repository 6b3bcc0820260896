import { describe, expect, test } from 'vitest';
import { hostNetworkCollision as rule } from '../../../rules/manifest/host-network-collision.ts';
import { first, judgeText, said } from './manifests.ts';

const HOST = 'hostNetwork: true, dnsPolicy: ClusterFirstWithHostNet';
const affinity = (selector: string, key = 'kubernetes.io/hostname'): string =>
  `affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: ${key}, labelSelector: { ${selector} } }] } }`;

interface Job {
  readonly spec?: string;
  readonly limits?: string;
  readonly labels?: string;
  readonly rest?: string;
  readonly pods?: number;
}

/** An Indexed Job of pods with one GPU each. */
const job = ({ spec = HOST, limits = 'nvidia.com/gpu: 1', labels = 'app: train', rest = '', pods = 2 }: Job): string => `apiVersion: batch/v1
kind: Job
metadata: { name: train }
spec:
  completionMode: Indexed
  completions: ${pods}
  parallelism: ${pods}
  template:
    metadata: { labels: { ${labels} } }
    spec: { ${spec}, containers: [{ name: main, image: "a:1", command: [torchrun, train.py], resources: { limits: { ${limits} } }${rest} }] }
`;

interface Ray {
  readonly head?: string;
  readonly worker?: string;
  readonly params?: string;
  /** Ports of the user's own in the place of KubeRay's metrics port, another on head and workers. */
  readonly ownPorts?: boolean;
  readonly workers?: number;
}

const metricsPort = (port: number): string => `, ports: [{ containerPort: ${port}, name: metrics }]`;
const ray = ({ head = HOST, worker = HOST, params = '', ownPorts = false, workers = 1 }: Ray): string => `apiVersion: ray.io/v1
kind: RayCluster
metadata: { name: grpo }
spec:
  headGroupSpec: { rayStartParams: {}, template: { spec: { ${head}, containers: [{ name: head, image: "a:1"${ownPorts ? metricsPort(8081) : ''} }] } } }
  workerGroupSpecs:
    - { groupName: gpu, replicas: ${workers}, minReplicas: ${workers}, maxReplicas: ${workers}, rayStartParams: { ${params} }, template: { spec: { ${worker}, containers: [{ name: worker, image: "a:1", resources: { limits: { nvidia.com/gpu: 1 } }${ownPorts ? metricsPort(8082) : ''} }] } } }
`;
const anyRay = affinity('matchExpressions: [{ key: ray.io/node-type, operator: In, values: [head, worker] }]');

describe('silent', () => {
  test('without the host network, and for a single pod', () => {
    expect(said(rule, job({ spec: 'dnsPolicy: ClusterFirst' }))).toEqual([]);
    expect(said(rule, job({ pods: 1 }))).toEqual([]);
  });

  test('with anti-affinity that names the pods', () => {
    expect(said(rule, job({ spec: `${HOST}, ${affinity('matchLabels: { app: train }')}` }))).toEqual([]);
    expect(said(rule, job({ spec: `${HOST}, ${affinity('matchExpressions: [{ key: app, operator: In, values: [train, other] }]')}` }))).toEqual([]);
    expect(said(rule, job({ spec: `${HOST}, ${affinity('matchLabels: { batch.kubernetes.io/job-name: train }')}` })), 'a label of the controller').toEqual([]);
    expect(said(rule, job({ spec: `${HOST}, ${affinity('')}` })), 'an empty selector matches all').toEqual([]);
  });

  test('where one of the two groups keeps away from the other', () => {
    expect(said(rule, ray({ worker: `${HOST}, ${anyRay}`, ownPorts: true, workers: 2 }))).toEqual([]);
  });

  test('where the selected type has too little for two', () => {
    const type = 'nodeSelector: { node.kubernetes.io/instance-type: p5en.48xlarge }';
    expect(said(rule, job({ spec: `${HOST}, ${type}`, limits: 'nvidia.com/gpu: 8' }))).toEqual([]);
    expect(said(rule, job({ spec: `${HOST}, ${type}`, limits: 'nvidia.com/gpu: 4, vpc.amazonaws.com/efa: 16' }))).toEqual([]);
    expect(said(rule, job({ spec: `${HOST}, ${type}`, limits: 'nvidia.com/gpu: $GPUS' })), 'a count that cannot be read').toEqual([]);
  });

  test('where both declare the same port, which is a host port', () => {
    expect(said(rule, job({ rest: ', ports: [{ containerPort: 29500 }]' }))).toEqual([]);
  });

  test('where something else spreads or selects', () => {
    expect(said(rule, job({ spec: `${HOST}, topologySpreadConstraints: [{ maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule }]` }))).toEqual([]);
    expect(said(rule, ray({ head: `${HOST}, nodeSelector: { pool: cpu }`, worker: `${HOST}, nodeSelector: { pool: gpu }`, ownPorts: true }))).toEqual([]);
  });

  test('for agents, and for a resolver that was chosen', () => {
    expect(said(rule, 'apiVersion: apps/v1\nkind: DaemonSet\nmetadata: { name: agent }\nspec: { template: { spec: { hostNetwork: true, containers: [{ name: a, image: "a:1" }] } } }')).toEqual([]);
    expect(said(rule, job({ spec: `hostNetwork: true, dnsPolicy: None, ${affinity('')}` }))).toEqual([]);
    expect(said(rule, job({ spec: `hostNetwork: true, dnsPolicy: Default, ${affinity('')}` }))).toEqual([]);
    expect(said(rule, job({ spec: `hostNetwork: true, dnsPolicy: "\${DNS}", ${affinity('')}` }))).toEqual([]);
  });

  test('for independent pods that share nothing', () => {
    const many = job({ spec: HOST, pods: 4 }).replace('completionMode: Indexed', 'backoffLimit: 1').replace('[torchrun, train.py]', '[python, embed.py]');
    expect(said(rule, many)).toEqual([]);
  });
});

describe('reports', () => {
  test('the resolver that knows no Services', () => {
    expect(first(judgeText(rule, job({ spec: `hostNetwork: true, ${affinity('')}` })))).toMatchObject({
      message: "pods use the host network with no dnsPolicy: they ask the node's resolver, which knows no Services and no pod names",
      place: { field: 'spec.template.spec.dnsPolicy', found: 'no dnsPolicy (ClusterFirst, which falls back to Default on the host network)', expected: 'dnsPolicy: ClusterFirstWithHostNet' },
    });
    expect(said(rule, ray({ head: `hostNetwork: true, dnsPolicy: Default, ${anyRay}`, worker: `${HOST}, ${anyRay}` }))).toEqual([
      "5 spec.headGroupSpec.template.spec.dnsPolicy: pods of head use the host network with dnsPolicy Default: they ask the node's resolver, which knows no Services, so that workers do not find the head by its name",
    ]);
  });

  test('the same as a hint for a pod that works alone', () => {
    expect(judgeText(rule, job({ spec: 'hostNetwork: true', pods: 1 }))).toMatchObject([{ severity: 'info' }]);
  });

  test('two pods that may meet', () => {
    expect(first(judgeText(rule, job({})))).toMatchObject({
      message: 'two of the pods share the host network and may land on one node: they share ports, address and host name, and EFA has no path from one pod of a node to another',
      place: { field: 'spec.template.spec.affinity.podAntiAffinity', snippet: expect.stringContaining('matchLabels:\n            app: train') as string },
    });
  });

  test('anti-affinity over zones, of other pods, or none that is required', () => {
    expect(said(rule, job({ spec: `${HOST}, ${affinity('matchLabels: { app: train }', 'topology.kubernetes.io/zone')}` }))).toHaveLength(1);
    expect(said(rule, job({ spec: `${HOST}, ${affinity('matchLabels: { app: other }')}` }))).toHaveLength(1);
    expect(said(rule, job({ spec: `${HOST}, affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: kubernetes.io/hostname } }] } }` }))).toHaveLength(1);
  });

  test("Ray pods that only KubeRay's metrics port keeps apart, as a hint", () => {
    expect(judgeText(rule, ray({}))).toMatchObject([
      { severity: 'info', message: 'pods of head and pods of gpu share the host network and no anti-affinity keeps them apart, only port 8080, which KubeRay declares on every Ray container' },
    ]);
  });

  test('Ray pods that nothing keeps apart', () => {
    const [found] = judgeText(rule, ray({ ownPorts: true }));
    expect(found).toMatchObject({
      message: 'pods of head and pods of gpu share the host network and may land on one node: both Rays want 6379, 8265, 8080, 10001 and 52365 of the node, and Ray takes two raylets at one address for one',
      place: { snippet: expect.stringContaining('- { key: ray.io/node-type, operator: Exists }') as string },
    });
  });

  test('pods of 8 GPUs where no type is selected, as a hint', () => {
    expect(judgeText(rule, job({ limits: 'nvidia.com/gpu: 8' }))).toMatchObject([
      { severity: 'info', message: 'two of the pods share the host network and no anti-affinity keeps them apart, only 16 GPUs, which no node with 8 has' },
    ]);
  });

  test('ports of one Ray pod that are the same, or among those of its workers', () => {
    const params = (text: string): readonly string[] => said(rule, ray({ head: `${HOST}, ${anyRay}`, worker: `${HOST}, ${anyRay}`, params: text }));
    expect(params("metrics-export-port: '8090', dashboard-agent-listen-port: '52366'")).toEqual([]);
    expect(params("metrics-export-port: '16379', min-worker-port: '20000', max-worker-port: '29999'")).toEqual([]);
    expect(params("metrics-export-port: '16379'")).toEqual([
      '7 spec.workerGroupSpecs[0].rayStartParams.metrics-export-port: group gpu gives metrics-export-port the port 16379, which also belongs to the worker ports 10002 to 19999: ray start refuses it ("is trying to use a port number … that is used by other components")',
    ]);
    expect(params("node-manager-port: '8076', object-manager-port: '8076'")[0]).toContain('gives object-manager-port the port 8076, which also belongs to node-manager-port');
  });
});
