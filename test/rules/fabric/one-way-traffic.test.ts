import { describe, expect, test } from 'vitest';

import { fabricOneWayTraffic as rule } from '../../../rules/fabric/one-way-traffic.ts';
import { device, efa, imds, infiniband, judge, port } from '../fixtures.ts';
import { causeOf, COLUMNS, gid, GROUP, groupsByRail, look, one, RAILS, rails, ranking, symptoms, traffic } from './rails.ts';

const EGRESS = `aws ec2 authorize-security-group-egress --group-id ${GROUP} --protocol -1 --source-group ${GROUP}`;
const INGRESS = `aws ec2 authorize-security-group-ingress --group-id ${GROUP} --protocol -1 --source-group ${GROUP}`;
const FIRST_LOOK = 'its packets could not be compared: first look, or its counters have begun anew';

describe('silent', () => {
  test('when every rail sends and receives', () => {
    expect(judge(rule, look(rails(5000n, 4000n)), look(rails(0n, 0n)))).toEqual([]);
  });

  test('when a port receives a single packet', () => {
    expect(judge(rule, look(rails(5000n, 1n)), look(rails(0n, 0n)))).toEqual([]);
  });

  test('when nothing is sent, however much was sent before and never answered', () => {
    expect(judge(rule, look(rails(5000n, 0n)), look(rails(5000n, 0n)))).toEqual([]);
  });

  test('below 100 packets, and below what the configuration sets', () => {
    expect(judge(rule, look(rails(99n, 0n)), look(rails(0n, 0n)))).toEqual([]);
    expect(judge(rule, look(rails(999n, 0n)), look(rails(0n, 0n)), 30, { packets: 1000 })).toEqual([]);
    expect(judge(rule, look(rails(0n, 0n)), look(rails(0n, 0n)), 30, { packets: 0 })).toEqual([]);
  });

  test('when a port only receives', () => {
    expect(judge(rule, look(rails(0n, 5000n)), look(rails(0n, 0n)))).toEqual([]);
  });

  test('at first sight, and says that it cannot judge', () => {
    expect(judge(rule, look(rails(5000n, 0n, ['rdmap16s0'])))).toEqual([
      { undecided: 'rdmap16s0/1', why: FIRST_LOOK, report: false },
      { undecided: 'node', why: 'not compared: rdmap16s0/1', report: false },
    ]);
  });

  test('after a reset, when the engine has taken the device out of the earlier look', () => {
    expect(judge(rule, look(rails(500n, 0n)), look([]))).toEqual([
      ...RAILS.map((name) => ({ undecided: `${name}/1`, why: FIRST_LOOK, report: false })),
      { undecided: 'node', why: `not compared: ${RAILS.map((name) => `${name}/1`).join(', ')}`, report: false },
    ]);
  });

  test('when counters went back unseen by the engine', () => {
    expect(symptoms(judge(rule, look(rails(5000n, 0n)), look(rails(9000n, 7000n))))).toEqual([]);
  });

  test('when the counters cannot be read', () => {
    const unreadable = { 'ports/1/hw_counters/tx_pkts': 'EIO', 'ports/1/hw_counters/rx_pkts': 'EIO' };
    const sick = efa('rdmap16s0', {}, { unreadable });
    expect(judge(rule, look([sick]), look(rails(0n, 0n)))).toEqual([
      { undecided: 'rdmap16s0/1', why: 'cannot read ports/1/hw_counters/tx_pkts (EIO)', report: false },
      { undecided: 'node', why: 'not compared: rdmap16s0/1', report: false },
    ]);
  });

  test('when the device does not answer', () => {
    const mute = efa('rdmap16s0', {}, { silence: 'asked 12 s ago' });
    expect(judge(rule, look([mute]), look(rails(0n, 0n)))[0]).toEqual({
      undecided: 'rdmap16s0/1',
      why: 'rdmap16s0 does not answer: asked 12 s ago',
      report: false,
    });
  });

  test('when a device is gone: what was found of it is no longer known', () => {
    const now = { infiniband: infiniband([], ['rdmap16s0']) };
    expect(judge(rule, now, look(rails(0n, 0n)))).toEqual([
      { undecided: 'rdmap16s0/1', why: 'the device is gone', report: false },
      { undecided: 'node', why: 'not compared: rdmap16s0', report: false },
    ]);
  });

  test('for a driver that counts no packets, which holds no finding of the node', () => {
    const siw = device({ name: 'siw0', isEfa: false, driver: undefined, ports: [port({ device: 'siw0' })] });
    expect(judge(rule, look([siw]), look([siw]))).toEqual([
      { undecided: 'siw0/1', why: 'its driver counts no packets', report: false },
    ]);
  });

  test('for the other rails while one of them is silent', () => {
    const now = [...rails(5000n, 4000n).slice(0, 3), efa('rdmap19s0', traffic(200n, 0n))];
    expect(judge(rule, look(now), look(rails(0n, 0n))).map((found) => 'subject' in found && found.subject)).toEqual([
      'rdmap19s0/1',
    ]);
  });
});

