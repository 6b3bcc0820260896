import { execFileSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Absent } from '../../agent/collector.ts';
import { kernelLogCollector, type KernelLogOptions } from '../../agent/collectors/kernel-log.ts';
import { HostError, type Host, type LogFile } from '../../agent/host.ts';
import { nodeTree, running, type NodeTree } from './node-tree.ts';

const BOOT = '0a1b2c3d-0000-4000-8000-000000000001';
const NEXT_BOOT = '0a1b2c3d-0000-4000-8000-000000000002';

/** Records of the given sequence numbers, one a second: number 7 came at 7 s. */
const records = (...sequences: readonly number[]): string => sequences.map((n) => `4,${n},${n}000000,-;line ${n}\n`).join('');

/** A node that has been up for 2000 s. */
function node(kmsg: string, files: Readonly<Record<string, string>> = {}): NodeTree {
  return nodeTree({ '/proc/sys/kernel/random/boot_id': `${BOOT}\n`, '/proc/uptime': '2000.00 1.00\n', '/dev/kmsg': kmsg, ...files });
}

/** Looks again and again with one collector; hands over the sequence numbers and what was lost. */
function watch(host: Host, options: KernelLogOptions = {}) {
  const collector = kernelLogCollector(options);
  return {
    collector,
    look: async () => {
      const { lines, lostLines, droppedLines, lookedBack } = await collector.collect(host, running);
      return { sequences: lines.map(({ sequence }) => sequence), lostLines, droppedLines, lookedBack };
    },
  };
}
const NOTHING = { sequences: [], lostLines: 0, droppedLines: 0, lookedBack: undefined };

describe('the first look', () => {
  test('goes back 15 min by the age of the lines, and says so', async () => {
    using tree = node(records(1098, 1099, 1100, 1101));
    expect(await watch(tree.host).look()).toEqual({ ...NOTHING, sequences: [1100, 1101], lookedBack: '15 min' });
  });

  test('does not count what is older as lost', async () => {
    using tree = node(records(1, 5, 900, 1500, 1501));
    expect(await watch(tree.host, { lookBackSeconds: 510 }).look()).toMatchObject({ sequences: [1500, 1501], lostLines: 0, lookedBack: '510 s' });
    using gap = node(records(1500, 1503));
    expect(await watch(gap.host).look()).toMatchObject({ sequences: [1500, 1503], lostLines: 2 });
  });

  test('of nothing begins at the end', async () => {
    using tree = node(records(1998, 1999));
    const { look } = watch(tree.host, { lookBackSeconds: 0 });
    expect(await look()).toEqual(NOTHING);
    tree.append('/dev/kmsg', records(2000));
    expect(await look()).toEqual({ ...NOTHING, sequences: [2000] });
  });

  test.each([['garbage\n'], ['']])('takes the newest line for now when uptime reads %j', async (uptime) => {
    using tree = node(records(10, 95, 100), { '/proc/uptime': uptime });
    const { lines } = await kernelLogCollector({ lookBackSeconds: 10 }).collect({ ...tree.host, wallTime: () => new Date(100_000) }, running);
    expect(lines.map(({ sequence, time }) => [sequence, time])).toEqual([
      [95, '1970-01-01T00:01:35.000Z'],
      [100, '1970-01-01T00:01:40.000Z'],
    ]);
  });

  test('without /dev/kmsg', async () => {
    using tree = nodeTree();
    await expect(kernelLogCollector().collect(tree.host, running)).rejects.toThrow(new Absent('no /dev/kmsg on this node'));
  });

  test('that is refused says what it needs', async () => {
    using tree = node('', { '/proc/sys/kernel/dmesg_restrict': '1\n' });
    const refusing: Host = {
      ...tree.host,
      openLog: (path) => {
        throw new HostError('open', path, Object.assign(new Error('refused'), { code: 'EPERM' }));
      },
    };
    await expect(kernelLogCollector().collect(refusing, running)).rejects.toThrow(
      'cannot open /dev/kmsg: EPERM: needs access to the device (privileged, or a device rule) and, as kernel.dmesg_restrict is 1, CAP_SYSLOG',
    );
    tree.write('/proc/sys/kernel/dmesg_restrict', '0\n');
    await expect(kernelLogCollector().collect(refusing, running)).rejects.toThrow(/\(privileged, or a device rule\)$/);
  });
});

