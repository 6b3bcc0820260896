import { describe, expect, it } from 'vitest';

import { kernelLogLost } from '../../../rules/host/kernel-log-lost.ts';
import { judge } from '../fixtures.ts';
import { kernelLog } from '../kernel-lines.ts';

function look(lostLines: number, droppedLines: number) {
  return { 'kernel-log': kernelLog(['usb 1-1: new device'], { lostLines, droppedLines }) };
}

describe('KernelLogLost is silent', () => {
  it('while every line is read', () => {
    expect(judge(kernelLogLost, look(0, 0))).toEqual([]);
  });
});

describe('KernelLogLost reports', () => {
  it('lines that the kernel overwrote', () => {
    expect(judge(kernelLogLost, look(12_040, 0))).toMatchObject([
      {
        subject: 'kernel-log',
        message: 'the kernel overwrote 12 040 lines before they were read: an event among them was not seen',
        evidence: { lostLines: 12_040, droppedLines: 0 },
        causes: [{ cause: 'log-flood', likelihood: 'likely' }, { cause: 'small-buffer' }],
      },
    ]);
  });
  it('lines that the agent dropped, and both', () => {
    expect(judge(kernelLogLost, look(0, 1))).toMatchObject([
      { message: 'the agent dropped 1 line because they came too fast: an event among them was not seen' },
    ]);
    expect(judge(kernelLogLost, look(2, 3_000))).toMatchObject([
      {
        message:
          'the kernel overwrote 2 lines before they were read; the agent dropped 3 000 lines because they came too fast: ' +
          'an event among them was not seen',
      },
    ]);
  });
});