describe('reports the whole node', () => {
  const now = ['18204', '18190', '18233', '18174'].map((sent, n) =>
    efa(RAILS[n] ?? '', traffic(BigInt(sent), 0n), {}, { gid: gid(n) }),
  );

  test('when every rail that sends receives nothing', () => {
    const facts = groupsByRail([GROUP], [GROUP], [GROUP], [GROUP]);
    expect(one(judge(rule, look(now, facts), look(rails(0n, 0n))))).toEqual({
      subject: 'node',
      title: 'Every EFA device that sends receives nothing',
      message:
        'all 4 EFA ports that send received nothing: 72 801 packets sent in 30 s, 0 received ' +
        '(none has ever received one since its counters began)',
      severity: 'critical',
      evidence: {
        ports: [
          'rdmap16s0/1 sent 18 204, received 0 (never received one since its counters began)',
          'rdmap17s0/1 sent 18 190, received 0 (never received one since its counters began)',
          'rdmap18s0/1 sent 18 233, received 0 (never received one since its counters began)',
          'rdmap19s0/1 sent 18 174, received 0 (never received one since its counters began)',
        ],
        sent: 72_801n,
        received: 0n,
        seconds: 30,
        drivers: ['efa'],
      },
      causes: [
        {
          cause: 'security-group-egress',
          likelihood: 'likely',
          why: `the security group ${GROUP} has no egress rule to itself (protocol -1); 0.0.0.0/0 does not count for EFA`,
          check: [`aws ec2 describe-security-group-rules --filters Name=group-id,Values=${GROUP} ${COLUMNS}`],
          fix: [EGRESS],
        },
        {
          cause: 'security-group-ingress',
          likelihood: 'possible',
          why:
            `the security group ${GROUP} has no ingress rule from itself (protocol -1), or the peers' group, if it is ` +
            'another, has none from it',
          check: [`aws ec2 describe-security-group-rules --filters Name=group-id,Values=${GROUP} ${COLUMNS}`],
          fix: [INGRESS],
        },
        {
          cause: 'other-zone-or-vpc',
          likelihood: 'possible',
          why: 'the peers are in another Availability Zone or VPC (this node: us-west-2b), and EFA crosses neither',
          check: [
            'kubectl get nodes -L topology.kubernetes.io/zone,node.kubernetes.io/instance-type',
            'grep . /sys/class/infiniband/*/hw_counters/create_ah_err',
          ],
          fix: [],
        },
        {
          cause: 'peer-gone',
          likelihood: 'possible',
          why: "the peers' processes or nodes are gone, so nobody answers",
          check: [
            'kubectl get pods -A -o wide --sort-by=.metadata.creationTimestamp',
            'kubectl get events -A --sort-by=.lastTimestamp',
            'grep . /sys/class/infiniband/*/ports/1/hw_counters/unresponsive_remote_events',
          ],
          fix: [],
        },
      ],
    });
  });

  test('beside rails that neither send nor receive', () => {
    const idle = [...rails(500n, 0n).slice(0, 2), ...rails(0n, 0n).slice(2)];
    const found = one(judge(rule, look(idle), look(rails(0n, 0n)), 29.6));
    expect(found.message).toBe(
      'all 2 EFA ports that send received nothing: 1 000 packets sent in 30 s, 0 received ' +
        '(none has ever received one since its counters began)',
    );
  });

  test('as a warning when some of them had received before, and then blames the peers first', () => {
    const moved = [efa('rdmap16s0', traffic(900n, 5312n)), efa('rdmap17s0', traffic(900n, 0n))];
    const before = [efa('rdmap16s0', traffic(0n, 5312n)), efa('rdmap17s0', traffic(0n, 0n))];
    const found = one(judge(rule, look(moved, imds()), look(before)));
    expect(found.message).toBe(
      'all 2 EFA ports that send received nothing: 1 800 packets sent in 30 s, 0 received (1 had received some before)',
    );
    expect(found.severity).toBe('warning');
    expect(found.evidence.ports).toEqual([
      'rdmap16s0/1 sent 900, received 0 (had received 5 312 before)',
      'rdmap17s0/1 sent 900, received 0 (never received one since its counters began)',
    ]);
    expect(ranking(found)).toEqual([
      'peer-gone possible',
      'security-group-egress possible',
      'security-group-ingress possible',
      'other-zone-or-vpc possible',
    ]);
    expect(causeOf(found, 'peer-gone')?.why).toBe(
      "the peers' processes or nodes are gone, so nobody answers; packets did come in earlier (5 312 in all)",
    );
  });

  test('and holds the findings of ports it could not compare', () => {
    const found = judge(rule, look([...rails(500n, 0n), efa('rdmap20s0', traffic(1n, 0n))]), look(rails(0n, 0n)));
    expect(found.map((each) => ('subject' in each ? each.subject : each.undecided))).toEqual(['node', 'rdmap20s0/1']);
  });
});

