import { describe, expect, test } from 'vitest';
import { Absent } from '../../agent/collector.ts';
import { mountsCollector } from '../../agent/collectors/mounts.ts';
import { HostError, type Host } from '../../agent/host.ts';
import type { RequiredMount } from '../../agent/model.ts';
import { nodeTree, running } from './node-tree.ts';

const TABLE = '10.0.1.2@tcp:/fsx /shared lustre rw,flock 0 0\n/dev/nvme1n1 /mnt/a\\040b xfs rw 0 0\n';
const SHARED = { path: '/shared', type: 'lustre' };
const answered = async (): Promise<void> => {};

/** Looks once at a node with this table whose mounts answer by `probe`. */
async function looked(required: Parameters<typeof mountsCollector>[0], probe: Host['probe'], files: Record<string, string> = { '/proc/mounts': TABLE }) {
  using tree = nodeTree(files);
  return (await mountsCollector(required).collect({ ...tree.host, probe }, running)).required;
}

describe('mountsCollector', () => {
  test('is absent where nothing is required', async () => {
    await expect(looked([], answered)).rejects.toThrow(new Absent('the configuration requires no mount'));
  });

  test('mounted and answering, by the path as the configuration has it', async () => {
    expect(await looked([SHARED, { path: '/mnt/a b/' }], answered)).toEqual([
      { path: '/shared', wantedType: 'lustre', foundType: 'lustre', answer: 'answered', detail: undefined },
      { path: '/mnt/a b/', wantedType: undefined, foundType: 'xfs', answer: 'answered', detail: undefined },
    ]);
  });

  test('one path that is required twice is asked once', async () => {
    const asked: string[] = [];
    const probe = async (path: string): Promise<void> => void asked.push(path);
    expect(await looked([SHARED, { path: '/shared/' }], probe)).toMatchObject([{ answer: 'answered' }, { answer: 'answered' }]);
    expect(asked).toEqual(['/shared']);
  });

  test('not mounted is not probed', async () => {
    const probe = (path: string): Promise<void> => Promise.reject(new Error(`probed ${path}`));
    expect(await looked([{ path: '/data' }], probe)).toEqual([
      { path: '/data', wantedType: undefined, foundType: undefined, answer: 'not-mounted', detail: undefined },
    ]);
  });

  test('a refusal keeps its errno', async () => {
    const probe = (path: string): Promise<void> => Promise.reject(new HostError('probe', path, Object.assign(new Error('x'), { code: 'ESTALE' })));
    expect(await looked([SHARED], probe)).toMatchObject([{ answer: 'error', detail: 'ESTALE' }]);
  });

  test("the table of process 1 is the node's; a later mount hides an earlier one", async () => {
    const files = { '/proc/1/mounts': `systemd-1 /shared autofs rw 0 0\n${TABLE}`, '/proc/mounts': '' };
    expect(await looked([SHARED], answered, files)).toMatchObject([{ foundType: 'lustre', answer: 'answered' }]);
  });

  test('a node whose mounts are not to be seen is an error', async () => {
    await expect(looked([SHARED], answered, {})).rejects.toThrow(/^cannot read .*\/proc\/mounts: ENOENT$/);
  });

  test('a live directory answers', async () => {
    using tree = nodeTree({ '/proc/mounts': TABLE, '/shared/x': '' });
    expect((await mountsCollector([SHARED]).collect(tree.host, running)).required).toMatchObject([{ answer: 'answered' }]);
  });

  test('a mount that hangs is silent, holds no other up, and is not asked again until it came back', async () => {
    using tree = nodeTree({ '/proc/mounts': `${TABLE}x /dead nfs4 rw 0 0\n` });
    const back = Promise.withResolvers<void>();
    const asked: string[] = [];
    const probe = (path: string): Promise<void> => {
      asked.push(path);
      return path === '/dead' ? back.promise : answered();
    };
    const collector = mountsCollector([{ path: '/dead' }, SHARED], 0.02);
    const look = async (): Promise<readonly RequiredMount[]> => (await collector.collect({ ...tree.host, probe }, running)).required;
    expect(await look()).toMatchObject([{ answer: 'silent', detail: 'no answer within 0.02 s' }, { answer: 'answered' }]);
    expect(await look()).toMatchObject([{ answer: 'silent', detail: 'no answer yet to what was asked 0 s ago' }, { answer: 'answered' }]);
    expect(asked).toEqual(['/dead', '/shared', '/shared']);
    back.resolve();
    await back.promise;
    expect(await look()).toMatchObject([{ answer: 'answered' }, { answer: 'answered' }]);
  });

  test('a look that is given up ends', async () => {
    using tree = nodeTree({ '/proc/mounts': TABLE });
    const stop = new AbortController();
    const look = mountsCollector([SHARED]).collect({ ...tree.host, probe: () => new Promise(() => {}) }, stop.signal);
    setTimeout(() => stop.abort(new Error('too late')), 20);
    await expect(look).rejects.toThrow('too late');
  });
});
