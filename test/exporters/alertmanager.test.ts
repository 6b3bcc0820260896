import { describe, expect, test } from 'vitest';
import type { Finding } from '../../agent/model.ts';
import { FakePeer, settled, setUp, type Setup } from './alertmanager/fake-peer.ts';
import { calmReport, finding, HOSTILE, HOSTILE_VISIBLE, oneWay, report } from './fixture.ts';

const never = new AbortController().signal;

/** Publishes and lets what it set off finish. */
async function look({ exporter }: Setup, findings: readonly Finding[]): Promise<void> {
  await exporter.publish(report({ findings }), never);
  await settled();
}

describe('what Alertmanager gets', () => {
  test('the finding with its labels, its cause and what to type', async () => {
    const peer = new FakePeer();
    const setup = setUp([peer], { runbookBase: 'https://example.com/railmedic', dashboardBase: 'https://grafana.example.com', generatorUrl: 'http://10.0.3.7:9477/' });
    await look(setup, [oneWay]);
    expect(peer.taken).toEqual([
      [
        {
          labels: {
            cluster: 'prod-1',
            alertname: 'FabricOneWayTraffic',
            rule: 'FabricOneWayTraffic',
            severity: 'critical',
            node: 'ip-10-0-3-7',
            subject: 'node',
          },
          annotations: {
            summary: 'A fabric port sends and receives nothing.',
            description:
              'ip-10-0-3-7: every EFA device that sends receives nothing: 2 ports sent 36 394 packets in 10 s, received 0 ' +
              '(none has ever received one since its counters began)',
            cause:
              'likely: the security group sg-0aaa1111bbbb2222c has no egress rule to itself; 0.0.0.0/0 does not count for EFA\n' +
              'possible: the security group sg-0aaa1111bbbb2222c has no ingress rule from itself\n' +
              'possible: the peers are gone',
            check: 'aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0aaa1111bbbb2222c',
            fix: 'aws ec2 authorize-security-group-egress --group-id sg-0aaa1111bbbb2222c --protocol -1 --source-group sg-0aaa1111bbbb2222c',
            runbook_url: 'https://example.com/railmedic/rules/fabric/one-way-traffic.md',
            dashboard_url: 'https://grafana.example.com/d/railmedic-node?var-cluster=prod-1&var-node=ip-10-0-3-7',
          },
          startsAt: '2026-11-23T20:01:00.000Z',
          endsAt: '2026-11-23T20:05:05.000Z',
          generatorURL: 'http://10.0.3.7:9477/',
        },
      ],
    ]);
  });

  test('the subject where the message does not name it, and what explains it', async () => {
    const peer = new FakePeer();
    await look(setUp([peer]), [finding({ explainedBy: [{ rule: 'GpuLost', subject: 'GPU-1' }] })]);
    expect(peer.taken[0]?.[0]?.annotations).toEqual({
      summary: 'Fabric port drops received packets.',
      description: 'ip-10-0-3-7: rdmap16s0/1: dropped 18 204 received packets in 10 s (1 820 a second, limit 100)',
      explained_by: 'GpuLost on GPU-1',
    });
  });

  test.each([
    ['info', { severity: 'info' }],
    ['a shadow', { shadow: true }],
    ['a suppressed one', { suppressed: 'being repaired' }],
    ['a resolved one', { state: 'resolved' }],
    ['one that never fired and cannot be judged', { state: 'unknown' }],
  ] as const)('nothing of %s', async (_, fields) => {
    const peer = new FakePeer();
    await look(setUp([peer]), [finding(fields)]);
    expect(peer.attempts).toBe(0);
  });

  test('the node group, and the GPU that the subject names, as Prometheus has them', async () => {
    const peer = new FakePeer();
    const setup = setUp([peer], { labels: {} });
    const about = [
      ['GpuXid', 'GPU-aaaa Xid 79'],
      ['GpuLost', '0000:19:00.0'],
      ['FabricOneWayTraffic', 'rdmap16s0/1'],
      ['EfaDriverNotBound', '0000:79:00.0'],
      ['PodCrashLooping', 'GPU-ns/GPU-pod'],
    ] as const;
    const findings = about.map(([rule, subject]) => finding({ rule, subject }));
    await setup.exporter.publish(report({ findings, nodeGroup: 'p5' }), never);
    await settled();
    const uuids = ['GPU-aaaa', '0000:19:00.0'];
    expect(peer.taken.flat().map(({ labels }) => labels)).toEqual(
      about.map(([rule, subject], index) => {
        const uuid = uuids[index];
        return { alertname: rule, rule, severity: 'warning', node: 'ip-10-0-3-7', node_group: 'p5', subject, ...(uuid !== undefined && { uuid }) };
      }),
    );
  });

  test('a summary that all findings of a rule share, so that a group of them has one', async () => {
    const peer = new FakePeer();
    const findings = [79, 48].map((xid) => finding({ rule: 'GpuXid', subject: `GPU-a Xid ${xid}`, title: `Xid ${xid}`, message: `Xid ${xid} on GPU-a Xid ${xid}` }));
    await look(setUp([peer], { ruleTitles: new Map([['GpuXid', 'The kernel logged an Xid of a GPU']]) }), [...findings, finding({ rule: 'Other', title: 'Its own' })]);
    expect(peer.taken.flat().map(({ annotations }) => annotations['summary'])).toEqual(['The kernel logged an Xid of a GPU.', 'The kernel logged an Xid of a GPU.', 'Its own.']);
  });

  test('text of strangers is shown, bounded, and stays apart', async () => {
    const peer = new FakePeer();
    const long = 'x'.repeat(100_000);
    await look(setUp([peer]), [
      finding({ subject: HOSTILE, message: `${HOSTILE}\ud800${long}` }),
      finding({ subject: `${long}a` }),
      finding({ subject: `${long}b`, causes: [{ cause: 'c', likelihood: 'likely', why: long, check: [long], fix: [] }] }),
    ]);
    const [hostile, first, second] = peer.taken[0] ?? [];
    expect(hostile?.labels['subject']).toBe(HOSTILE_VISIBLE);
    expect(hostile?.annotations['description']?.startsWith(`ip-10-0-3-7: ${HOSTILE_VISIBLE}\\ud800xxx`)).toBe(true);
    expect(first?.labels['subject']).toMatch(/^x{236}… [0-9a-f]{16}$/);
    expect(second?.labels['subject']).not.toBe(first?.labels['subject']);
    expect(second?.annotations['cause']).toHaveLength(1501);
    expect(second?.annotations['check']).toBe('too long for an alert: railmedic explain FabricReceiveDrops');
    for (const alert of peer.taken.flat()) expect(JSON.stringify(alert).length).toBeLessThan(8000);
  });

  test('a beginning that lies ahead of the clock is now', async () => {
    const peer = new FakePeer();
    await look(setUp([peer]), [finding({ since: '2027-01-01T00:00:00.000Z' })]);
    expect(peer.taken[0]?.[0]?.startsAt).toBe('2026-11-23T20:01:05.000Z');
  });
});

