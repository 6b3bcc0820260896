import { describe, expect, it } from 'vitest';

import type { FabricProcess } from '../../../agent/model.ts';
import { lockedMemoryLimited } from '../../../rules/host/locked-memory-limited.ts';
import { efa, infiniband, judge } from '../fixtures.ts';

function look(changes: Partial<FabricProcess>, hiddenCount = 0) {
  const process: FabricProcess = {
    pid: 4242,
    command: 'python3',
    devices: ['uverbs0', 'uverbs1'],
    maxLockedMemoryBytes: Number.POSITIVE_INFINITY,
    cgroup: undefined,
    podUid: undefined,
    containerId: undefined,
    ...changes,
  };
  return { 'fabric-processes': { processes: [process], hiddenCount } };
}

describe('LockedMemoryLimited is silent', () => {
  it('about no process, an unlimited one and one at the limit', () => {
    expect(judge(lockedMemoryLimited, { 'fabric-processes': { processes: [], hiddenCount: 0 } })).toEqual([]);
    expect(judge(lockedMemoryLimited, look({}))).toEqual([]);
    expect(judge(lockedMemoryLimited, look({ maxLockedMemoryBytes: 17_179_869_184 }))).toEqual([]);
  });
  it('about a limit that cannot be read, whose finding it holds', () => {
    expect(judge(lockedMemoryLimited, look({ maxLockedMemoryBytes: undefined }))).toEqual([
      { undecided: 'pid 4242 (python3)', why: 'cannot read the limits of pid 4242', report: false },
    ]);
  });
});

describe('LockedMemoryLimited reports', () => {
  it('a process of a container', () => {
    expect(judge(lockedMemoryLimited, look({ maxLockedMemoryBytes: 65_536, podUid: 'uid-1', containerId: 'abc' }))).toMatchObject([
      {
        subject: 'pid 4242 (python3)',
        message: 'may lock 65 536 bytes of memory, at least 17 179 869 184 are expected',
        evidence: { file: '/proc/4242/limits', maxLockedMemoryBytes: 65_536, devices: ['uverbs0', 'uverbs1'], podUid: 'uid-1' },
        causes: [
          {
            cause: 'container-runtime-limit',
            likelihood: 'likely',
            fix: [
              'mkdir -p /etc/systemd/system/containerd.service.d',
              String.raw`printf '[Service]\nLimitMEMLOCK=infinity\n' > /etc/systemd/system/containerd.service.d/memlock.conf`,
              'systemctl daemon-reload && systemctl restart containerd   # then delete the pod, so that it starts anew',
            ],
          },
          { cause: 'limit-of-this-process', likelihood: 'possible' },
        ],
      },
    ]);
  });
  it('a process of the host, with a limit of the configuration and a cut name', () => {
    const now = look({ maxLockedMemoryBytes: 8_388_608, command: 'y'.repeat(200) });
    expect(judge(lockedMemoryLimited, now, undefined, 30, { minimumBytes: 8_388_609 })).toMatchObject([
      {
        subject: `pid 4242 (${'y'.repeat(64)})`,
        message: 'may lock 8 388 608 bytes of memory, at least 8 388 609 are expected',
        causes: [{ cause: 'limit-of-this-process', likelihood: 'likely' }],
      },
    ]);
  });
  it('that it cannot tell of processes it may not look into', () => {
    const fabric = infiniband([efa('rdmap16s0', {})]);
    const hidden = { 'fabric-processes': { processes: [], hiddenCount: 1_204 } };
    expect(judge(lockedMemoryLimited, { ...hidden, infiniband: infiniband([]) })).toEqual([]);
    expect(judge(lockedMemoryLimited, { ...look({}, 1_204), infiniband: fabric })).toEqual([]);
    expect(judge(lockedMemoryLimited, { ...hidden, infiniband: fabric })).toEqual([
      { undecided: 'node', why: 'may not look into 1 204 processes: one could use the fabric with too low a limit', report: true },
    ]);
  });
});
