import { describe, expect, it } from 'vitest';

import { nvidiaSmiUnresponsive as rule } from '../../../rules/gpu/nvidia-smi-unresponsive.ts';
import { judge, nvidiaSmi, smiProcess } from '../fixtures.ts';

const look = (...processes: readonly ReturnType<typeof smiProcess>[]) => ({ 'nvidia-smi': nvidiaSmi({ processes }) });

describe('silent', () => {
  it('while both processes answer', () => {
    expect(judge(rule, { 'nvidia-smi': nvidiaSmi() })).toEqual([]);
  });
  it('up to 45 seconds', () => {
    expect(judge(rule, look(smiProcess({ state: 'silent', silentSeconds: 44 }), smiProcess({ name: 'dmon' })))).toEqual([]);
  });
  it('about one that exits with an error and waits to be started again', () => {
    const waiting = smiProcess({ pid: undefined, state: 'waiting', silentSeconds: 0 });
    const smi = nvidiaSmi({ processes: [waiting], failure: { exitCode: 9, text: 'no driver' } });
    expect(judge(rule, { 'nvidia-smi': smi })).toEqual([{ undecided: 'node', why: 'nvidia-smi does not run now', report: false }]);
  });
  it('where no nvidia-smi was found', () => {
    expect(judge(rule, { 'nvidia-smi': nvidiaSmi({ path: undefined, processes: [] }) })).toEqual([
      { undecided: 'node', why: 'nvidia-smi does not run now', report: false },
    ]);
  });
});

describe('reports', () => {
  it('one that is silent', () => {
    const found = judge(rule, look(smiProcess({ state: 'silent', silentSeconds: 61 }), smiProcess({ name: 'dmon', pid: 4243 })));
    expect(found).toMatchObject([
      {
        subject: 'node',
        message: 'nvidia-smi (query, pid 4242) has said nothing for 61 s (limit 45 s). Never more than one of each runs',
        evidence: { processes: ['query: pid 4242, silent, silent for 61 s'], pids: ['4242'], path: '/usr/bin/nvidia-smi' },
        causes: [
          { cause: 'driver-or-gpu-hangs', likelihood: 'possible' },
          { cause: 'slow-initialisation', likelihood: 'likely' },
          { cause: 'stopped', likelihood: 'possible', fix: ['kill -CONT 4242'] },
        ],
      },
    ]);
  });
  it('two that cannot be killed, however long they have been silent', () => {
    const stuck = { state: 'unkillable', silentSeconds: 30 } as const;
    expect(judge(rule, look(smiProcess(stuck), smiProcess({ ...stuck, name: 'dmon', pid: 4243 })))).toMatchObject([
      {
        message:
          'nvidia-smi (query, pid 4242) has said nothing for 30 s (limit 45 s) and SIGKILL does not end it; ' +
          'nvidia-smi (dmon, pid 4243) has said nothing for 30 s (limit 45 s) and SIGKILL does not end it. ' +
          'No second one is started while it is there',
        causes: [{ cause: 'driver-or-gpu-hangs', likelihood: 'likely' }, { likelihood: 'possible' }, { likelihood: 'possible' }],
      },
    ]);
  });
  it('one that was killed for its silence and waits to be started again', () => {
    expect(judge(rule, look(smiProcess({ pid: undefined, state: 'silent', silentSeconds: 50 })))).toMatchObject([
      { message: 'nvidia-smi (query) has said nothing for 50 s (limit 45 s). Never more than one of each runs' },
    ]);
  });
});
