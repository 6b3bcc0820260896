import { describe, expect, it } from 'vitest';

import type { Interruption } from '../../../agent/model.ts';
import { instanceInterruption } from '../../../rules/host/instance-interruption.ts';
import { imds, judge } from '../fixtures.ts';

const SPOT: Interruption = { kind: 'spot-interruption', action: 'terminate', when: '2026-11-23T10:02:00Z', detail: undefined };
const REBALANCE: Interruption = {
  kind: 'rebalance-recommendation',
  action: undefined,
  when: undefined,
  detail: 'recommended at 2026-11-23T09:55:00Z',
};
const REBOOT: Interruption = {
  kind: 'scheduled-event',
  action: 'system-reboot',
  when: '2026-12-01T03:00:00Z',
  detail: 'scheduled reboot, instance-event-0d59937288b749b32',
};

function look(...interruptions: readonly Interruption[]) {
  return { imds: imds({ interruptions }) };
}

describe('InstanceInterruption is silent', () => {
  it('while EC2 announces nothing', () => {
    expect(judge(instanceInterruption, look())).toEqual([]);
  });
});

describe('InstanceInterruption reports', () => {
  it('a spot instance that is taken back', () => {
    expect(judge(instanceInterruption, look(SPOT))).toMatchObject([
      {
        subject: 'spot-interruption',
        message: 'EC2 takes this spot instance back: terminate at 2026-11-23T10:02:00Z',
        evidence: { action: 'terminate', when: '2026-11-23T10:02:00Z', instanceId: 'i-0123456789abcdef0' },
        causes: [
          { cause: 'spot-capacity', likelihood: 'confirmed', fix: ['kubectl drain "$NODE" --ignore-daemonsets --delete-emptydir-data'] },
        ],
      },
    ]);
  });
  it('a recommendation to leave', () => {
    expect(judge(instanceInterruption, look(REBALANCE))).toMatchObject([
      {
        subject: 'rebalance-recommendation',
        message:
          'EC2 recommends to leave this spot instance: it may soon be taken back (recommended at 2026-11-23T09:55:00Z)',
      },
    ]);
  });
  it('each scheduled event under its own name', () => {
    const retire = { ...REBOOT, action: 'instance-retirement', when: undefined, detail: undefined };
    expect(judge(instanceInterruption, look(REBOOT, retire))).toMatchObject([
      {
        subject: 'scheduled-event system-reboot 2026-12-01T03:00:00Z',
        message:
          'EC2 has scheduled maintenance of this instance: system-reboot at 2026-12-01T03:00:00Z ' +
          '(scheduled reboot, instance-event-0d59937288b749b32)',
        causes: [{ cause: 'scheduled-maintenance' }],
      },
      {
        subject: 'scheduled-event instance-retirement',
        message: 'EC2 has scheduled maintenance of this instance: instance-retirement',
      },
    ]);
  });
});
