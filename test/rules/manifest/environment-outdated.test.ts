import { describe, expect, test } from 'vitest';
import { environmentOutdated as rule } from '../../../rules/manifest/environment-outdated.ts';
import { judgeText, pod, said } from './manifests.ts';

const set = (...pairs: readonly string[]): string => pod(`image: a:1\nenv:\n${pairs.map((pair) => `  - { name: ${pair.split('=')[0] ?? ''}, value: "${pair.split('=')[1] ?? ''}" }`).join('\n')}`);

describe('silent', () => {
  test('for what is of use, or chooses otherwise', () => {
    expect(said(rule, set('NCCL_NET_PLUGIN=ofi', 'NCCL_TUNER_PLUGIN=ofi', 'NCCL_NET=AWS Libfabric', 'FI_EFA_USE_HUGE_PAGE=0', 'NCCL_DEBUG=WARN'))).toEqual([]);
    expect(said(rule, set('FI_PROVIDER=tcp', 'FI_EFA_USE_DEVICE_RDMA=0', 'FI_EFA_FORK_SAFE=0', 'NCCL_PROTO=LL128', 'NCCL_NET_GDR_LEVEL=PHB', 'FI_EFA_SET_CUDA_SYNC_MEMOPS=1'))).toEqual([]);
  });

  test('for what libfabric is told where others than NCCL use it', () => {
    const told = ['FI_PROVIDER=efa', 'FI_EFA_USE_DEVICE_RDMA=1', 'FI_EFA_FORK_SAFE=1', 'FI_EFA_ENABLE_SHM_TRANSFER=0'];
    expect(said(rule, set(...told))).toHaveLength(4);
    expect(said(rule, set(...told, 'NIXL_LIBFABRIC_MAX_RAILS=1'))).toEqual([]);
    expect(said(rule, set(...told).replace('a:1', 'x/vllm-uccl-ep:1'))).toEqual([]);
    expect(said(rule, set(...told).replace('image: a:1', 'image: a:1\n      command: [bash, -c, "python /DeepEP/tests/test_internode.py"]'))).toEqual([]);
    expect(said(rule, pod(`image: a:1\ncommand: [bash, -c, "mpirun -x FI_PROVIDER=efa -x NVSHMEM_REMOTE_TRANSPORT=libfabric ./run"]`))).toEqual([]);
    expect(said(rule, set('RDMAV_FORK_SAFE=1', 'NCCL_PROTO=simple', 'NIXL_LOG_LEVEL=INFO')), 'what concerns rdma-core and NCCL itself').toHaveLength(2);
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
