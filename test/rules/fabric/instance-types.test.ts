import { expect, test } from 'vitest';

import { instanceTypes } from '../../../rules/fabric/instance-types.ts';

test('has every type of the source once', () => {
  expect(instanceTypes).toHaveLength(338);
  expect(new Set(instanceTypes.map(({ name }) => name)).size).toBe(338);
  expect(instanceTypes.filter(({ maxEfa }) => maxEfa > 0)).toHaveLength(297);
});

test.each([
  ['p4d.24xlarge', 8, 'a100', 40_960, 4, 400],
  ['p5.48xlarge', 8, 'h100', 81_920, 32, 3200],
  ['p5en.48xlarge', 8, 'h200', 144_384, 16, 3200],
  ['p6-b200.48xlarge', 8, 'b200', 183_359, 8, 3200],
  ['p6-b300.48xlarge', 8, 'b300', 275_040, 16, 6400],
  ['g6e.48xlarge', 8, 'l40s', 45_776, 4, 400],
  ['g6f.large', 0, 'l4', 2861, 0, 1.5],
])('%s has %d GPUs (%s, %d MiB), at most %d EFA and %d Gb/s', (name, gpus, gpu, gpuMebibytes, maxEfa, gigabitsPerSecond) => {
  expect(instanceTypes.find((type) => type.name === name)).toEqual({
    name,
    gpus,
    gpu,
    gpuMebibytes,
    accelerators: undefined,
    maxEfa,
    gigabitsPerSecond,
  });
});

test('trn1.32xlarge has accelerators that are no GPUs', () => {
  expect(instanceTypes.find(({ name }) => name === 'trn1.32xlarge')).toEqual({
    name: 'trn1.32xlarge',
    gpus: 0,
    gpu: undefined,
    gpuMebibytes: undefined,
    accelerators: '16 trainium',
    maxEfa: 8,
    gigabitsPerSecond: 800,
  });
});
