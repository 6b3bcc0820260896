import { describe, expect, test } from 'vitest';

import { infinibandPortDown as rule } from '../../../rules/fabric/infiniband-port-down.ts';
import { efa, infiniband, judge, mlx5 } from '../fixtures.ts';

const down = { state: '1: DOWN', physicalState: '2: Polling' };
const look = (...devices: Parameters<typeof infiniband>[0]) => ({ infiniband: infiniband(devices) });

describe('silent', () => {
  test('when ports are ACTIVE, required or not', () => {
    expect(judge(rule, look(mlx5('mlx5_0', {})))).toEqual([]);
    expect(judge(rule, look(mlx5('mlx5_0', {})), undefined, 0, { requiredPorts: ['mlx5_0/1'] })).toEqual([]);
  });

  test('on a port that never was ACTIVE: nothing is plugged in', () => {
    expect(judge(rule, look(mlx5('mlx5_1', {}, { ...down, wasActive: false })))).toEqual([]);
  });

  test('on EFA, whose driver answers ACTIVE whatever happens', () => {
    expect(judge(rule, look(efa('rdmap16s0', {}, {}, down)))).toEqual([]);
    expect(judge(rule, look(efa('rdmap16s0', {}, {}, down)), undefined, 0, { requiredPorts: ['rdmap16s0/1'] })).toEqual([]);
  });

  test('when the state cannot be read, and says that it cannot judge', () => {
    expect(judge(rule, look(mlx5('mlx5_0', {}, { state: undefined })))).toEqual([
      { undecided: 'mlx5_0/1', why: 'its state could not be read', report: false },
    ]);
  });

  test('when the device is gone', () => {
    expect(judge(rule, { infiniband: infiniband([], ['mlx5_0']) })).toEqual([
      { undecided: 'mlx5_0/1', why: 'the device is gone', report: false },
    ]);
  });
});

describe('reports', () => {
  test('a port that was ACTIVE earlier, without an earlier look', () => {
    const [found] = judge(rule, look(mlx5('mlx5_0', {}, down)));
    expect(found).toMatchObject({
      subject: 'mlx5_0/1',
      message: 'state is "1: DOWN" (physical: "2: Polling"), expected "4: ACTIVE": it was ACTIVE earlier',
      evidence: {
        state: '1: DOWN',
        physicalState: '2: Polling',
        linkLayer: 'InfiniBand',
        driver: 'mlx5_core',
        required: false,
      },
      causes: [
        { cause: 'cable-or-switch', likelihood: 'likely' },
        { cause: 'interface-down', likelihood: 'possible' },
      ],
    });
  });

  test.each([
    ['3: Disabled', 'interface-down'],
    ['5: LinkUp', 'no-subnet-manager'],
    [undefined, 'cable-or-switch'],
  ])('the cause that the physical state %s points to', (physicalState, cause) => {
    const [found] = judge(rule, look(mlx5('mlx5_0', {}, { state: '2: INIT', physicalState })));
    expect(found && 'causes' in found && found.causes?.[0]?.cause).toBe(cause);
  });

  test('a required port that is down and never was up, and one that does not exist', () => {
    const settings = { requiredPorts: ['mlx5_0/1', 'mlx5_9/1'] };
    expect(judge(rule, look(mlx5('mlx5_0', {}, { ...down, wasActive: false })), undefined, 0, settings)).toMatchObject([
      {
        subject: 'mlx5_0/1',
        message: 'state is "1: DOWN" (physical: "2: Polling"), expected "4: ACTIVE": the configuration requires it',
      },
      {
        subject: 'mlx5_9/1',
        message: 'the configuration requires this port, and /sys/class/infiniband has none of that name',
      },
    ]);
  });
});
