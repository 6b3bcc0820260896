import { describe, expect, test } from 'vitest';
import type { Level } from '../../exporters/log.ts';
import { finding, HOSTILE, HOSTILE_VISIBLE, oneWay, report, source } from './fixture.ts';
import { spinning } from './gpu-fixture.ts';
import { opened } from './log/opened.ts';

const drops = finding();
const gone = { ...drops, state: 'unknown', message: 'cannot be judged now: the device is gone' } as const;
const over = { ...drops, state: 'resolved', changedAt: '2026-11-23T20:05:10.000Z' } as const;

/** Lines of the block of `drops`. */
const BLOCK = 5;

describe('text', () => {
  test('a finding that starts is a block that says what to type', async () => {
    expect(await opened('text').logged([oneWay])).toEqual([
      '2026-11-23T20:02:00Z CRITICAL   FabricOneWayTraffic on node: A fabric port sends and receives nothing',
      '    every EFA device that sends receives nothing: 2 ports sent 36 394 packets in 10 s, received 0 (none has ever received one since its counters began)',
      '    ports      rdmap16s0/1 sent 18 204, received 0 (never received one since its counters began)',
      '               rdmap17s0/1 sent 18 190, received 0 (never received one since its counters began)',
      '    since      2026-11-23T20:01:00Z, 1 min ago',
      '    likely     the security group sg-0aaa1111bbbb2222c has no egress rule to itself; 0.0.0.0/0 does not count for EFA',
      '    check      aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0aaa1111bbbb2222c',
      '    fix        aws ec2 authorize-security-group-egress --group-id sg-0aaa1111bbbb2222c --protocol -1 --source-group sg-0aaa1111bbbb2222c',
      '    or         2. the security group sg-0aaa1111bbbb2222c has no ingress rule from itself',
      '               3. the peers are gone',
      '    node       ip-10-0-3-7, p4d.24xlarge',
      '    page       rules/fabric/one-way-traffic.md (railmedic explain FabricOneWayTraffic)',
    ]);
  });

  describe('one story', () => {
    const fabric = finding({ explains: [spinning] });
    const effect = { ...spinning, severity: 'critical', explainedBy: [fabric] } as const;
    const alone = { ...effect, explainedBy: [] };
    const EXPLAINED = `CRITICAL   GpuSpinning on node, because of FabricReceiveDrops on rdmap16s0/1: ${spinning.message}`;

    test('is a block for what explains, one line for what is explained, the cause first', async () => {
      const { exporter, logged, said } = opened('text');
      expect(await logged([effect, fabric])).toEqual([
        '2026-11-23T20:02:00Z WARNING    FabricReceiveDrops on rdmap16s0/1: Fabric port drops received packets',
        `    ${fabric.message}`,
        '    since      2026-11-23T20:01:00Z, 1 min ago',
        '    concerns   GpuSpinning on node',
        '    node       ip-10-0-3-7, p4d.24xlarge',
        '    page       rules/fabric/receive-drops.md (railmedic explain FabricReceiveDrops)',
        `2026-11-23T20:02:00Z ${EXPLAINED}`,
      ]);
      expect(await logged([effect, fabric])).toEqual([]);
      expect(said(() => exporter.summary())).toEqual([
        '2026-11-23T20:10:00Z SUMMARY    2 firing on ip-10-0-3-7: warning FabricReceiveDrops on rdmap16s0/1 for 9 min (explains critical GpuSpinning on node)',
      ]);
    });

    test('one that ends with what explains it is not told by itself', async () => {
      const { logged } = opened('text');
      await logged([effect, fabric]);
      expect(await logged([alone])).toHaveLength(1);
      expect(await logged([])).toEqual(['2026-11-23T20:02:20Z CLEARED    GpuSpinning on node after 1 min 20 s']);
    });

    test('one that stays for two minutes longer is', async () => {
      const { logged } = opened('text');
      await logged([effect, fabric]);
      await logged([alone]);
      expect(await logged([effect, fabric])).toHaveLength(1);
      expect(await logged([alone], { takenAt: '2026-11-23T20:10:00.000Z' })).toHaveLength(1);
      expect(await logged([alone], { takenAt: '2026-11-23T20:11:59.000Z' })).toEqual([]);
      expect(await logged([alone], { takenAt: '2026-11-23T20:12:00.000Z' })).toEqual([
        '2026-11-23T20:12:00Z CRITICAL   GpuSpinning on node: still fires and nothing explains it any more',
        `    ${spinning.message}`,
        ...Array.from({ length: 8 }, (_, index) => `    ${index === 0 ? 'gpus' : '    '}       GPU ${index} spins: SM 100 %`),
        '    since      2026-11-23T20:01:00Z, 11 min ago',
        '    likely     a collective waits for a rank',
        '    check      py-spy dump --pid "$PID"',
        '    node       ip-10-0-3-7, p4d.24xlarge',
        '    page       rules/gpu/gpu-spinning.md (railmedic explain GpuSpinning)',
      ]);
      expect(await logged([alone], { takenAt: '2026-11-23T20:20:00.000Z' })).toEqual([]);
      expect(await logged([effect, fabric], { takenAt: '2026-11-23T20:21:00.000Z' })).toHaveLength(1);
      expect(await logged([alone], { takenAt: '2026-11-23T20:22:00.000Z' })).toHaveLength(1);
      expect(await logged([alone], { takenAt: '2026-11-23T20:30:00.000Z' })).toEqual([]);
    });

    test('one that was told before is not told again when its explanation comes', async () => {
      const { logged } = opened('text');
      expect((await logged([alone])).length).toBeGreaterThan(1);
      expect((await logged([effect, fabric])).filter((line) => !line.startsWith(' '))).toHaveLength(1);
    });

    test('JSON has both, with what links them', async () => {
      const lines = (await opened('json').logged([effect, fabric])).map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines.map(({ msg, level, rule }) => [msg, level, rule])).toEqual([
        ['finding fires', 'warn', 'FabricReceiveDrops'],
        ['finding fires, explained by another', 'error', 'GpuSpinning'],
      ]);
      expect(lines[1]?.['explainedBy']).toMatchObject([{ rule: 'FabricReceiveDrops', subject: 'rdmap16s0/1' }]);
    });
  });

  test('what stays as it is costs no line; each change costs one', async () => {
    const { logged } = opened('text');
    expect(await logged([drops])).toHaveLength(BLOCK);
    expect(await logged([drops])).toEqual([]);
    expect(await logged([gone])).toEqual([
      '2026-11-23T20:02:20Z UNKNOWN    FabricReceiveDrops on rdmap16s0/1: cannot be judged now: the device is gone',
    ]);
    expect(await logged([gone])).toEqual([]);
    expect(await logged([drops])).toEqual([
      '2026-11-23T20:02:40Z WARNING    FabricReceiveDrops on rdmap16s0/1: seen again, still fires: ' + drops.message,
    ]);
    expect(await logged([over])).toEqual([
      '2026-11-23T20:02:50Z CLEARED    FabricReceiveDrops on rdmap16s0/1 after 4 min 10 s',
    ]);
    expect(await logged([over])).toEqual([]);
    expect(await logged([])).toEqual([]);
  });

  test('what is only worth knowing is told without commands', async () => {
    const cause = { cause: 'c', likelihood: 'likely', why: 'w', check: ['type this'], fix: ['and this'] } as const;
    expect(await opened('text').logged([finding({ severity: 'info', causes: [cause] })])).toEqual([
      '2026-11-23T20:02:00Z INFO       FabricReceiveDrops on rdmap16s0/1: Fabric port drops received packets',
      `    ${drops.message}`,
      '    since      2026-11-23T20:01:00Z, 1 min ago',
      '    page       rules/fabric/receive-drops.md (railmedic explain FabricReceiveDrops)',
    ]);
  });

  test('an event that happened before, and more than once: when, and how often in the end', async () => {
    const { logged } = opened('text');
    const xid = finding({ rule: 'GpuXid', subject: 'GPU-1 Xid 31', title: 'Xid 31: GPU memory page fault', page: 'rules/gpu/gpu-xid.md', since: '2026-11-23T20:00:44.402Z', count: 42 });
    expect((await logged([xid])).slice(0, 3)).toEqual([
      '2026-11-23T20:02:00Z WARNING    GpuXid on GPU-1 Xid 31: GPU memory page fault',
      `    ${xid.message}`,
      '    since      2026-11-23T20:00:44Z, 1 min 16 s ago',
    ]);
    expect(await logged([])).toEqual(['2026-11-23T20:02:10Z CLEARED    GpuXid on GPU-1 Xid 31 after 1 min 26 s, seen 42 times']);
  });

  test('a finding that vanishes from the report has ended, also while it was unknown', async () => {
    const { logged } = opened('text');
    await logged([drops]);
    await logged([gone]);
    expect(await logged([])).toEqual(['2026-11-23T20:02:20Z CLEARED    FabricReceiveDrops on rdmap16s0/1 after 1 min 20 s']);
  });

  test('one that never fired, only could not be judged', async () => {
    const { logged } = opened('text');
    expect(await logged([gone])).toHaveLength(1);
    expect(await logged([])).toEqual([
      '2026-11-23T20:02:10Z CLEARED    FabricReceiveDrops on rdmap16s0/1: can be judged again, nothing is wrong',
    ]);
  });

  test('a warning that becomes critical is told, one that eases is not', async () => {
    const { logged } = opened('text');
    await logged([drops]);
    expect(await logged([{ ...drops, severity: 'critical' }])).toEqual([
      '2026-11-23T20:02:10Z CRITICAL   FabricReceiveDrops on rdmap16s0/1: became critical: ' + drops.message,
    ]);
    expect(await logged([drops])).toEqual([]);
  });

  test('suppressed and shadow findings are one line and no alarm', async () => {
    const { logged } = opened('text');
    const suppressed = { ...drops, suppressed: 'switch is being replaced, until 2026-12-01' };
    const shadow = { ...drops, subject: 'rdmap17s0/1', shadow: true };
    expect(await logged([suppressed, shadow])).toEqual([
      `2026-11-23T20:02:00Z SUPPRESSED FabricReceiveDrops on rdmap16s0/1: ${drops.message}; silenced: switch is being replaced, until 2026-12-01`,
      `2026-11-23T20:02:00Z SHADOW     FabricReceiveDrops on rdmap17s0/1: ${drops.message}`,
    ]);
    expect(await logged([{ ...suppressed, state: 'unknown' }, shadow])).toEqual([]);
    expect(await logged([drops])).toEqual([
      '2026-11-23T20:02:20Z WARNING    FabricReceiveDrops on rdmap16s0/1: Fabric port drops received packets',
      `    ${drops.message}`,
      '    since      2026-11-23T20:01:00Z, 1 min 20 s ago',
      '    node       ip-10-0-3-7, p4d.24xlarge',
      '    page       rules/fabric/receive-drops.md (railmedic explain FabricReceiveDrops)',
      '2026-11-23T20:02:20Z SHADOW     FabricReceiveDrops on rdmap17s0/1: cleared',
    ]);
  });

  test('a source is told when it fails and when it is back', async () => {
    const { logged } = opened('text');
    const failed = (why: string) => ({ sources: [source('imds', { status: 'failed', why })] });
    const absent = { sources: [source('imds', { status: 'absent', why: 'not on EC2' })] };
    expect(await logged([], absent)).toEqual([]);
    expect(await logged([], failed('no answer'))).toEqual(['2026-11-23T20:02:10Z SOURCE     imds not seen: no answer']);
    expect(await logged([], failed('status 500'))).toEqual([]);
    expect(await logged([])).toEqual(['2026-11-23T20:02:30Z SOURCE     imds seen again after 20 s']);
    expect(await logged([], absent)).toEqual(['2026-11-23T20:02:40Z SOURCE     imds is no longer on this node: not on EC2']);
  });

  test('the summary says what stands', async () => {
    const { exporter, logged, said } = opened('text');
    expect(said(() => exporter.summary())).toEqual([]);
    await logged([]);
    expect(said(() => exporter.summary())).toEqual(['2026-11-23T20:10:00Z SUMMARY    nothing fires on ip-10-0-3-7']);
    await logged([oneWay, { ...gone, subject: 'rdmap18s0/1' }], { sources: report().sources });
    expect(said(() => exporter.summary())).toEqual([
      '2026-11-23T20:10:00Z SUMMARY    1 firing on ip-10-0-3-7: critical FabricOneWayTraffic on node for 9 min; ' +
        'cannot be judged: FabricReceiveDrops on rdmap18s0/1; not seen: imds',
    ]);
  });

  test('hostile text stays on its line', async () => {
    const { exporter, logged, said } = opened('text');
    const hostile = finding({ subject: HOSTILE, message: HOSTILE, evidence: { [HOSTILE]: [HOSTILE, 'other'] } });
    const lines = await logged([hostile], { sources: [source('imds', { status: 'failed', why: HOSTILE })] });
    expect(lines).toHaveLength(7);
    const all = [...lines, ...said(() => exporter.summary()), ...said(() => exporter.note('warn', 'x', { [HOSTILE]: HOSTILE }))];
    for (const line of all) expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(lines[0]).toBe(`2026-11-23T20:02:00Z SOURCE     imds not seen: ${HOSTILE_VISIBLE}`);
  });
});

