import { describe, expect, test } from 'vitest';
import { socketInterfaceHardcoded as rule } from '../../../rules/manifest/socket-interface-hardcoded.ts';
import { first, judgeText, said } from './manifests.ts';

const job = (value: string, { hostNetwork = true, pods = 2 } = {}): string => `
apiVersion: batch/v1
kind: Job
metadata: { name: train }
spec:
  completionMode: Indexed
  completions: ${pods}
  parallelism: ${pods}
  template:
    spec:
      hostNetwork: ${hostNetwork}
      containers:
        - name: trainer
          image: a:1
          env: [{ name: NCCL_SOCKET_IFNAME, value: "${value}" }]
          resources: { limits: { nvidia.com/gpu: 8 } }
`;

describe('silent', () => {
  test.each(['^lo,docker,veth,eni,pod-id-link0', '^lo,pod', '^=lo,pod-id-link0', 'en', 'ens,eth0', 'ens5', '$IFNAME', ''])('%s', (value) => {
    expect(said(rule, job(value))).toEqual([]);
  });

  test("an exclusion in the pod's own network, where the link is not", () => {
    expect(said(rule, job('^lo', { hostNetwork: false }))).toEqual([]);
  });

  test('on one node', () => {
    expect(said(rule, job('eth0', { pods: 1 }))).toEqual([]);
  });
});

describe('reports', () => {
  test("eth0 in the node's network", () => {
    expect(said(rule, job('eth0'))).toEqual([
      "15 spec.template.spec.containers[0].env[0]: container trainer runs in the node's network and NCCL_SOCKET_IFNAME=eth0 names an interface that nodes with predictable names (ens5, enp71s0) do not have: NCCL finds no interface and stops",
    ]);
    expect(said(rule, job('=eth0,eth1'))).toHaveLength(1);
  });

  test("with less weight in the pod's own network, where eth0 is right for now", () => {
    expect(first(judgeText(rule, job('eth0', { hostNetwork: false }))).severity).toBe('info');
  });

  test('an exclusion that leaves the pod identity link in', () => {
    expect(first(judgeText(rule, job('^lo,docker,veth,eni')))).toMatchObject({
      message: "container trainer runs in the node's network and NCCL_SOCKET_IFNAME=^lo,docker,veth,eni leaves pod-id-link0 in: on nodes with the EKS Pod Identity agent NCCL may choose that link-local interface and hang",
      place: { found: 'NCCL_SOCKET_IFNAME=^lo,docker,veth,eni', expected: '^lo,docker,veth,eni,pod-id-link0', snippet: '- name: NCCL_SOCKET_IFNAME\n  value: "^lo,docker,veth,eni,pod-id-link0"' },
    });
    expect(said(rule, job('^=lo,pod'))).toHaveLength(1);
  });
});
