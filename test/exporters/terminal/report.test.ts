import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Cause, Finding } from '../../../agent/model.ts';
import { renderReport } from '../../../exporters/terminal/report.ts';
import { gpu, query, spinning } from '../gpu-fixture.ts';
import { calmReport, efa, finding, HOSTILE, HOSTILE_VISIBLE, infiniband, kernelLog, oneWay, report, snapshot, source } from '../fixture.ts';

const plain = { width: 80, colour: false };

describe('a fault', () => {
  test('at 80 columns', () => {
    expect(renderReport(report(), plain)).toBe(`\
railmedic  ip-10-0-3-7  p4d.24xlarge  watched 10 s                      CRITICAL

CRITICAL  A fabric port sends and receives nothing           FabricOneWayTraffic
  every EFA device that sends receives nothing: 2 ports sent 36 394 packets in
  10 s, received 0 (none has ever received one since its counters began)
  ports         rdmap16s0/1 sent 18 204, received 0 (never received one since
                its counters began)
                rdmap17s0/1 sent 18 190, received 0 (never received one since
                its counters began)
  likely        the security group sg-0aaa1111bbbb2222c has no egress rule to
                itself; 0.0.0.0/0 does not count for EFA
  check
    aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0aaa1111bbbb2222c
  fix
    aws ec2 authorize-security-group-egress --group-id sg-0aaa1111bbbb2222c --protocol -1 --source-group sg-0aaa1111bbbb2222c
  or            2. the security group sg-0aaa1111bbbb2222c has no ingress rule
                   from itself
                3. the peers are gone

not seen        imds: IMDS did not answer within 1 s
24 rules looked, 1 fires.   railmedic explain FabricOneWayTraffic
`);
  });

  test('at 120 columns and beyond', () => {
    const wide = renderReport(report(), { width: 120, colour: false });
    expect(renderReport(report(), { width: 300, colour: false })).toBe(wide);
    expect(wide).toBe(`\
railmedic  ip-10-0-3-7  p4d.24xlarge  watched 10 s                                                              CRITICAL

CRITICAL  A fabric port sends and receives nothing                                                   FabricOneWayTraffic
  every EFA device that sends receives nothing: 2 ports sent 36 394 packets in 10 s, received 0 (none has ever received
  one since its counters began)
  ports         rdmap16s0/1 sent 18 204, received 0 (never received one since its counters began)
                rdmap17s0/1 sent 18 190, received 0 (never received one since its counters began)
  likely        the security group sg-0aaa1111bbbb2222c has no egress rule to itself; 0.0.0.0/0 does not count for EFA
  check         aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0aaa1111bbbb2222c
  fix
    aws ec2 authorize-security-group-egress --group-id sg-0aaa1111bbbb2222c --protocol -1 --source-group sg-0aaa1111bbbb2222c
  or            2. the security group sg-0aaa1111bbbb2222c has no ingress rule from itself
                3. the peers are gone

not seen        imds: IMDS did not answer within 1 s
24 rules looked, 1 fires.   railmedic explain FabricOneWayTraffic
`);
  });

  test('colour adds escapes and changes no character', () => {
    const coloured = renderReport(report(), { width: 80, colour: true });
    expect(coloured).toContain('\u001b[31mCRITICAL');
    expect(stripVTControlCharacters(coloured)).toBe(renderReport(report(), plain));
  });

  test('nothing but commands is wider than the terminal', () => {
    for (const width of [40, 80, 100, 120]) {
      const lines = renderReport(report({ findings: [oneWay, ...many(20)] }), { width, colour: false }).split('\n');
      for (const line of lines) if (!/^ {4}\S/.test(line)) expect(line.length, line).toBeLessThanOrEqual(width);
    }
  });
});

function many(number: number): readonly Finding[] {
  return Array.from({ length: number }, (_, index) => {
    const why = `the job on rdmap${index + 10}s0 is too slow`;
    const cause: Cause = { cause: 'slow', likelihood: 'likely', why, check: [`cat /sys/class/infiniband/rdmap${index + 10}s0/x`], fix: [] };
    return finding({ subject: `rdmap${index + 10}s0/1`, message: `dropped ${index} packets`, causes: [cause] });
  });
}

