import { describe, expect, test } from 'vitest';
import { efaCountMismatch as rule } from '../../../rules/manifest/efa-count-mismatch.ts';
import { first, judgeText, said } from './manifests.ts';

interface Job {
  readonly type?: string;
  readonly gpus?: number | string;
  readonly efa?: number | string;
  readonly requests?: string;
  readonly pods?: number;
}

const job = ({ type = 'p5en.48xlarge', gpus = 8, efa = 16, requests = '', pods = 2 }: Job): string => `apiVersion: batch/v1
kind: Job
metadata: { name: train }
spec:
  completionMode: Indexed
  completions: ${pods}
  parallelism: ${pods}
  template:
    spec:
      ${type === '' ? '' : `nodeSelector: { node.kubernetes.io/instance-type: ${type} }`}
      containers:
        - name: trainer
          image: trainer:1
          command: [torchrun, train.py]
          resources:
            limits: { nvidia.com/gpu: ${gpus}, vpc.amazonaws.com/efa: ${efa} }
            ${requests}
`;
const field = 'spec.template.spec.containers[0].resources.limits["vpc.amazonaws.com/efa"]';

describe('silent', () => {
  test.each([
    ['p4d.24xlarge', 4],
    ['p4de.24xlarge', 4],
    ['p5.48xlarge', 32],
    ['p5e.48xlarge', 32],
    ['p5en.48xlarge', 16],
    ['p6-b200.48xlarge', 8],
    ['ml.p5en.48xlarge', 16],
  ])('for all that %s has: %i', (type, efa) => {
    expect(said(rule, job({ type, efa }))).toEqual([]);
  });

  test('where the type is not written, not known, or filled in later', () => {
    expect(said(rule, job({ type: '', efa: 99 }))).toEqual([]);
    expect(said(rule, job({ type: 'p9.96xlarge', efa: 99 }))).toEqual([]);
    expect(said(rule, job({ type: '"${INSTANCE_TYPE}"', efa: 99 }))).toEqual([]);
    expect(said(rule, job({ type: 'p6e-gb200.36xlarge', gpus: 4, efa: 4 })), 'sources disagree on its number').toEqual([]);
  });

  test('where the count is filled in later, and where none is asked for', () => {
    expect(said(rule, job({ efa: '$EFA_PER_NODE' }))).toEqual([]);
    expect(said(rule, job({ efa: 0 }))).toEqual([]);
  });

  test('for alternatives of which one is large enough', () => {
    const affinity = (types: string): string => job({ type: '', efa: 32 }).replace(
      '      containers:',
      `      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: node.kubernetes.io/instance-type, operator: In, values: [${types}] }] }] } } }\n      containers:`,
    );
    expect(said(rule, affinity('p5en.48xlarge, p5.48xlarge'))).toEqual([]);
    expect(said(rule, affinity('p5en.48xlarge, p9.48xlarge'))).toEqual([]);
    expect(said(rule, affinity('p5en.48xlarge, p4d.24xlarge'))).toHaveLength(1);
  });

  test('for fewer than the type has in a single pod, and for a fair share', () => {
    expect(said(rule, job({ type: 'p5.48xlarge', efa: 8, pods: 1 }))).toEqual([]);
    expect(said(rule, job({ gpus: 4, efa: 8 }))).toEqual([]);
    expect(said(rule, job({ gpus: 4, efa: 16, pods: 1 })), 'one pod alone takes the whole node').toEqual([]);
  });
});

describe('reports', () => {
  test("the source document's 32 for p5en", () => {
    expect(first(judgeText(rule, job({ efa: 32 })))).toMatchObject({
      subject: `Job/default/train ${field}`,
      message: 'container trainer asks for 32 vpc.amazonaws.com/efa and p5en.48xlarge has 16: no node ever fits and the pod stays Pending',
      evidence: { asked: 32, instanceType: 'p5en.48xlarge', instanceEfa: 16 },
      place: { line: 16, found: 'vpc.amazonaws.com/efa: 32', expected: 'vpc.amazonaws.com/efa: 16 on p5en.48xlarge', snippet: 'resources:\n  limits:\n    vpc.amazonaws.com/efa: 16\n  requests:\n    vpc.amazonaws.com/efa: 16' },
    });
  });

  test('a type without EFA', () => {
    expect(said(rule, job({ type: 'g5.4xlarge', gpus: 1, efa: 1 }))).toEqual([`16 ${field}: container trainer asks for 1 vpc.amazonaws.com/efa and g5.4xlarge has none: no node ever fits and the pod stays Pending`]);
  });

  test('requests that are not the limits', () => {
    expect(said(rule, job({ requests: 'requests: { vpc.amazonaws.com/efa: 8 }' }))).toEqual([
      `16 ${field}: container trainer requests 8 vpc.amazonaws.com/efa and limits them to 16: the API server refuses the pod, the two must be equal for such resources`,
    ]);
    const onlyRequests = job({ requests: 'requests: { vpc.amazonaws.com/efa: 8 }' }).replace(', vpc.amazonaws.com/efa: 16', '');
    expect(said(rule, onlyRequests)[0]).toContain('requests 8 vpc.amazonaws.com/efa and sets no limit');
  });

  test('EFA that runs out before the GPUs do', () => {
    expect(said(rule, job({ gpus: 4 }))).toEqual([
      `16 ${field}: pods of 4 GPUs and 16 EFA: p5en.48xlarge has GPUs for 2 of them and EFA for 1 (8 GPUs, 16 EFA), so 4 GPUs of each node cannot be used by this workload`,
    ]);
  });

  test('interfaces that stay idle, as a hint', () => {
    expect(judgeText(rule, job({ type: 'p5.48xlarge', efa: 8 }))).toMatchObject([
      { severity: 'info', message: 'pods of 8 GPUs take 8 of the 32 EFA interfaces of p5.48xlarge when all of its GPUs are taken: 24 stay idle, about 800 of 3200 Gb/s can be used' },
    ]);
  });
});
