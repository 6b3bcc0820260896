import { describe, expect, test } from 'vitest';
import { sharedMemoryExceedsLimit as rule } from '../../../rules/manifest/shared-memory-exceeds-limit.ts';
import { first, judgeText, pod, said } from './manifests.ts';

const shm = (memory: string, size: string, gpus = 'nvidia.com/gpu: 8,'): string =>
  pod(`resources: { limits: { ${gpus} ${memory} } }\nvolumeMounts: [{ name: shm, mountPath: /dev/shm }]`, `volumes: [{ name: shm, emptyDir: { medium: Memory${size} } }]`);

describe('silent', () => {
  test("for the source document's 128Gi of 384Gi, and for exactly half as much again", () => {
    expect(said(rule, shm('memory: 384Gi', ', sizeLimit: 128Gi'))).toEqual([]);
    expect(said(rule, shm('memory: 192Gi', ', sizeLimit: 128Gi'))).toEqual([]);
  });

  test('without a memory limit, without a size limit, and where either is filled in later', () => {
    expect(said(rule, shm('', ', sizeLimit: 128Gi'))).toEqual([]);
    expect(said(rule, shm('memory: 64Gi', ''))).toEqual([]);
    expect(said(rule, shm('memory: "${MEMORY}"', ', sizeLimit: 128Gi'))).toEqual([]);
    expect(said(rule, shm('memory: 64Gi', ', sizeLimit: "${SHM}"'))).toEqual([]);
  });

  test('for disk, and for what is too small to matter', () => {
    expect(said(rule, shm('memory: 64Gi', ', sizeLimit: 128Gi').replace('medium: Memory, ', ''))).toEqual([]);
    expect(said(rule, shm('memory: 512Mi', ', sizeLimit: 512Mi'))).toEqual([]);
  });

  test('for a sidecar that mounts the volume too', () => {
    const sidecar = '\n    - { name: logs, image: "a:1", resources: { limits: { memory: 1Gi } }, volumeMounts: [{ name: shm, mountPath: /dev/shm }] }';
    expect(said(rule, shm('memory: 384Gi', ', sizeLimit: 128Gi') + sidecar)).toEqual([]);
  });
});

describe('reports', () => {
  test('too little for the processes', () => {
    expect(first(judgeText(rule, shm('memory: 160Gi', ', sizeLimit: 128Gi')))).toMatchObject({
      subject: 'Pod/default/test spec.containers[0].resources.limits.memory',
      message: 'the memory volume shm of 128Gi counts against the memory limit of 160Gi of container main: once full, 32Gi are left for its processes, and beyond that the kernel kills it (OOMKilled)',
      place: { found: 'memory 160Gi, in memory volumes 128Gi', expected: 'memory of 192Gi or more (the volumes and 50 %), or a smaller sizeLimit', snippet: 'resources:\n  limits:\n    memory: 192Gi' },
    });
  });

  test('a volume that can never be full, on a pod without GPUs too', () => {
    expect(said(rule, shm('memory: 16Gi', ', sizeLimit: 64Gi', ''))[0]).toContain('container main: the limit is reached before it is full, and beyond that the kernel kills it');
  });

  test('several volumes together', () => {
    const two = pod('resources: { limits: { memory: 100Gi } }\nvolumeMounts: [{ name: shm, mountPath: /dev/shm }, { name: ram, mountPath: /ram }]', 'volumes: [{ name: shm, emptyDir: { medium: Memory, sizeLimit: 60Gi } }, { name: ram, emptyDir: { medium: Memory, sizeLimit: 20Gi } }]');
    expect(said(rule, two)[0]).toContain('2 memory volumes of 80Gi together count against the memory limit of 100Gi');
  });

  test('by the headroom that the configuration asks for', () => {
    expect(said(rule, shm('memory: 160Gi', ', sizeLimit: 128Gi'), { headroomPercent: 20 })).toEqual([]);
  });
});
