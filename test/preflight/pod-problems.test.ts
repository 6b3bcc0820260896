import { describe, expect, test } from 'vitest';
import { manifestInvalid as rule } from '../../rules/manifest/manifest-invalid.ts';
import { pod, said } from '../rules/manifest/manifests.ts';

const messages = (text: string): readonly string[] => said(rule, text).map((line) => line.replace(/^\d+ \S+: /, ''));
const limited = (requests: string, limits: string): string => pod(`image: a:1\nresources: { requests: { ${requests} }, limits: { ${limits} } }`);
const deployment = (selector: string, labels: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: a }
spec:
  selector: { ${selector} }
  template:
    metadata: { labels: { ${labels} } }
    spec: { containers: [{ name: a, image: "a:1" }] }
`;

describe('silent', () => {
  test('for what is equal, below its limit, without a limit, or filled in later', () => {
    expect(messages(limited('memory: 32Gi, cpu: 500m, rdma/hca: 1', 'memory: 32Gi, cpu: 1, rdma/hca: 1'))).toEqual([]);
    expect(messages(limited('cpu: 4', 'memory: 1Gi'))).toEqual([]);
    const unfilled = 'memory "$MEMORY", rdma/hca "$N" are not filled in, and what depends on them was not judged; audit what is applied: envsubst < job.yaml | railmedic preflight -';
    expect(messages(limited('memory: $MEMORY', 'memory: 1Gi, rdma/hca: $N'))).toEqual([`unknown 9 spec.containers[0].resources.requests.memory: ${unfilled}`]);
  });

  test('for volumes of the pod, claims that are made with it, and kinds whose makers add volumes', () => {
    expect(messages(pod('image: a:1\nvolumeMounts: [{ name: a, mountPath: /a }]', 'volumes: [{ name: a, emptyDir: {} }]'))).toEqual([]);
    const set = 'apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: a }\nspec: { selector: { matchLabels: { a: b } }, volumeClaimTemplates: [{ metadata: { name: data } }], template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: a, volumeMounts: [{ name: data, mountPath: /d }] }] } } }';
    expect(messages(set)).toEqual([]);
    expect(messages('apiVersion: example.com/v1\nkind: Gang\nmetadata: { name: a }\nspec: { template: { spec: { containers: [{ name: a, volumeMounts: [{ name: data, mountPath: /d }] }] } } }')).toEqual([]);
  });

  test('for volumes of an operator, and of policies of a JobSet', () => {
    const spec = (name: string): string => `spec: { containers: [{ name: a, volumeMounts: [{ name: ${name}, mountPath: /d }] }] }`;
    expect(messages(`apiVersion: kubeflow.org/v2beta1\nkind: MPIJob\nmetadata: { name: a }\nspec: { mpiReplicaSpecs: { Launcher: { template: { ${spec('mpi-job-config')} } } } }`)).toEqual([]);
    expect(messages(`apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: { name: a }\nspec: { headGroupSpec: { rayStartParams: {}, template: { ${spec('ray-token')} } } }`)).toEqual([]);
    expect(messages(`apiVersion: jobset.x-k8s.io/v1alpha2\nkind: JobSet\nmetadata: { name: a }\nspec: { volumeClaimPolicies: [{ templates: [{ metadata: { name: data } }] }], replicatedJobs: [{ name: w, template: { spec: { template: { ${spec('data')} } } } }] }`)).toEqual([]);
  });

  test('for a template that is a whole Pod', () => {
    expect(messages('apiVersion: example.com/v1\nkind: Gang\nmetadata: { name: a }\nspec: { template: { apiVersion: v1, kind: Pod, spec: { containers: [{ name: a }] } } }')).toEqual([]);
  });

  test('for a selector that takes the labels', () => {
    expect(messages(deployment('matchLabels: { app: a }', 'app: a, more: b'))).toEqual([]);
    expect(messages(deployment('matchExpressions: [{ key: app, operator: In, values: [a, b] }]', 'app: a'))).toEqual([]);
    expect(messages(deployment('matchLabels: { app: $NAME }', 'app: $NAME'))).toEqual([]);
  });
});

describe('reports', () => {
  test('a request above its limit', () => {
    expect(messages(limited('memory: 64Gi', 'memory: 32Gi'))).toEqual(['requests 64Gi of memory and limits it to 32Gi: a request may not be above its limit']);
  });

  test('devices that are not equal, or not whole; of GPUs and EFA the unequal ones are told by their rules', () => {
    expect(messages(limited('rdma/hca: 2', 'rdma/hca: 1'))).toEqual(['requests 2 rdma/hca and limits them to 1: the two must be equal for such resources']);
    expect(messages(limited('rdma/hca: 2', 'cpu: 1'))).toEqual(['requests 2 rdma/hca and sets no limit: the two must be equal for such resources']);
    expect(messages(limited('nvidia.com/gpu: 8', 'nvidia.com/gpu: 4'))).toEqual([]);
    expect(messages(limited('', 'nvidia.com/gpu: 0.5'))).toEqual(['nvidia.com/gpu is 0.5: such resources are given as a whole, never in parts']);
  });

  test('a mount of a volume that is not there', () => {
    expect(messages(pod('image: a:1\nvolumeMounts: [{ name: shmm, mountPath: /dev/shm }]', 'volumes: [{ name: shm, emptyDir: {} }]'))).toEqual(['container main mounts the volume "shmm", and the pod has none of that name; did you mean shm?']);
    expect(messages(pod('image: a:1\nvolumeMounts: [{ name: data, mountPath: /d }]'))).toEqual(['container main mounts the volume "data", and the pod has none of that name']);
  });

  test('a selector that does not take the pods of its template', () => {
    expect(messages(deployment('matchLabels: { app: a }', 'app: b'))).toEqual(['spec.selector takes pods with app: a, and the template gives its pods app: b: the API server refuses it']);
    expect(messages(deployment('matchLabels: { app: a }', 'other: b'))).toEqual(['spec.selector takes pods with app: a, and the template gives its pods no label app: the API server refuses it']);
    expect(messages(deployment('matchExpressions: [{ key: app, operator: NotIn, values: [a] }]', 'app: a'))).toEqual(['spec.selector does not take the pods of its own template: the API server refuses it']);
  });
});
