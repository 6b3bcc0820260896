import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseKmsg } from '../../agent/parse/kmsg.ts';

describe('parseKmsg', () => {
  test('a record of the NVIDIA driver, as a real kernel wrote it', () => {
    const text =
      'NVRM: Xid (PCI:0000:00:06): 31, pid=858, name=bad, channel 0x0000000a, intr 00000000. MMU Fault: ENGINE GRAPHICS GPC1 GPCCLIENT_T1_8 faulted @ 0x0_00000000. Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_WRITE';
    expect(parseKmsg(`4,360,111602398,c;${text}`)).toEqual({
      sequence: 360,
      microseconds: 111_602_398,
      priority: 4,
      text,
      fields: {},
    });
  });

  test('continuation lines are fields; what reads like a header is none', () => {
    expect(parseKmsg('6,7,8,-;efa 0000:79:00.0: Setup irq:1\n SUBSYSTEM=pci\n DEVICE=+pci:0000:79:00.0\n __proto__=x=y\n nothing')).toEqual({
      sequence: 7,
      microseconds: 8,
      priority: 6,
      text: 'efa 0000:79:00.0: Setup irq:1',
      fields: Object.fromEntries([
        ['SUBSYSTEM', 'pci'],
        ['DEVICE', '+pci:0000:79:00.0'],
        ['__proto__', 'x=y'],
      ]),
    });
  });

  test.each([
    ['the facility is cut from the priority (30 is daemon, info)', '30,1,2,-;systemd[1]: x', { priority: 6, text: 'systemd[1]: x' }],
    ['what stands behind the flags is ignored', '4,1,2,c,caller=T123,more=1;x;y', { priority: 4, text: 'x;y' }],
    ['an empty text', '4,1,2,-;', { text: '' }],
    ['escapes stay as they are', String.raw`4,1,2,-;a\x0ab\x1b[31m`, { text: String.raw`a\x0ab\x1b[31m` }],
    ['control characters stay too', '4,1,2,-;a\u001B[31m\u0000b', { text: 'a\u001B[31m\u0000b' }],
  ])('%s', (_, record, expected) => {
    expect(parseKmsg(record)).toMatchObject(expected);
  });

  test.each(['', 'plain text', '4,1,2;no flags', '4,-1,2,-;x', '4,1,two,-;x', 'x4,1,2,-;x', '4,1,2,-', `4,${'9'.repeat(16)},1,-;x`])(
    'no record: %j',
    (record) => {
      expect(parseKmsg(record)).toBeUndefined();
    },
  );

  test('a line of 8 KB is whole, a longer one is cut and says so', () => {
    expect(parseKmsg(`4,1,2,-;${'\u0007'.repeat(8192)}`)?.text).toBe('\u0007'.repeat(8192));
    expect(parseKmsg(`4,1,2,-;${'x'.repeat(8193)}`)?.text).toBe(`${'x'.repeat(8192)}…`);
  });

  test('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseKmsg(text)));
  });
});
