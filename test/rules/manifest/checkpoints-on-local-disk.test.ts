import { describe, expect, test } from 'vitest';
import { checkpointsOnLocalDisk as rule } from '../../../rules/manifest/checkpoints-on-local-disk.ts';
import { first, judgeText, pod, said } from './manifests.ts';

const gpus = 'resources: { limits: { nvidia.com/gpu: 8 } }\n';
const run = (command: string, mounts = '', volumes = '', rest = ''): string => pod(`image: a:1\ncommand: [bash, -c]\nargs:\n  - |\n    ${command}\n${gpus}volumeMounts: [${mounts}]\n${rest}`, `volumes: [${volumes}]`);
const claim = '{ name: shared, persistentVolumeClaim: { claimName: fsx } }';
const shared = '{ name: shared, mountPath: /shared }';
const grpo = (directory: string): string => `python examples/run_grpo.py checkpointing.checkpoint_dir=${directory}`;

describe('silent', () => {
  test.each([
    ['a claim', claim],
    ['a directory of the node that may be a network mount', '{ name: shared, hostPath: { path: /fsx } }'],
    ['an ephemeral claim', '{ name: shared, ephemeral: { volumeClaimTemplate: { spec: {} } } }'],
    ['a volume that is written elsewhere', ''],
  ])('on %s', (_, volumes) => {
    expect(said(rule, run(grpo('/shared/run-1'), shared, volumes))).toEqual([]);
  });

  test('by subPath, in an object store, and for what only the run knows', () => {
    expect(said(rule, run(grpo('/checkpoints/a'), '{ name: shared, mountPath: /checkpoints, subPath: run-1 }', claim))).toEqual([]);
    expect(said(rule, run('torchrun train.py --output_dir s3://bucket/run'))).toEqual([]);
    expect(said(rule, run(grpo('/scratch/$RUN')))).toEqual([]);
  });

  test('where nothing is saved', () => {
    expect(said(rule, run('python examples/run_grpo.py checkpointing.enabled=false'))).toEqual([]);
    expect(said(rule, run('python -m verl.trainer.main_ppo trainer.save_freq=-1'))).toEqual([]);
    expect(said(rule, run('python -m verl.trainer.main_ppo'))).toEqual([]);
    expect(said(rule, run('torchrun train.py --output_dir /out --save_strategy no'))).toEqual([]);
  });

  test('where the directory cannot be told', () => {
    expect(said(rule, run('torchrun train.py'))).toEqual([]);
    expect(said(rule, run('python examples/run_grpo.py --config /shared/mine.yaml', shared, claim))).toEqual([]);
    expect(said(rule, run('python examples/run_grpo.py', shared, claim)), 'relative, and the working directory may be on the claim').toEqual([]);
    expect(said(rule, run(`cd /shared/nemo-rl; python examples/run_grpo.py`, shared, claim))).toEqual([]);
  });
});

describe('reports', () => {
  test("the container's own file system", () => {
    expect(first(judgeText(rule, run(grpo('/results/grpo'))))).toMatchObject({
      message: "container main writes checkpoints to /results/grpo, on the container's own file system, which ends with the container: when a pod is lost, so is the run",
      place: { line: 13, found: '/results/grpo' },
      evidence: { framework: 'nemo-rl' },
    });
  });

  test("an emptyDir, and the node's disk", () => {
    expect(said(rule, run(grpo('/shared/a'), shared, '{ name: shared, emptyDir: {} }'))[0]).toContain('on emptyDir shared, which ends with the pod');
    expect(said(rule, run('torchrun train.py --checkpoint_dir=/shared/a', shared, '{ name: shared, hostPath: { path: /mnt/k8s-disks/0 } }'))[0]).toContain('on /mnt/k8s-disks/0 of the node (volume shared), which ends with the node');
  });

  test("the framework's default, where nothing is mounted or a cd leads past the volume", () => {
    expect(said(rule, run('python examples/run_grpo.py'))).toHaveLength(1);
    expect(said(rule, run('cd /workspace/nemo-rl; python examples/run_grpo.py', shared, claim))[0]).toContain("writes checkpoints to results/grpo (the framework's default)");
    expect(said(rule, run('python -m verl.trainer.main_ppo trainer.save_freq=20'))[0]).toContain('checkpoints/<project>/<experiment>');
    expect(said(rule, run('python examples/run_grpo.py', shared, claim, 'workingDir: /opt/nemo'))).toHaveLength(1);
  });

  test('with the volume that is there already', () => {
    expect(first(judgeText(rule, run(grpo('/results'), shared, claim))).place?.snippet).toBe('checkpointing.checkpoint_dir=/shared/checkpoints/<run>');
  });

  test('by the option that is written', () => {
    const snippet = (command: string): string | undefined => first(judgeText(rule, run(command, shared, claim))).place?.snippet;
    expect(snippet('torchrun train.py --save_dir /out')).toBe('--save_dir /shared/checkpoints/<run>');
    expect(snippet('torchrun train.py --checkpoint-dir=/out')).toBe('--checkpoint-dir /shared/checkpoints/<run>');
    expect(snippet('python -m verl.trainer.main_ppo trainer.save_freq=20 trainer.default_local_dir=/out')).toBe('trainer.default_local_dir=/shared/checkpoints/<run>');
  });
});
