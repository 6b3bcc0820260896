import { expect, test } from 'vitest';
import type { Finding, Report } from '../../agent/model.ts';
import { exitStatus, sortOut, verdictOf } from '../../exporters/verdict.ts';
import { calmReport, finding, source } from './fixture.ts';

const critical = { severity: 'critical' } as const;
const info = { severity: 'info' } as const;
const unknown = { state: 'unknown' } as const;

test.each<[string, number, string, Partial<Finding>[], Partial<Report>]>([
  ['nothing', 0, 'OK', [], {}],
  ['info', 0, 'OK', [info], {}],
  ['a warning', 1, 'WARNING', [{}], {}],
  ['a warning and a critical', 2, 'CRITICAL', [{}, critical], {}],
  ['a resolved critical', 0, 'OK', [{ ...critical, state: 'resolved' }], {}],
  ['an unknown', 3, 'UNKNOWN', [{ ...critical, ...unknown }], {}],
  ['an unknown info', 0, 'OK', [{ ...info, ...unknown }], {}],
  ['an unknown beside a warning', 1, 'WARNING', [unknown, {}], {}],
  ['a suppressed critical', 0, 'OK', [{ ...critical, suppressed: 'known' }], {}],
  ['a suppressed unknown', 0, 'OK', [{ ...unknown, suppressed: 'known' }], {}],
  ['a shadow critical', 0, 'OK', [{ ...critical, shadow: true }], {}],
  ['a failed source', 3, 'UNKNOWN', [], { sources: [source('imds', { status: 'failed', why: 'no answer' })] }],
  ['a failed source and info', 3, 'UNKNOWN', [info], { sources: [source('imds', { status: 'failed', why: 'no answer' })] }],
  ['a failed source and a critical', 2, 'CRITICAL', [critical], { sources: [source('imds', { status: 'failed' })] }],
  ['an absent source', 0, 'OK', [], { sources: [source('imds', { status: 'absent', why: 'not on EC2' })] }],
])('%s: exit status %d, %s', (_, status, verdict, findings, fields) => {
  const report = calmReport({ ...fields, findings: findings.map(finding) });
  expect(exitStatus(report)).toBe(status);
  expect(verdictOf(report)).toBe(verdict);
});

test('firing findings are told worst first, otherwise in the order of the report', () => {
  const findings = [
    finding({ ...info, subject: 'a' }),
    finding({ subject: 'b' }),
    finding({ subject: 'c', suppressed: 'x' }),
    finding({ ...critical, subject: 'd' }),
    finding({ subject: 'e' }),
    finding({ subject: 'f', shadow: true, suppressed: 'x' }),
    finding({ subject: 'g', state: 'resolved', shadow: true }),
  ];
  const sorted = sortOut(calmReport({ findings }));
  expect(sorted.firing.map(({ subject }) => subject)).toEqual(['d', 'b', 'e', 'a']);
  expect(sorted.suppressed.map(({ subject }) => subject)).toEqual(['c']);
  expect(sorted.shadow.map(({ subject }) => subject)).toEqual(['f']);
  expect(sorted.resolved).toEqual([]);
});