describe('a line', () => {
  test('is whole, with its time on the wall clock and its fields', async () => {
    using tree = node('3,7,1990500000,-,caller=T1;efa 0000:79:00.0: Admin queue is closed\n SUBSYSTEM=pci\n DEVICE=+pci:0000:79:00.0\n');
    const host: Host = { ...tree.host, wallTime: () => new Date('2026-03-01T12:00:00Z') };
    const { lines } = await kernelLogCollector().collect(host, running);
    expect(lines).toEqual([
      {
        sequence: 7,
        uptimeSeconds: 1990.5,
        time: '2026-03-01T11:59:50.500Z',
        priority: 3,
        text: 'efa 0000:79:00.0: Admin queue is closed',
        fields: { SUBSYSTEM: 'pci', DEVICE: '+pci:0000:79:00.0' },
      },
    ]);
  });

  test('is never from the future, though the two clocks of the kernel drift apart', async () => {
    using tree = node('3,7,2001000000,-;x\n');
    const { lines } = await kernelLogCollector().collect({ ...tree.host, wallTime: () => new Date('2026-03-01T12:00:00Z') }, running);
    expect(lines[0]?.time).toBe('2026-03-01T12:00:00.000Z');
  });

  test('of 8 KB with control characters is kept, what is no record is counted', async () => {
    const text = '\u001B[2J\u0007\u0000\r'.repeat(1170);
    using tree = node(`not a record\n4,1,1999000000,-;${text}\n4,2\n\n4,2,1999000001,-;next\n`);
    const value = await kernelLogCollector().collect(tree.host, running);
    expect(value.lines.map((line) => line.text)).toEqual([text, 'next']);
    expect(value).toMatchObject({ unparsableLines: 2, lostLines: 0 });
  });
});

