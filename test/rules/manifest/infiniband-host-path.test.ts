import { describe, expect, test } from 'vitest';
import { infinibandHostPath as rule } from '../../../rules/manifest/infiniband-host-path.ts';
import { first, judgeText, pod, said } from './manifests.ts';

const mounted = (limits: string, spec = '', path = '/dev/infiniband'): string =>
  pod(`resources: { limits: { ${limits} } }\nvolumeMounts: [{ name: ib, mountPath: /dev/infiniband }]`, `${spec}\nvolumes: [{ name: ib, hostPath: { path: ${path} } }]`);
const efa = 'nvidia.com/gpu: 8, vpc.amazonaws.com/efa: 16';

describe('silent', () => {
  test('without the mount, or with another path', () => {
    expect(said(rule, pod(`resources: { limits: { ${efa} } }`))).toEqual([]);
    expect(said(rule, mounted(efa, '', '/dev/infiniband-tools'))).toEqual([]);
  });

  test('for a volume that no container mounts', () => {
    expect(said(rule, pod(`resources: { limits: { ${efa} } }`, 'volumes: [{ name: ib, hostPath: { path: /dev/infiniband } }]'))).toEqual([]);
  });

  test('for InfiniBand without any sign of EFA', () => {
    expect(said(rule, mounted('nvidia.com/gpu: 8'))).toEqual([]);
    expect(said(rule, mounted('nvidia.com/gpu: 8, rdma/hca: 8', 'nodeSelector: { node.kubernetes.io/instance-type: bm.gpu.h100.8 }'))).toEqual([]);
  });

  test('for claims of devices that may be RoCE', () => {
    const claim = mounted('nvidia.com/gpu: 8', 'resourceClaims: [{ name: net, resourceClaimTemplateName: net }]').replace('resources: { limits: { nvidia.com/gpu: 8 } }', 'resources: { limits: { nvidia.com/gpu: 8 }, claims: [{ name: net }] }');
    expect(said(rule, claim)).toEqual([]);
    const efaClass = '\n---\napiVersion: resource.k8s.io/v1\nkind: ResourceClaimTemplate\nmetadata: { name: net }\nspec: { spec: { devices: { requests: [{ name: a, exactly: { deviceClassName: efa.networking.k8s.aws } }] } } }';
    expect(first(judgeText(rule, claim + efaClass)).place?.snippet).toBe('# remove volume ib and its volumeMount: the device plugin brings the files');
    const onP5 = claim.replace('resourceClaims:', 'nodeSelector: { node.kubernetes.io/instance-type: p5.48xlarge }\n  resourceClaims:');
    expect(first(judgeText(rule, onP5)).place?.snippet).toBe('# remove volume ib and its volumeMount: the device plugin brings the files');
  });

  test('for an agent that looks at all devices of its node', () => {
    const agent = `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent }
spec:
  template:
    spec:
      nodeSelector: { node.kubernetes.io/instance-type: p6-b200.48xlarge }
      containers: [{ name: agent, image: "agent:1", volumeMounts: [{ name: ib, mountPath: /dev/infiniband }] }]
      volumes: [{ name: ib, hostPath: { path: /dev/infiniband } }]
`;
    expect(said(rule, agent)).toEqual([]);
  });
});

describe('reports', () => {
  test('as a warning where the devices are all EFA', () => {
    const found = first(judgeText(rule, mounted(efa, 'nodeSelector: { node.kubernetes.io/instance-type: p5en.48xlarge }')));
    expect(found.severity).toBeUndefined();
    expect(found).toMatchObject({
      subject: 'Pod/default/test spec.volumes[0]',
      message: "container main mounts the node's /dev/infiniband over the device files of its pod: EFA still works on p5en.48xlarge, but the pod sees devices that the device plugin did not give it, and on P6 types it would lose EFA without a word",
      place: { found: 'hostPath /dev/infiniband', expected: 'neither volume nor mount: the device plugin brings the device files' },
    });
  });

  test('as critical on P6', () => {
    expect(first(judgeText(rule, mounted(efa.replace('16', '8'), 'nodeSelector: { node.kubernetes.io/instance-type: ml.p6-b200.48xlarge }')))).toMatchObject({
      severity: 'critical',
      message: "container main mounts the node's /dev/infiniband over the device files of its pod: on ml.p6-b200.48xlarge that brings NVLink's mlx5 devices along, libfabric then finds no EFA (fi_info -61) and NCCL falls back to TCP without a word",
    });
  });

  test('the mount in place of the request', () => {
    expect(first(judgeText(rule, mounted('nvidia.com/gpu: 8', 'nodeSelector: { node.kubernetes.io/instance-type: p4d.24xlarge }'))).place).toMatchObject({
      expected: 'neither volume nor mount, but vpc.amazonaws.com/efa in limits and requests',
      snippet: '# remove volume ib and its volumeMount: the device plugin brings the files\nresources:\n  limits:\n    vpc.amazonaws.com/efa: 4\n  requests:\n    vpc.amazonaws.com/efa: 4',
    });
  });

  test('a part of it, and a count that is filled in later', () => {
    const [message] = said(rule, mounted('nvidia.com/gpu: 8, vpc.amazonaws.com/efa: $EFA', '', '/dev/infiniband/uverbs0'));
    expect(message).toContain("mounts the node's /dev/infiniband/uverbs0 over the device files of its pod: the pod sees devices that the device plugin did not give it, and on P6");
  });

  test('as many as fall to a pod with part of the GPUs', () => {
    const { place } = first(judgeText(rule, mounted('nvidia.com/gpu: 2', 'nodeSelector: { node.kubernetes.io/instance-type: p5.48xlarge }')));
    expect(place?.snippet).toMatch(/limits:\n    vpc\.amazonaws\.com\/efa: 8\n/);
  });

  test('for pods of one node that say nothing of EFA nothing but the mount, and for those that ask for it', () => {
    const deployment = (limits: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: serve }
spec:
  selector: { matchLabels: { app: a } }
  template:
    metadata: { labels: { app: a } }
    spec:
      nodeSelector: { node.kubernetes.io/instance-type: p5.48xlarge }
      containers:
        - { name: vllm, image: "a:1", resources: { limits: { ${limits} } }, volumeMounts: [{ name: ib, mountPath: /dev/infiniband }] }
      volumes: [{ name: ib, hostPath: { path: /dev/infiniband } }]
`;
    const place = { expected: 'neither volume nor mount: the device plugin brings the device files', snippet: '# remove volume ib and its volumeMount: the device plugin brings the files' };
    expect(first(judgeText(rule, deployment('nvidia.com/gpu: 8'))).place).toMatchObject(place);
    expect(first(judgeText(rule, deployment('nvidia.com/gpu: 8, vpc.amazonaws.com/efa: 32'))).place).toMatchObject(place);
  });
});
