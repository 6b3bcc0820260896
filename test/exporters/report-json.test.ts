import { expect, test } from 'vitest';
import { reportJson, reportText } from '../../exporters/report-json.ts';
import { finding, HOSTILE, report } from './fixture.ts';

const cause = { cause: 'receiver-too-slow', likelihood: 'likely', why: 'busy', check: ['top'], fix: [] } as const;

test('the report as one object, keys in a fixed order', () => {
  const findings = [finding({ causes: [cause], suppressed: 'known, until 2026-12-01' })];
  expect(reportText(report({ findings }))).toBe(`{
  "version": 1,
  "node": "ip-10-0-3-7",
  "takenAt": "2026-11-23T20:01:05.000Z",
  "windowSeconds": 10,
  "sources": [
    {
      "name": "infiniband",
      "status": "ok"
    },
    {
      "name": "imds",
      "status": "failed",
      "why": "IMDS did not answer within 1 s"
    },
    {
      "name": "nvidia-query",
      "status": "absent",
      "why": "no NVIDIA function on PCI"
    }
  ],
  "findings": [
    {
      "rule": "FabricReceiveDrops",
      "severity": "warning",
      "state": "firing",
      "subject": "rdmap16s0/1",
      "message": "dropped 18 204 received packets in 10 s (1 820 a second, limit 100)",
      "evidence": {
        "rx_drops": 18204
      },
      "causes": [
        {
          "cause": "receiver-too-slow",
          "likelihood": "likely",
          "why": "busy",
          "check": [
            "top"
          ],
          "fix": []
        }
      ],
      "since": "2026-11-23T20:01:00.000Z",
      "page": "rules/fabric/receive-drops.md",
      "title": "Fabric port drops received packets",
      "changedAt": "2026-11-23T20:01:00.000Z",
      "count": 1,
      "shadow": false,
      "explainedBy": [],
      "explains": [],
      "pods": [],
      "suppressed": "known, until 2026-12-01"
    }
  ],
  "instanceType": "p4d.24xlarge",
  "rulesEvaluated": 24
}
`);
});

test('evidence that JSON numbers cannot hold leaves in letters', () => {
  const evidence = { safe: 2n ** 53n - 1n, big: 2n ** 64n - 1n, none: NaN, all: Infinity, list: ['a'], yes: true };
  expect(reportJson(report({ findings: [finding({ evidence })] })).findings[0]?.evidence).toEqual({
    safe: 9_007_199_254_740_991,
    big: '18446744073709551615',
    none: 'NaN',
    all: 'Infinity',
    list: ['a'],
    yes: true,
  });
});

test('hostile text arrives whole and cannot act on a terminal', () => {
  const hostile = report({ node: HOSTILE, findings: [finding({ subject: HOSTILE, evidence: { [HOSTILE]: HOSTILE } })] });
  const text = reportText(hostile);
  expect(JSON.parse(text)).toEqual(reportJson(hostile));
  expect(reportJson(hostile).findings[0]?.subject).toBe(HOSTILE);
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

test('a report without instance type has no such key', () => {
  expect(Object.keys(reportJson(report({ instanceType: undefined })))).not.toContain('instanceType');
});