describe('an alert', () => {
  test('starts at once, is told again after the refresh, and ends at once', async () => {
    const peer = new FakePeer();
    const setup = setUp([peer]);
    await look(setup, [oneWay]);
    expect(peer.heard()).toEqual(['FabricOneWayTraffic node until 20:05:05']);
    await setup.clock.pass(55);
    await look(setup, [oneWay]);
    expect(peer.heard()).toEqual([]);
    await setup.clock.pass(5);
    await look(setup, [oneWay]);
    expect(peer.heard()).toEqual(['FabricOneWayTraffic node until 20:06:05']);
    await setup.clock.pass(5);
    await look(setup, [{ ...oneWay, state: 'resolved' }]);
    expect(peer.heard()).toEqual(['FabricOneWayTraffic node until 20:02:10']);
    await setup.clock.pass(600);
    await look(setup, []);
    expect(peer.heard()).toEqual([]);
  });

  test('outlives a look that comes later than the refresh', async () => {
    const peer = new FakePeer();
    await look(setUp([peer], { intervalSeconds: 300 }), [oneWay]);
    expect(peer.heard()).toEqual(['FabricOneWayTraffic node until 20:21:05']);
  });

  test('that cannot be judged any more goes on and says so', async () => {
    const peer = new FakePeer();
    const setup = setUp([peer]);
    await look(setup, [oneWay]);
    await setup.clock.pass(5);
    await look(setup, [{ ...oneWay, state: 'unknown', message: 'cannot be judged now: infiniband: EIO; before: all 2 EFA ports received nothing' }]);
    expect(peer.taken[1]?.[0]).toMatchObject({
      endsAt: '2026-11-23T20:05:10.000Z',
      annotations: { description: 'ip-10-0-3-7: cannot be judged now: infiniband: EIO; before: all 2 EFA ports received nothing' },
    });
    peer.heard();
    await setup.clock.pass(60);
    await look(setup, [{ ...oneWay, state: 'unknown' }]);
    expect(peer.heard()).toEqual(['FabricOneWayTraffic node until 20:06:10']);
  });

  test.each([
    ['suppressed', { suppressed: 'being repaired' }],
    ['info', { severity: 'info' }],
  ] as const)('that becomes %s ends', async (_, fields) => {
    const peer = new FakePeer();
    const setup = setUp([peer]);
    await look(setup, [oneWay]);
    await setup.clock.pass(5);
    await look(setup, [{ ...oneWay, ...fields }]);
    expect(peer.heard()).toEqual(['FabricOneWayTraffic node until 20:05:05', 'FabricOneWayTraffic node until 20:01:10']);
  });

  test('of another severity takes the place of the one before', async () => {
    const peer = new FakePeer();
    const setup = setUp([peer]);
    await look(setup, [{ ...oneWay, severity: 'warning' }]);
    await setup.clock.pass(5);
    await look(setup, [oneWay]);
    expect(peer.taken[1]?.map(({ labels, endsAt }) => [labels['severity'], endsAt])).toEqual([
      ['critical', '2026-11-23T20:05:10.000Z'],
      ['warning', '2026-11-23T20:01:10.000Z'],
    ]);
  });

  test('is not ended when the agent stops', async () => {
    const peer = new FakePeer();
    const setup = setUp([peer]);
    await look(setup, [oneWay]);
    peer.heard();
    await setup.exporter.close();
    await look(setup, []);
    await setup.clock.pass(600);
    expect(peer.heard()).toEqual([]);
  });
});

test('a calm node tells nothing', async () => {
  const peer = new FakePeer();
  const setup = setUp([peer]);
  await setup.exporter.publish(calmReport(), never);
  await settled();
  expect(peer.attempts).toBe(0);
});