describe('reports one port', () => {
  test('from 100 packets on', () => {
    expect(symptoms(judge(rule, look([efa('efa_0', traffic(100n, 0n))]), look([efa('efa_0', traffic(0n, 0n))])))).toHaveLength(1);
  });

  test('when the other rails receive', () => {
    const now = [...rails(5000n, 4000n).slice(0, 3), efa('rdmap19s0', traffic(18_204n, 0n))];
    const found = one(judge(rule, look(now), look(rails(0n, 0n)), 12));
    expect({ ...found, causes: [] }).toEqual({
      subject: 'rdmap19s0/1',
      message: 'sent 18 204 packets in 12 s, received 0 (never received one since its counters began)',
      severity: 'critical',
      evidence: {
        sent: 18_204n,
        received: 0n,
        receivedEver: 0n,
        seconds: 12,
        driver: 'efa',
        sentFile: 'hw_counters/tx_pkts',
        receivedFile: 'hw_counters/rx_pkts',
      },
      causes: [],
    });
  });

  test('of a node with one device, as a warning when it had received before', () => {
    const found = one(judge(rule, look([efa('efa_0', traffic(300n, 77n))]), look([efa('efa_0', traffic(0n, 77n))])));
    expect(found.subject).toBe('efa_0/1');
    expect(found.severity).toBe('warning');
    expect(found.message).toBe('sent 300 packets in 30 s, received 0 (had received 77 before)');
  });

  test('each on its own when two are silent and two are not', () => {
    const now = [...rails(5000n, 4000n).slice(0, 2), ...rails(5000n, 0n).slice(2)];
    expect(symptoms(judge(rule, look(now), look(rails(0n, 0n)))).map(({ subject }) => subject)).toEqual([
      'rdmap18s0/1',
      'rdmap19s0/1',
    ]);
  });
});