test('one fault in many places is told once, with every place named', () => {
  expect(renderReport(calmReport({ findings: many(14) }), plain)).toBe(`\
railmedic  ip-10-0-3-7  p4d.24xlarge  watched 10 s                       WARNING

WARNING  Fabric port drops received packets                   FabricReceiveDrops
  rdmap10s0/1   dropped 0 packets
  rdmap11s0/1   dropped 1 packets
  rdmap12s0/1   dropped 2 packets
  rdmap13s0/1   dropped 3 packets
  rdmap14s0/1   dropped 4 packets
  rdmap15s0/1   dropped 5 packets
  rdmap16s0/1   dropped 6 packets
  rdmap17s0/1   dropped 7 packets
  rdmap18s0/1   dropped 8 packets
  rdmap19s0/1   dropped 9 packets
  rdmap20s0/1   dropped 10 packets
  rdmap21s0/1   dropped 11 packets
  and           rdmap22s0/1, rdmap23s0/1
  likely        the job on rdmap10s0 is too slow
  check         cat /sys/class/infiniband/rdmap10s0/x

24 rules looked, 1 fires.   railmedic explain FabricReceiveDrops
`);
});

test('worst first, info last; old events say since when; suppressed and shadow at the end', () => {
  const findings = [
    finding({ rule: 'HugepagesMissing', title: 'No hugepages', severity: 'info', subject: 'node', message: 'none reserved' }),
    finding({ suppressed: 'known, until 2026-12-01' }),
    finding({ shadow: true, message: 'dropped' }),
    finding({ state: 'resolved', subject: 'rdmap9s0/1' }),
    finding({
      rule: 'GpuXid',
      title: 'A GPU reported an Xid',
      severity: 'critical',
      subject: 'GPU-3f2b8c1e-aaaa-bbbb-cccc-1234567890ab',
      message: 'Xid 79',
      count: 3,
      since: '2026-11-23T19:40:00.000Z',
    }),
  ];
  expect(renderReport(calmReport({ findings }), plain)).toBe(`\
railmedic  ip-10-0-3-7  p4d.24xlarge  watched 10 s                      CRITICAL

CRITICAL  A GPU reported an Xid                                           GpuXid
  GPU-3f2b8c1e-aaaa-bbbb-cccc-1234567890ab
                Xid 79 (seen 3 times)
  since         2026-11-23T19:40:00Z, 21 min 5 s ago

INFO  No hugepages                                              HugepagesMissing
  none reserved

suppressed: FabricReceiveDrops on rdmap16s0/1 (known, until 2026-12-01)
shadow: FabricReceiveDrops on rdmap16s0/1: dropped
24 rules looked, 2 fire.   railmedic explain GpuXid
`);
});

test('what the machine is', () => {
  const findings = [finding({ causes: [{ cause: 'c', likelihood: 'likely', why: 'busy', check: [], fix: [] }] })];
  const opening = ['Amazon EC2 p4d.24xlarge, Ubuntu 24.04', `one line, ${HOSTILE}`];
  expect(renderReport(calmReport({ findings }), { ...plain, opening })).toBe(`\
railmedic  ip-10-0-3-7  p4d.24xlarge  watched 10 s                       WARNING
Amazon EC2 p4d.24xlarge, Ubuntu 24.04
one line, ${HOSTILE_VISIBLE}

WARNING  Fabric port drops received packets                   FabricReceiveDrops
  rdmap16s0/1   dropped 18 204 received packets in 10 s (1 820 a second, limit
                100)
  likely        busy

24 rules looked, 1 fires.   railmedic explain FabricReceiveDrops
`);
});