describe('json', () => {
  test('carries the same facts as fields', async () => {
    const { logged } = opened('json');
    const lines = await logged([oneWay]);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'error',
      time: '2026-11-23T20:02:00.000Z',
      node: 'ip-10-0-3-7',
      rule: 'FabricOneWayTraffic',
      severity: 'critical',
      state: 'firing',
      subject: 'node',
      title: oneWay.title,
      message: oneWay.message,
      evidence: { ...oneWay.evidence, sent: 36_394, received: 0 },
      cause: oneWay.causes[0],
      since: oneWay.since,
      count: 1,
      page: oneWay.page,
      shadow: false,
      explainedBy: [],
      explains: [],
      pods: [],
      msg: 'finding fires',
    });
  });

  test('an end tells how long it lasted, a shadow that it is one, a source what it was', async () => {
    const { logged } = opened('json');
    const parsed = async (...args: Parameters<typeof logged>) => (await logged(...args)).map((line): unknown => JSON.parse(line));
    await parsed([drops]);
    expect(await parsed([over])).toMatchObject([{ level: 'info', msg: 'finding cleared', state: 'resolved', lastedSeconds: 250 }]);
    expect(await parsed([{ ...drops, shadow: true }])).toMatchObject([{ level: 'info', msg: 'shadow finding fires', shadow: true }]);
    expect(await parsed([], { sources: [source('imds', { status: 'failed', why: 'no answer' })] })).toEqual([
      { level: 'warn', time: '2026-11-23T20:02:30.000Z', node: 'ip-10-0-3-7', source: 'imds', status: 'failed', why: 'no answer', msg: 'source not seen' },
      expect.objectContaining({ msg: 'shadow finding cleared' }),
    ]);
  });

  test('the summary and the words of the agent', async () => {
    const { exporter, logged, said } = opened('json');
    await logged([oneWay]);
    expect(said(() => exporter.summary())).toEqual([
      '{"level":"info","time":"2026-11-23T20:10:00.000Z","node":"ip-10-0-3-7","rules":24,"firing":[{"rule":"FabricOneWayTraffic","severity":"critical",' +
        '"subject":"node","since":"2026-11-23T20:01:00.000Z"}],"unknown":0,"notSeen":[],"msg":"summary"}',
    ]);
    expect(said(() => exporter.note('error', 'exporter failed', { exporter: 'alert', error: new Error(HOSTILE), times: 3n }))).toEqual([
      `{"level":"error","time":"2026-11-23T20:10:00.000Z","exporter":"alert","error":${JSON.stringify(`Error: ${HOSTILE_VISIBLE}`)},"times":"3","msg":"exporter failed"}`,
    ]);
  });
});

test.each<[Level, number]>([
  ['debug', 4],
  ['info', 3],
  ['warn', 2],
  ['error', 1],
])('level %s lets %d of the four pass, in both formats', (level, passed) => {
  for (const format of ['text', 'json'] as const) {
    const { exporter, said } = opened(format, level);
    const lines = said(() => {
      for (const one of ['debug', 'info', 'warn', 'error'] as const) exporter.note(one, 'hello', { port: 9477, host: 'a' });
    });
    expect(lines).toHaveLength(passed);
    expect(lines.at(-1)).toBe(
      format === 'text'
        ? '2026-11-23T20:10:00Z ERROR      hello port=9477 host=a'
        : '{"level":"error","time":"2026-11-23T20:10:00.000Z","port":9477,"host":"a","msg":"hello"}',
    );
  }
});
