import { describe, expect, test } from 'vitest';
import { masterFileShared as rule } from '../../../rules/manifest/master-file-shared.ts';
import { first, judgeText, said } from './manifests.ts';

const job = (script: string, { pods = 2, volume = 'persistentVolumeClaim: { claimName: fsx }', env = '' } = {}): string => `
apiVersion: batch/v1
kind: Job
metadata: { name: train }
spec:
  completionMode: Indexed
  completions: ${pods}
  parallelism: ${pods}
  template:
    spec:
      containers:
        - name: trainer
          image: a:1
          command: [bash, -c]
          args:
            - |
              ${script}
          env: [${env}]
          resources: { limits: { nvidia.com/gpu: 8 } }
          volumeMounts: [{ name: shared, mountPath: /shared }]
      volumes: [{ name: shared, ${volume} }]
`;

describe('silent', () => {
  test('keyed by the uid, or by a name that only the run knows', () => {
    const uid = "{ name: RUN_UID, valueFrom: { fieldRef: { fieldPath: \"metadata.labels['batch.kubernetes.io/controller-uid']\" } } }";
    expect(said(rule, job('cat /shared/.master-ip-$RUN_UID', { env: uid }))).toEqual([]);
    expect(said(rule, job('MASTER_FILE="/shared/.master-ip-${JOB_NAME}"; cat $MASTER_FILE'))).toEqual([]);
  });

  test('by DNS or by an endpoint', () => {
    expect(said(rule, job('torchrun --rdzv-backend=c10d --rdzv-endpoint=train-0.train:29500 train.py'))).toEqual([]);
    expect(said(rule, job('ray start --address=train-0.train:6379 --block', { env: '{ name: MASTER_ADDR, value: train-0.train }' }))).toEqual([]);
  });

  test('where no other run sees the file', () => {
    expect(said(rule, job('cat /shared/.master-ip', { volume: 'emptyDir: {}' }))).toEqual([]);
    expect(said(rule, job('cat /tmp/master_addr'))).toEqual([]);
  });

  test('in one pod, and for files of other uses', () => {
    expect(said(rule, job('cat /shared/.master-ip', { pods: 1 }))).toEqual([]);
    expect(said(rule, job('python /shared/scripts/master_ip.py --data /shared/master --headers /shared/head.csv'))).toEqual([]);
  });
});

describe('reports', () => {
  test('one finding a file, with the race where rank 0 removes it first', () => {
    const found = judgeText(rule, job('MASTER_FILE=/shared/.grpo-master-ip; rm -f $MASTER_FILE; cat $MASTER_FILE'));
    expect(found).toHaveLength(1);
    expect(first(found)).toMatchObject({
      message: "container trainer finds rank 0 by /shared/.grpo-master-ip, the same file in every run: a worker can read the last run's address before rank 0 has removed it and wait for a host that is gone",
      place: { line: 17, found: '/shared/.grpo-master-ip' },
      evidence: { removedFirst: true },
    });
  });

  test('a name that a written value makes the same in every run', () => {
    expect(said(rule, job('cat /shared/.master-ip-$NAME', { env: '{ name: NAME, value: grpo }' }))[0]).toContain('/shared/.master-ip-grpo');
    expect(said(rule, job('./run.sh', { env: '{ name: HEAD_FILE, value: /shared/ray_head_ip }' }))).toHaveLength(1);
  });

  test("torch's file store", () => {
    expect(said(rule, job('python train.py --init_method=file:///shared/rdzv'))[0]).toContain("workers connect to the last run's address");
  });
});
