import { describe, expect, test } from 'vitest';
import { parseQuantity } from '../../../agent/parse/quantity.ts';
import { instanceTypes } from '../../../rules/fabric/instance-types.ts';
import { at, gpusOf, gpuTemplates, limitOf, maybe, overlaysOf, podTemplates, SERVING, TRAINING } from './overlays.ts';
import type { PlainMap } from './kustomize.ts';

/** What Karpenter's instance type table (August 2026) leaves to pods: cores, and memory in MiB. */
const ALLOCATABLE: Readonly<Record<string, readonly [number, number]>> = {
  'p4d.24xlarge': [95.69, 1_082_712],
  'p5.48xlarge': [191.45, 1_938_410],
  'p5en.48xlarge': [191.45, 1_937_332],
  'p6-b200.48xlarge': [191.45, 1_937_332],
};
const MIB = 2 ** 20;
const quantity = (value: unknown): number => parseQuantity(value) ?? Number.NaN;

function sharedMemory(template: PlainMap): number {
  const volumes = at(template, 'spec.volumes') as unknown as readonly { name: string; emptyDir?: { medium: string; sizeLimit: string } }[];
  const mounts = at(template, 'spec.containers.0.volumeMounts') as unknown as readonly { name: string; mountPath: string }[];
  const name = mounts.find(({ mountPath }) => mountPath === '/dev/shm')?.name;
  const volume = volumes.find((candidate) => candidate.name === name);
  expect(volume?.emptyDir?.medium).toBe('Memory');
  return quantity(volume?.emptyDir?.sizeLimit);
}

describe.each(overlaysOf([...SERVING, ...TRAINING]))('$name', (overlay) => {
  const { instanceType, name } = overlay;
  const type = instanceTypes.find((candidate) => candidate.name === instanceType);
  const isTraining = name.startsWith('grpo');
  const templates = gpuTemplates(overlay);
  const [cores = Number.NaN, mebibytes = Number.NaN] = ALLOCATABLE[instanceType] ?? [];

  test('every pod with GPUs goes to the instance type, and tolerates its taint', () => {
    for (const template of templates) {
      expect(at(template, 'spec.nodeSelector')).toEqual({ 'node.kubernetes.io/instance-type': instanceType });
      expect(at(template, 'spec.tolerations')).toEqual([{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }]);
    }
  });

  test('GPUs and EFA interfaces are those of the type', () => {
    expect(templates.map(gpusOf)).toEqual(isTraining ? templates.map(() => type?.gpus) : [2]);
    const isClaimed = name.endsWith('-dra');
    expect(templates.map((template) => limitOf(template, 'vpc.amazonaws.com/efa'))).toEqual(templates.map(() => (isTraining && !isClaimed ? type?.maxEfa : 0)));
    if (isClaimed) for (const template of templates) expect([at(template, 'spec.containers.0.resources.claims'), at(template, 'spec.resourceClaims')]).toEqual([[{ name: 'efa' }], [{ name: 'efa', resourceClaimTemplateName: 'all-efa' }]]);
  });

  test('extended resources are asked for as they are limited', () => {
    for (const template of templates) {
      const { requests, limits } = at(template, 'spec.containers.0.resources') as unknown as Record<'requests' | 'limits', Record<string, string>>;
      for (const resource of ['nvidia.com/gpu', 'vpc.amazonaws.com/efa', 'memory']) expect(requests[resource]).toBe(limits[resource]);
    }
  });

  test('shared memory with half as much again is within the memory limit', () => {
    for (const template of templates) expect(sharedMemory(template) * 1.5).toBeLessThanOrEqual(quantity(at(template, 'spec.containers.0.resources.limits.memory')));
  });

  test('as many pods as the GPUs allow fit the node, with a tenth of it left for daemons', () => {
    for (const template of templates) {
      const pods = Math.floor((type?.gpus ?? 0) / gpusOf(template));
      const requests = at(template, 'spec.containers.0.resources.requests') as unknown as Record<string, string>;
      expect(pods * quantity(requests['cpu'])).toBeLessThanOrEqual(cores * 0.9);
      expect(pods * quantity(requests['memory'])).toBeLessThanOrEqual(mebibytes * MIB * 0.9);
    }
  });

  test("Ray's object store is within shared memory", () => {
    for (const object of overlay.objects.filter(({ kind }) => kind.startsWith('Ray'))) {
      const cluster = maybe(object, 'spec.rayClusterConfig') ?? at(object, 'spec.rayClusterSpec');
      const groups = [at(cluster, 'headGroupSpec'), at(cluster, 'workerGroupSpecs.0')];
      for (const group of groups.filter((candidate) => gpusOf(at(candidate, 'template') as PlainMap) > 0)) {
        expect(Number(at(group, 'rayStartParams.object-store-memory'))).toBeLessThan(sharedMemory(at(group, 'template') as PlainMap));
      }
    }
  });

  test('no pod is privileged or mounts a device directory of the host', () => {
    expect(JSON.stringify(overlay.objects)).not.toMatch(/"privileged":true|hostPath/);
    expect(overlay.objects.flatMap(podTemplates).length).toBeGreaterThan(0);
  });
});
