import { describe, expect, it } from 'vitest';

import { gpuPersistenceModeOff as rule } from '../../../rules/gpu/gpu-persistence-mode-off.ts';
import { gpu, judge, nvidiaQuery } from '../fixtures.ts';
import { IDLE, UUID } from './h200.ts';

const look = (mode: string) => ({ 'nvidia-query': nvidiaQuery([gpu({ ...IDLE, persistence_mode: mode })]) });

describe('silent', () => {
  it('when it is on', () => {
    expect(judge(rule, look('Enabled'))).toEqual([]);
  });
  it('when it is not known', () => {
    expect(judge(rule, look('[N/A]'))).toEqual([{ undecided: UUID, why: 'GPU 3: persistence_mode says "[N/A]"', report: false }]);
  });
});

describe('reports', () => {
  it('that it is off, as information', () => {
    expect(rule.severity).toBe('info');
    expect(judge(rule, look('Disabled'))).toMatchObject([
      {
        subject: UUID,
        message: 'GPU 3: persistence_mode is Disabled: the driver shuts the GPU down whenever nobody has it open',
        causes: [{ cause: 'daemon-not-running', likelihood: 'likely' }],
      },
    ]);
  });
});
