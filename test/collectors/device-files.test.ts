import { expect, test } from 'vitest';
import { deviceFilesCollector } from '../../agent/collectors/device-files.ts';
import { nodeTree, running } from './node-tree.ts';

const CLASS = 'sys/class/infiniband_verbs';

test('what stands in /dev/infiniband, and which device it opens', async () => {
  using tree = nodeTree({
    [`${CLASS}/abi_version`]: '6\n',
    [`${CLASS}/uverbs0/ibdev`]: 'rdmap79s0\n',
    [`${CLASS}/uverbs2/ibdev`]: 'rdmap80s0\n',
    [`${CLASS}/uverbs10/ibdev`]: 'rdmap96s0\n',
    'dev/infiniband/rdma_cm': '',
    'dev/infiniband/uverbs0': '',
    'dev/infiniband/uverbs10': '',
    'dev/infiniband/uverbs7': '',
  });
  expect(await deviceFilesCollector().collect(tree.host, running)).toEqual({
    devVisible: true,
    verbs: [
      { name: 'uverbs0', device: 'rdmap79s0', present: true },
      { name: 'uverbs2', device: 'rdmap80s0', present: false },
      { name: 'uverbs7', device: undefined, present: true },
      { name: 'uverbs10', device: 'rdmap96s0', present: true },
    ],
    others: ['rdma_cm'],
  });
});

test('no device files at all, and none that the kernel knows of', async () => {
  using onlyClass = nodeTree({ [`${CLASS}/uverbs0/ibdev`]: 'rdmap79s0\n' });
  expect(await deviceFilesCollector().collect(onlyClass.host, running)).toEqual({
    devVisible: false,
    verbs: [{ name: 'uverbs0', device: 'rdmap79s0', present: false }],
    others: [],
  });
  using onlyFiles = nodeTree({ 'dev/infiniband/rdma_cm': '' });
  expect(await deviceFilesCollector().collect(onlyFiles.host, running)).toEqual({
    devVisible: true,
    verbs: [],
    others: ['rdma_cm'],
  });
});

test('neither: absent', async () => {
  using tree = nodeTree({ 'sys/class/net/lo/address': '' });
  await expect(deviceFilesCollector().collect(tree.host, running)).rejects.toThrow(
    'neither /sys/class/infiniband_verbs nor /dev/infiniband exists: no RDMA driver is loaded',
  );
});

test('a device that comes back under another number, and a name that changes, are followed', async () => {
  using tree = nodeTree({ [`${CLASS}/uverbs0/ibdev`]: 'efa_0\n', 'dev/infiniband/uverbs0': '' });
  const collector = deviceFilesCollector();
  const now = async (): Promise<readonly string[]> =>
    (await collector.collect(tree.host, running)).verbs.map(({ name, device, present }) => `${name} ${device} ${present}`);
  expect(await now()).toEqual(['uverbs0 efa_0 true']);
  tree.write(`${CLASS}/uverbs0/ibdev`, 'rdmap79s0\n');
  expect(await now()).toEqual(['uverbs0 rdmap79s0 true']);
  tree.remove(`${CLASS}/uverbs0`);
  tree.remove('dev/infiniband/uverbs0');
  tree.write(`${CLASS}/uverbs1/ibdev`, 'rdmap79s0\n');
  expect(await now()).toEqual(['uverbs1 rdmap79s0 false']);
});

test('an `ibdev` that is missing, empty or a directory: the kernel does not say', async () => {
  using tree = nodeTree({
    [`${CLASS}/uverbs0/dev`]: '231:192\n',
    [`${CLASS}/uverbs1/ibdev`]: '',
    [`${CLASS}/uverbs2/ibdev/file`]: '',
    [`${CLASS}/uverbs3/ibdev`]: 'rdmap79s0\n',
  });
  const { verbs } = await deviceFilesCollector().collect(tree.host, running);
  expect(verbs.map(({ device }) => device)).toEqual([undefined, undefined, undefined, 'rdmap79s0']);
});
