import { describe, expect, test } from 'vitest';
import { privilegedWorkload as rule } from '../../../rules/manifest/privileged-workload.ts';
import { first, judgeText, pod, said } from './manifests.ts';

const training = (context: string, rest = '', spec = '', limits = 'nvidia.com/gpu: 8, vpc.amazonaws.com/efa: 16'): string =>
  pod(`image: trainer:1\ncommand: [torchrun, train.py]\nresources: { limits: { ${limits} } }\nsecurityContext: { ${context} }\n${rest}`, spec);

describe('silent', () => {
  test('with the one capability, and with privileged: false', () => {
    expect(said(rule, training('capabilities: { add: [IPC_LOCK] }'))).toEqual([]);
    expect(said(rule, training('privileged: false'))).toEqual([]);
    expect(said(rule, training('privileged: "${PRIVILEGED}"'))).toEqual([]);
  });

  test.each(['/dev/gdrdrv', '/dev', '/sys', '/var/run/docker.sock'])('where %s of the node is mounted', (path) => {
    expect(said(rule, training('privileged: true', 'volumeMounts: [{ name: d, mountPath: /mnt }]', `volumes: [{ name: d, hostPath: { path: ${path} } }]`))).toEqual([]);
  });

  test('where capabilities or programs need more', () => {
    expect(said(rule, training('privileged: true, capabilities: { add: [SYS_ADMIN] }'))).toEqual([]);
    expect(said(rule, training('privileged: true').replace('[torchrun, train.py]', '[sh, -c, "sysctl -w vm.max_map_count=1; torchrun train.py"]'))).toEqual([]);
    expect(said(rule, training('privileged: true').replace('[torchrun, train.py]', '[nsys, profile, torchrun, train.py]'))).toEqual([]);
  });

  test('for benchmarks, agents, and what gets at its GPUs only that way', () => {
    expect(said(rule, training('privileged: true').replace('[torchrun, train.py]', '[/opt/nccl-tests/build/all_reduce_perf]'))).toEqual([]);
    expect(said(rule, training('privileged: true').replace('kind: Pod', 'kind: DaemonSet'))).toEqual([]);
    expect(said(rule, training('privileged: true', '', '', 'cpu: 4'))).toEqual([]);
  });
});

describe('reports', () => {
  test('a training with EFA', () => {
    expect(first(judgeText(rule, training('privileged: true')))).toMatchObject({
      subject: 'Pod/default/test spec.containers[0].securityContext.privileged',
      message: 'container main is privileged: it sees every GPU and every device of its node beside those it asked for; EFA needs no more than IPC_LOCK',
      place: { found: 'privileged: true', expected: 'capabilities with IPC_LOCK, without privileged', snippet: 'securityContext:\n  privileged: false\n  capabilities:\n    add: ["IPC_LOCK"]' },
    });
  });

  test('one without EFA', () => {
    const found = first(judgeText(rule, training('privileged: true', '', '', 'nvidia.com/gpu: 1')));
    expect(found.message).toContain('; nothing that is written here needs it');
    expect(found.place).toMatchObject({ expected: 'no privileged', snippet: 'securityContext:\n  privileged: false' });
  });

  test('RoCE and InfiniBand, which lock memory too, and are not called EFA', () => {
    const claim = training('privileged: true', '', 'resourceClaims: [{ name: net, resourceClaimTemplateName: net }]').replace('resources: { limits: { nvidia.com/gpu: 8, vpc.amazonaws.com/efa: 16 } }', 'resources: { limits: { nvidia.com/gpu: 8 }, claims: [{ name: net }] }');
    for (const text of [claim, training('privileged: true', '', '', 'nvidia.com/gpu: 8, rdma/hca: 8')]) {
      const found = first(judgeText(rule, text));
      expect(found.message).toContain('; RDMA devices need no more than IPC_LOCK');
      expect(found.place?.expected).toBe('capabilities with IPC_LOCK, without privileged');
    }
    const gpuClass = '\n---\napiVersion: resource.k8s.io/v1\nkind: ResourceClaimTemplate\nmetadata: { name: net }\nspec: { spec: { devices: { requests: [{ name: a, exactly: { deviceClassName: gpu.nvidia.com } }] } } }';
    expect(first(judgeText(rule, claim + gpuClass)).place?.expected).toBe('no privileged');
  });

  test('what it means on P6', () => {
    expect(said(rule, training('privileged: true', '', 'nodeSelector: { node.kubernetes.io/instance-type: p6-b200.48xlarge }'))[0]).toContain("on p6-b200.48xlarge NVLink's mlx5 devices among them, with which libfabric finds no EFA");
  });

  test('a Ray cluster whose entrypoint is a script elsewhere', () => {
    const cluster = 'apiVersion: ray.io/v1\nkind: RayJob\nmetadata: { name: g }\nspec: { entrypoint: bash /shared/run.sh, rayClusterSpec: { headGroupSpec: { rayStartParams: {}, template: { spec: { containers: [{ name: head, image: "a:1", securityContext: { privileged: true }, resources: { limits: { nvidia.com/gpu: 8 } } }] } } } } }';
    expect(said(rule, cluster)).toHaveLength(1);
  });
});
