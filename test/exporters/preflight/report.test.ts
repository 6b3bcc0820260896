import { expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../../../agent/config.ts';
import type { PreflightReport } from '../../../agent/model.ts';
import { audit } from '../../../agent/preflight/audit.ts';
import { preflightJson } from '../../../exporters/preflight/json.ts';
import { renderPreflight, skippedLines } from '../../../exporters/preflight/report.ts';
import { sarifText } from '../../../exporters/preflight/sarif.ts';
import { latestImage } from '../../../rules/manifest/latest-image.ts';
import { manifestInvalid } from '../../../rules/manifest/manifest-invalid.ts';
import { manifests, pod } from '../../rules/manifest/manifests.ts';

const rules = [manifestInvalid, latestImage];
const report = (text: string): PreflightReport => audit(manifests(text), DEFAULT_CONFIG, rules, new Date('2026-11-23T12:00:00Z'));
const shown = (text: string): string => renderPreflight(report(text), { width: 90, colour: false });

const faulty = `${pod('image: a')}\n---\nkind: Pod\napiVersion: v1\n\tx: 1\n---\n${pod('image: b:latest', '', 'annotations: { railmedic.io/ignore.LatestImage: a test }').replace('name: test', 'name: second')}\n---\napiVersion: example.com/v1\nkind: Thing\nmetadata: { name: t }\n`;

test('a person sees the verdict, each fault with its line and what to write, and what was left aside', () => {
  expect(shown(faulty)).toBe(`railmedic preflight  1 file, 2 objects, 2 workloads                               CRITICAL

CRITICAL  The file is not YAML                                             ManifestInvalid
  job.yaml:12:1  not YAML: Tabs are not allowed as indentation
      12 | →x: 1
           ^
    why         railmedic explain ManifestInvalid
                rules/manifest/manifest-invalid.md

WARNING  An image without a fixed version                                      LatestImage
  job.yaml:8  Pod/default/test
    spec.containers[0].image
    container main runs a: no tag, which means :latest; two pods of one job may run
    different code, and a restart may run a third
    found       a
    expected    a version tag or a digest
    write
      image: a:<version>
      # or image: a@sha256:<digest>
    why         railmedic explain LatestImage
                rules/manifest/latest-image.md

left aside      job.yaml:24: Thing/default/t: no rule knows Thing of example.com/v1, and
                it holds no pod template
suppressed: LatestImage on Pod/default/second spec.containers[0].image (a test (annotation
railmedic.io/ignore.LatestImage))
2 rules looked, 2 fire at 2 places. To silence one: annotation railmedic.io/ignore.<rule>:
"<reason>".
`);
});

test('a person sees that nothing is wrong, and what could not be judged', () => {
  expect(shown(pod('image: a:1'))).toBe(`railmedic preflight  1 file, 1 object, 1 workload                                       OK

OK  nothing is wrong that 2 rules can see
`);
  expect(shown('image: {{ .Values.image }}\n')).toContain('\nnot judged      job.yaml:1: a Helm template that was not rendered cannot be judged;');
});

test('text of manifests cannot act on the terminal', () => {
  expect(shown(pod('image: "a\\u001b[31m"'))).toContain('runs a\\u001b[31m: no tag');
});

test('a program gets the shape of diagnose --json, with the place beside each finding', () => {
  const { findings, skipped, ...rest } = preflightJson(report(faulty));
  expect(rest).toMatchObject({ version: 1, node: 'preflight', sources: [{ name: 'manifests', status: 'ok' }], rulesEvaluated: 2, files: ['job.yaml'], notes: [] });
  expect(findings.find(({ rule, suppressed }) => rule === 'LatestImage' && suppressed === undefined)).toMatchObject({ file: 'job.yaml', line: 8, column: 7, object: 'Pod/default/test', field: 'spec.containers[0].image', found: 'a' });
  expect(skipped).toEqual([{ file: 'job.yaml', line: 24, what: 'Thing/default/t', why: 'no rule knows Thing of example.com/v1, and it holds no pod template' }]);
});

test('a code host gets SARIF: rules, levels, regions, fingerprints and suppressions', () => {
  const log = JSON.parse(sarifText(report(faulty), rules, new Map([['rules/manifest/latest-image.md', '---\nrule: LatestImage\n---\n\n## Symptom\n']]))) as { runs: [{ tool: { driver: { rules: object[] } }; results: object[] }] };
  const [run] = log.runs;
  expect(log).toMatchObject({ version: '2.1.0', runs: [{ artifacts: [{ location: { uri: 'job.yaml' } }], columnKind: 'utf16CodeUnits' }] });
  expect(run.tool.driver.rules).toMatchObject([
    { id: 'ManifestInvalid', defaultConfiguration: { level: 'error' } },
    { id: 'LatestImage', defaultConfiguration: { level: 'warning' }, help: { markdown: '## Symptom\n' }, shortDescription: { text: 'An image without a fixed version' } },
  ]);
  expect(run.results).toMatchObject([
    { ruleId: 'ManifestInvalid', ruleIndex: 0, kind: 'fail', level: 'error', locations: [{ physicalLocation: { artifactLocation: { uri: 'job.yaml' }, region: { startLine: 12, startColumn: 1 } } }] },
    {
      ruleId: 'LatestImage',
      ruleIndex: 1,
      level: 'warning',
      message: { text: expect.stringContaining('\nFound: a\nExpected: a version tag or a digest\nWrite:\nimage: a:<version>') },
      locations: [{ physicalLocation: { region: { startLine: 8, startColumn: 7 } }, logicalLocations: [{ fullyQualifiedName: 'Pod/default/test spec.containers[0].image' }] }],
      partialFingerprints: { 'railmedicSubject/v1': expect.stringMatching(/^[0-9a-f]{64}$/) },
    },
    { ruleId: 'LatestImage', suppressions: [{ kind: 'inSource', status: 'accepted', justification: 'a test (annotation railmedic.io/ignore.LatestImage)' }] },
  ]);
  const [hidden] = (JSON.parse(sarifText(report('{{ .Values.x }}'), rules, new Map())) as typeof log).runs[0].results;
  expect(hidden).toMatchObject({ kind: 'open', level: 'none' });
});

test('text of manifests neither makes a link nor hides in SARIF', () => {
  const log = JSON.parse(sarifText(report(pod('image: "[free](https://example.com)\\u001b[31m"')), rules, new Map())) as { runs: [{ results: [object] }] };
  expect(log.runs[0].results[0]).toMatchObject({
    message: { text: expect.stringMatching(/^container main runs \[free\] \(https:\/\/example\.com\)\\u001b\[31m: no tag.*\nFound: \[free\] \(https/s) },
  });
});

test('what was left aside for one reason is told once', () => {
  const skipped = [1, 2, 3].map((line) => ({ file: 'a.yaml', line, what: 'Kustomization', why: 'kustomize reads it' }));
  expect(skippedLines([...skipped, { file: 'b.yaml', line: 7, what: 'document', why: 'it has no kind' }], 80)).toEqual([
    'left aside      a.yaml:1 and 2 more: Kustomization: kustomize reads it',
    '                b.yaml:7: document: it has no kind',
  ]);
  const many = Array.from({ length: 10 }, (_, index) => ({ file: 'a.yaml', line: index + 1, what: `Thing/${index}`, why: 'no rule knows it' }));
  expect(skippedLines(many, 80).at(-1)).toBe('                and 2 more (--json names them all)');
});