describe('one story', () => {
  const oneStory = report({ findings: [{ ...oneWay, causes: oneWay.causes.slice(0, 2), explains: [spinning] }, spinning] });

  test('at 80 columns: the GPUs that spin stand with the fabric fault that explains them', () => {
    expect(renderReport(oneStory, plain)).toBe(`\
railmedic  ip-10-0-3-7  p4d.24xlarge  watched 10 s                      CRITICAL

CRITICAL  A fabric port sends and receives nothing           FabricOneWayTraffic
  every EFA device that sends receives nothing: 2 ports sent 36 394 packets in
  10 s, received 0 (none has ever received one since its counters began)
  ports         rdmap16s0/1 sent 18 204, received 0 (never received one since
                its counters began)
                rdmap17s0/1 sent 18 190, received 0 (never received one since
                its counters began)
  likely        the security group sg-0aaa1111bbbb2222c has no egress rule to
                itself; 0.0.0.0/0 does not count for EFA
  check
    aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0aaa1111bbbb2222c
  fix
    aws ec2 authorize-security-group-egress --group-id sg-0aaa1111bbbb2222c --protocol -1 --source-group sg-0aaa1111bbbb2222c
  or            2. the security group sg-0aaa1111bbbb2222c has no ingress rule
                   from itself
  concerns      GpuSpinning, because of this: 8 of 8 GPUs spin: SM 100 %, memory
                0 %, 125 to 140 W of 700 W, PCIe at most 3 MB/s (mean of 5
                samples)

not seen        imds: IMDS did not answer within 1 s
24 rules looked, 2 fire.   railmedic explain FabricOneWayTraffic
`);
  });

  test('at 120 columns', () => {
    const wide = renderReport(oneStory, { width: 120, colour: false });
    expect(wide.slice(wide.indexOf('  or '))).toBe(`\
  or            2. the security group sg-0aaa1111bbbb2222c has no ingress rule from itself
  concerns      GpuSpinning, because of this: 8 of 8 GPUs spin: SM 100 %, memory 0 %, 125 to 140 W of 700 W, PCIe at
                most 3 MB/s (mean of 5 samples)

not seen        imds: IMDS did not answer within 1 s
24 rules looked, 2 fire.   railmedic explain FabricOneWayTraffic
`);
  });

  test('stands alone where what explains it does not fire', () => {
    const findings = [{ ...oneWay, suppressed: 'known', explains: [spinning] }, spinning];
    expect(renderReport(calmReport({ findings }), plain)).toContain(`
WARNING  GPUs are busy and get no work done                          GpuSpinning
  8 of 8 GPUs spin: SM 100 %, memory 0 %, 125 to 140 W of 700 W, PCIe at most
  3 MB/s (mean of 5 samples)
  gpus          GPU 0 spins: SM 100 %, GPU 1 spins: SM 100 %, GPU 2 spins: SM
                100 %, GPU 3 spins: SM 100 %, GPU 4 spins: SM 100 %, GPU 5
                spins: SM 100 %, GPU 6 spins: SM 100 %, GPU 7 spins: SM 100 %
  likely        a collective waits for a rank
  check         py-spy dump --pid "$PID"

suppressed: FabricOneWayTraffic on node (known)
24 rules looked, 1 fires.   railmedic explain GpuSpinning
`);
  });

  test('the first places in words, the others by name; what another story tells only by name', () => {
    const lost = finding({ rule: 'GpuLost', title: 'A GPU is lost', severity: 'warning', subject: 'GPU-1', message: 'lost' });
    const link = (name: Finding) => ({ rule: name.rule, subject: name.subject });
    const xids = [79, 62, 31, 45, 48].map((number) =>
      finding({ rule: 'GpuXid', severity: 'critical', subject: `GPU-1 Xid ${number}`, message: `Xid ${number}`, explainedBy: [link(lost)] }),
    );
    const other = finding({ rule: 'Other', title: 'Another fault', subject: 'node', message: 'also wrong', explains: xids.slice(0, 1).map(link) });
    const findings = [{ ...lost, explains: xids.map(link) }, ...xids, other];
    expect(renderReport(calmReport({ findings }), plain)).toBe(`\
railmedic  ip-10-0-3-7  p4d.24xlarge  watched 10 s                      CRITICAL

WARNING  A GPU is lost                                                   GpuLost
  GPU-1         lost
  concerns      GpuXid (critical), because of this: GPU-1 Xid 79: Xid 79
                GpuXid (critical), because of this: GPU-1 Xid 62: Xid 62
                GpuXid (critical), because of this: GPU-1 Xid 31: Xid 31
                and GpuXid on GPU-1 Xid 45, GPU-1 Xid 48

WARNING  Another fault                                                     Other
  also wrong
  concerns      GpuXid on GPU-1 Xid 79 as well

24 rules looked, 3 fire.   railmedic explain GpuLost
`);
  });
});