describe('later looks', () => {
  test('hand over what came since, and only whole lines', async () => {
    using tree = node(records(1998));
    const { look } = watch(tree.host);
    await look();
    expect(await look()).toEqual(NOTHING);
    tree.append('/dev/kmsg', `${records(1999)}4,2000,2000`);
    expect(await look()).toEqual({ ...NOTHING, sequences: [1999] });
    tree.append('/dev/kmsg', '000000,-;rest\n');
    expect(await look()).toEqual({ ...NOTHING, sequences: [2000] });
  });

  test('count the gaps in the sequence as lost', async () => {
    using tree = node(records(1998));
    const { look } = watch(tree.host);
    await look();
    tree.append('/dev/kmsg', records(2001, 2002, 2010));
    expect(await look()).toEqual({ ...NOTHING, sequences: [2001, 2002, 2010], lostLines: 9 });
    expect(await look()).toEqual(NOTHING);
  });

  test('follow a file that began anew', async () => {
    using tree = node(records(1997, 1998, 1999));
    const { look } = watch(tree.host);
    await look();
    tree.write('/dev/kmsg', records(1, 2));
    expect(await look()).toEqual({ ...NOTHING, sequences: [1, 2] });
    tree.append('/dev/kmsg', records(3));
    expect(await look()).toEqual({ ...NOTHING, sequences: [3] });
  });

  test('do not report again what a shortened file still holds', async () => {
    using tree = node(records(1996, 1997, 1998, 1999));
    const { look } = watch(tree.host);
    await look();
    tree.write('/dev/kmsg', records(1998, 1999, 2000));
    expect(await look()).toEqual({ ...NOTHING, sequences: [2000] });
  });

  test('begin anew when the node has booted again', async () => {
    using tree = node(records(1999));
    const { look, collector } = watch(tree.host);
    await look();
    tree.write('/proc/sys/kernel/random/boot_id', `${NEXT_BOOT}\n`);
    tree.write('/proc/uptime', '30.00 1.00\n');
    tree.write('/dev/kmsg', records(1, 2, 29));
    expect(await look()).toEqual({ ...NOTHING, sequences: [1, 2, 29], lostLines: 26, lookedBack: '15 min' });
    expect(collector.position()).toEqual({ bootId: NEXT_BOOT, sequence: 29 });
  });

  test('hold when the boot id cannot be read for once', async () => {
    using tree = node(records(1999));
    const { look } = watch(tree.host);
    await look();
    tree.remove('/proc/sys/kernel/random/boot_id');
    tree.append('/dev/kmsg', records(2000));
    expect(await look()).toEqual({ ...NOTHING, sequences: [2000] });
  });

  test('drop the end of a flood, and say how much', async () => {
    using tree = node('');
    const { look } = watch(tree.host);
    await look();
    tree.append('/dev/kmsg', records(...Array.from({ length: 20_100 }, (_, n) => n + 2000)));
    const { sequences, droppedLines, lostLines } = await look();
    expect([sequences.length, sequences[0], sequences.at(-1), droppedLines, lostLines]).toEqual([20_000, 2000, 21_999, 100, 0]);
    tree.append('/dev/kmsg', records(22_100));
    expect(await look()).toEqual({ ...NOTHING, sequences: [22_100] });
  });

  test('that is given up loses nothing', async () => {
    using tree = node(records(1998, 1999));
    const collector = kernelLogCollector();
    await expect(collector.collect(tree.host, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    expect((await collector.collect(tree.host, running)).lines).toHaveLength(2);
  });

  test('read a pipe', async () => {
    using tree = nodeTree({ '/dev/null': '', '/proc/uptime': '2000.00 1.00\n' });
    execFileSync('mkfifo', [join(tree.root, 'dev/kmsg')]);
    const { look } = watch(tree.host);
    expect(await look()).toEqual({ ...NOTHING, lookedBack: '15 min' });
    const writer = openSync(join(tree.root, 'dev/kmsg'), 'w');
    writeSync(writer, records(1999));
    expect(await look()).toEqual({ ...NOTHING, sequences: [1999] });
    closeSync(writer);
  });
});

describe('the kernel overran the reader', () => {
  /** Answers as the character device does: the given answers, one a read, then nothing. */
  const device = (...answers: readonly (ReturnType<LogFile['read']> | Error)[]): LogFile => {
    const rest = [...answers];
    return {
      read: () => {
        const next = rest.shift() ?? { records: [], overruns: 0, more: false };
        if (next instanceof Error) throw next;
        return next;
      },
      close: () => {},
    };
  };
  const lines = (...sequences: readonly number[]): string[] => records(...sequences).split('\n').slice(0, -1);

  test('EPIPE with a gap counts the gap, without one at least itself', async () => {
    using tree = node('');
    const log = device(
      { records: lines(1990), overruns: 0, more: false },
      { records: lines(1995), overruns: 1, more: false },
      { records: [], overruns: 1, more: false },
    );
    const { look } = watch({ ...tree.host, openLog: () => log });
    await look();
    expect(await look()).toMatchObject({ sequences: [1995], lostLines: 4 });
    expect(await look()).toMatchObject({ sequences: [], lostLines: 1 });
  });

  test('a device that fails is opened anew, and nothing is told twice', async () => {
    using tree = node('');
    const broken = new HostError('read', '/dev/kmsg', Object.assign(new Error('gone'), { code: 'ENODEV' }));
    const logs = [device({ records: lines(1990, 1991), overruns: 0, more: false }, broken), device({ records: lines(1990, 1991, 1992), overruns: 0, more: false })];
    const { look } = watch({ ...tree.host, openLog: () => logs.shift() ?? device() });
    expect(await look()).toMatchObject({ sequences: [1990, 1991] });
    await expect(look()).rejects.toThrow('cannot read /dev/kmsg: ENODEV');
    expect(await look()).toEqual({ ...NOTHING, sequences: [1992] });
  });
});

describe('after a restart', () => {
  test('the position of the same boot goes on from there, however old', async () => {
    using tree = node(records(1, 2, 3, 4));
    const { look, collector } = watch(tree.host, { position: { bootId: BOOT, sequence: 2 } });
    expect(await look()).toEqual({ ...NOTHING, sequences: [3, 4], lookedBack: 'to where the last run ended' });
    expect(collector.position()).toEqual({ bootId: BOOT, sequence: 4 });
  });

  test('and counts what was overwritten meanwhile', async () => {
    using tree = node(records(10, 11));
    expect(await watch(tree.host, { position: { bootId: BOOT, sequence: 7 } }).look()).toMatchObject({ sequences: [10, 11], lostLines: 2 });
  });

  test('and nothing came since', async () => {
    using tree = node(records(1998, 1999));
    const { look, collector } = watch(tree.host, { position: { bootId: BOOT, sequence: 1999 } });
    expect(await look()).toMatchObject({ sequences: [], lostLines: 0 });
    expect(collector.position()).toEqual({ bootId: BOOT, sequence: 1999 });
  });

  test('the position of another boot is worth nothing', async () => {
    using tree = node(records(5, 1998, 1999));
    expect(await watch(tree.host, { position: { bootId: NEXT_BOOT, sequence: 1998 } }).look()).toMatchObject({
      sequences: [1998, 1999],
      lookedBack: '15 min',
    });
  });

  test('a position beyond the newest line is worth nothing', async () => {
    using tree = node(records(5, 1998, 1999));
    expect(await watch(tree.host, { position: { bootId: BOOT, sequence: 9000 } }).look()).toMatchObject({
      sequences: [1998, 1999],
      lookedBack: '15 min',
    });
  });

  test('no position is known before the first line', () => {
    expect(kernelLogCollector().position()).toBeUndefined();
  });
});
