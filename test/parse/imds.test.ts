import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  parseCidrs,
  parseId,
  parseIpv4s,
  parseMacs,
  parseName,
  parseRebalance,
  parseScheduledEvents,
  parseSecurityGroupIds,
  parseSmallNumber,
  parseSpotAction,
} from '../../agent/parse/imds.ts';

const HTML = '<html><body>404 - Not Found</body></html>';

describe('plain values', () => {
  test('as IMDS writes them', () => {
    expect(parseId('p5.48xlarge')).toBe('p5.48xlarge');
    expect(parseName('training group 1\n')).toBe('training group 1');
    expect(parseSmallNumber('31')).toBe(31);
    expect(parseMacs('02:df:00:00:00:01/\n02:DF:00:00:00:02/\n')).toEqual(['02:df:00:00:00:01', '02:df:00:00:00:02']);
    expect(parseCidrs('10.0.0.0/16\n100.64.0.0/16')).toEqual(['10.0.0.0/16', '100.64.0.0/16']);
    expect(parseIpv4s('10.0.3.7\n10.0.3.8')).toEqual(['10.0.3.7', '10.0.3.8']);
    expect(parseSecurityGroupIds('sg-0aaa1111bbbb2222c\nsg-12345678')).toEqual(['sg-0aaa1111bbbb2222c', 'sg-12345678']);
  });

  test.each([HTML, '', undefined, '\u0000', 'x'.repeat(70_000), '10.0.0.0/99', '999.1.1.1', 'sg-1;reboot', 'sg-$(reboot)', '1e3', '-4'])(
    'nonsense is nothing: %#',
    (body) => {
      expect(parseSmallNumber(body)).toBeUndefined();
      expect(parseMacs(body)).toEqual([]);
      expect(parseCidrs(body)).toEqual([]);
      expect(parseIpv4s(body)).toEqual([]);
      expect(parseSecurityGroupIds(body)).toEqual([]);
    },
  );

  test.each([HTML, '', undefined, 'two words', 'a;b', '$(reboot)', 'x'.repeat(256), '-rf'])('no identifier: %#', (body) => {
    expect(parseId(body)).toBeUndefined();
  });
});

describe('announcements', () => {
  test('a spot interruption', () => {
    expect(parseSpotAction('{"action": "terminate", "time": "2026-09-18T08:22:00Z"}')).toEqual([
      { kind: 'spot-interruption', action: 'terminate', when: '2026-09-18T08:22:00.000Z', detail: undefined },
    ]);
  });

  test('a rebalance recommendation', () => {
    expect(parseRebalance('{"noticeTime": "2026-11-05T08:22:00Z"}')).toEqual([
      { kind: 'rebalance-recommendation', action: undefined, when: undefined, detail: 'recommended at 2026-11-05T08:22:00.000Z' },
    ]);
  });

  test('scheduled events that are active', () => {
    const body = `[ {
      "NotBefore" : "21 Jan 2026 09:00:43 GMT", "Code" : "system-reboot", "Description" : "scheduled reboot",
      "EventId" : "instance-event-0d59937288b749b32", "NotAfter" : "21 Jan 2026 09:17:23 GMT", "State" : "active"
    }, { "Code" : "instance-stop", "Description" : "[Completed] old", "EventId" : "instance-event-1", "State" : "completed" } ]`;
    expect(parseScheduledEvents(body)).toEqual([
      {
        kind: 'scheduled-event',
        action: 'system-reboot',
        when: '2026-01-21T09:00:43.000Z',
        detail: 'scheduled reboot, instance-event-0d59937288b749b32',
      },
    ]);
    expect(parseScheduledEvents('[]')).toEqual([]);
  });

  test.each([undefined, '', HTML, '{', 'null', '"terminate"', '[null, 1, "x", {"Code": 5, "State": "active"}]', '{"action": {}, "noticeTime": 7}'])(
    'nonsense announces nothing: %j',
    (body) => {
      expect([...parseSpotAction(body), ...parseRebalance(body), ...parseScheduledEvents(body)]).toEqual([]);
    },
  );

  test('an unreadable time costs the time only', () => {
    expect(parseSpotAction('{"action": "stop", "time": "soon"}')).toEqual([
      { kind: 'spot-interruption', action: 'stop', when: undefined, detail: undefined },
    ]);
  });

  test('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        expect(() => [parseSpotAction(body), parseRebalance(body), parseScheduledEvents(body)]).not.toThrow();
      }),
    );
  });
});