describe('no fault', () => {
  test('is said calmly, with what was seen', () => {
    const earlier = snapshot({
      infiniband: infiniband(efa('rdmap16s0', 50_000n, 50_000n), efa('rdmap17s0', 0n, 0n)),
      'kernel-log': kernelLog({ lookedBack: '15 min' }),
    });
    const sources = [source('infiniband'), source('nvidia-query', { status: 'absent', why: 'no NVIDIA function on PCI' })];
    expect(renderReport(calmReport({ sources }), { ...plain, version: '0.1.0', earlier })).toBe(`\
railmedic 0.1.0  ip-10-0-3-7  p4d.24xlarge  watched 10 s                      OK

OK  nothing is wrong that 24 rules can see
  seen          2 EFA devices; sent 1.2 M packets, received 1.1 M in 10 s
                the last 15 min of the kernel log
  not here      nvidia-query: no NVIDIA function on PCI
`);
  });

  test.each([
    [[gpu(0, { 'utilization.gpu': '100' }), gpu(1, { 'utilization.gpu': '0' }), gpu(2, { 'utilization.gpu': '[N/A]' })], '3 GPUs, 50 % busy'],
    [[gpu(0, { 'utilization.gpu': '[N/A]' })], '1 GPU'],
  ])('GPUs are seen %#', (gpus, words) => {
    const { infiniband: fabric } = calmReport().snapshot;
    const seen = snapshot({ infiniband: fabric, 'nvidia-query': query(...gpus) });
    expect(renderReport(calmReport({ snapshot: seen }), { width: 120, colour: false })).toContain(
      `  seen          2 EFA devices; ${words}; sent 1.2 M packets, received 1.1 M since their counters began\n`,
    );
  });

  test('where there is nothing to see, it says so', () => {
    const bare = calmReport({ instanceType: undefined, snapshot: snapshot({}), rulesEvaluated: 1 });
    expect(renderReport(bare, plain)).toBe(`\
railmedic  ip-10-0-3-7  watched 10 s                                          OK

OK  nothing is wrong that 1 rule can see
  seen          no EFA or InfiniBand device
`);
  });

  test('what could not be seen is UNKNOWN, each reason once', () => {
    const hidden = { state: 'unknown', subject: 'node', message: 'cannot be judged now: imds: IMDS did not answer within 1 s; before: x' } as const;
    const silent = { state: 'unknown', rule: 'EfaAdminQueueDead', message: 'has not answered for 12 s' } as const;
    const findings = [
      finding({ ...hidden, rule: 'EfaSecondaryCidr' }),
      finding({ ...silent, subject: 'rdmap16s0' }),
      finding({ ...silent, subject: 'rdmap17s0' }),
    ];
    expect(renderReport(report({ findings }), plain)).toBe(`\
railmedic  ip-10-0-3-7  p4d.24xlarge  watched 10 s                       UNKNOWN

UNKNOWN  no fault found, but not everything could be seen
  seen          2 EFA devices; sent 36 394 packets, received 0 since their
                counters began
  not here      nvidia-query: no NVIDIA function on PCI

not seen        imds, EfaSecondaryCidr: IMDS did not answer within 1 s
                EfaAdminQueueDead rdmap16s0, EfaAdminQueueDead rdmap17s0: has
                not answered for 12 s
24 rules looked, none fires.   railmedic explain EfaSecondaryCidr
`);
  });
});

test('sources that fail for one reason are told together', () => {
  const why = 'no nvidia-smi that can be run: tried /usr/bin/nvidia-smi: ENOENT';
  const sources = (['nvidia-query', 'nvidia-dmon', 'imds'] as const).map((name) =>
    source(name, { status: 'failed', why: name === 'imds' ? undefined : why }),
  );
  expect(renderReport(calmReport({ sources }), plain)).toContain(`
not seen        nvidia-query, nvidia-dmon: no nvidia-smi that can be run: tried
                /usr/bin/nvidia-smi: ENOENT
                imds: failed, without a reason
24 rules looked, none fires.
`);
});

test('hostile text cannot act on the terminal', () => {
  const cause: Cause = { cause: 'c', likelihood: 'likely', why: HOSTILE, check: [HOSTILE], fix: [HOSTILE] };
  const hostile = finding({ subject: HOSTILE, title: HOSTILE, message: HOSTILE, evidence: { [HOSTILE]: [HOSTILE, 'other'] }, causes: [cause, cause] });
  const story = [{ ...hostile, rule: 'A', explains: [{ rule: 'B', subject: HOSTILE }] }, { ...hostile, rule: 'B', explainedBy: [{ rule: 'A', subject: HOSTILE }] }];
  const findings = [...story, hostile, { ...hostile, shadow: true }, { ...hostile, suppressed: HOSTILE }, { ...hostile, state: 'unknown' as const }];
  const sources = [source('imds', { status: 'failed', why: HOSTILE })];
  const text = renderReport(report({ node: HOSTILE, instanceType: HOSTILE, findings, sources }), plain);
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(text).toContain(`  check         ${HOSTILE_VISIBLE}`);
});
