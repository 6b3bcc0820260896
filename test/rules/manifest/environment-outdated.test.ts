import { describe, expect, test } from 'vitest';
import { environmentOutdated as rule } from '../../../rules/manifest/environment-outdated.ts';
import { judgeText, pod, said } from './manifests.ts';

const set = (...pairs: readonly string[]): string => pod(`image: a:1\nenv:\n${pairs.map((pair) => `  - { name: ${pair.split('=')[0] ?? ''}, value: "${pair.split('=')[1] ?? ''}" }`).join('\n')}`);

describe('silent', () => {
  test('for what is of use, or chooses otherwise', () => {
    expect(said(rule, set('NCCL_NET_PLUGIN=ofi', 'NCCL_TUNER_PLUGIN=ofi', 'NCCL_NET=AWS Libfabric', 'FI_EFA_USE_HUGE_PAGE=0', 'NCCL_DEBUG=WARN'))).toEqual([]);
    expect(said(rule, set('FI_PROVIDER=tcp', 'FI_EFA_USE_DEVICE_RDMA=0', 'FI_EFA_FORK_SAFE=0', 'NCCL_PROTO=LL128', 'NCCL_NET_GDR_LEVEL=PHB', 'FI_EFA_SET_CUDA_SYNC_MEMOPS=1'))).toEqual([]);
  });

  test('for a value from elsewhere', () => {
    expect(said(rule, pod('image: a:1\nenv: [{ name: FI_PROVIDER, valueFrom: { secretKeyRef: { name: a, key: b } } }]'))).toEqual([]);
  });
});

describe('reports', () => {
  test('RDMAV_FORK_SAFE with a warning, whatever its value; the others as info', () => {
    const text = set('RDMAV_FORK_SAFE=0', 'FI_PROVIDER=efa', 'FI_EFA_USE_DEVICE_RDMA=1', 'FI_EFA_FORK_SAFE=1', 'NCCL_PROTO=Simple', 'FI_EFA_ENABLE_SHM_TRANSFER=1', 'FI_EFA_SET_CUDA_SYNC_MEMOPS=0', 'NCCL_NET_GDR_LEVEL=LOC');
    expect(judgeText(rule, text).map((judgement) => ('severity' in judgement ? judgement.severity : 'info'))).toEqual(['warning', ...Array.from({ length: 7 }, () => 'info')]);
    expect(said(rule, text)[1]).toBe('11 spec.containers[0].env[1]: container main sets FI_PROVIDER=efa: needed only by aws-ofi-nccl 1.5 and older; later ones choose efa themselves');
  });

  test('each variable of one script apart', () => {
    const subjects = judgeText(rule, pod('image: a:1\ncommand: [bash, -c, "export FI_PROVIDER=efa RDMAV_FORK_SAFE=1; ./run"]')).map((judgement) => ('subject' in judgement ? judgement.subject : ''));
    expect(subjects).toEqual(['Pod/default/test spec.containers[0].command[2].RDMAV_FORK_SAFE', 'Pod/default/test spec.containers[0].command[2].FI_PROVIDER']);
  });

  test('the last of a name', () => {
    expect(said(rule, pod('image: a:1\nenv: [{ name: FI_PROVIDER, value: efa }]\ncommand: [bash, -c, "export FI_PROVIDER=tcp; ./run"]'))).toEqual([]);
  });
});
