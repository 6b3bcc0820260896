import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIG, type Config } from '../../agent/config.ts';
import type { PreflightReport } from '../../agent/model.ts';
import { audit } from '../../agent/preflight/audit.ts';
import { exitStatus } from '../../exporters/verdict.ts';
import { MANIFEST_RULES } from '../../rules/index.ts';
import { latestImage } from '../../rules/manifest/latest-image.ts';
import { manifestInvalid } from '../../rules/manifest/manifest-invalid.ts';
import { manifests, pod } from '../rules/manifest/manifests.ts';

const rules = [manifestInvalid, latestImage];
const judged = (text: string, config: Partial<Config> = {}): PreflightReport => audit(manifests(text), { ...DEFAULT_CONFIG, ...config }, rules, new Date('2026-11-23T12:00:00Z'));
const told = ({ findings }: PreflightReport) => findings.map(({ rule, severity, state, suppressed, place }) => [rule, severity, state, place?.line, suppressed]);

test('the same engine: finding, place and exit status', () => {
  const report = judged(pod('image: a:latest'));
  expect(report.findings).toMatchObject([
    {
      rule: 'LatestImage',
      severity: 'warning',
      state: 'firing',
      subject: 'Pod/default/test spec.containers[0].image',
      since: '2026-11-23T12:00:00.000Z',
      page: 'rules/manifest/latest-image.md',
      place: { file: 'job.yaml', line: 8, object: 'Pod/default/test', field: 'spec.containers[0].image' },
    },
  ]);
  expect([exitStatus(report), exitStatus(judged(pod('image: a:1'))), exitStatus(judged('a: [')), exitStatus(judged('{{ .Values.x }}'))]).toEqual([1, 0, 2, 3]);
});

test('worst first, then in the order of the lines', () => {
  expect(told(judged(`${pod('image: a\nzzzzzzz: 1')}\n---\n${pod('image: b')}`)).map(([rule, , , line]) => [rule, line])).toEqual([
    ['ManifestInvalid', 9],
    ['LatestImage', 8],
    ['LatestImage', 18],
  ]);
});

describe('the configuration', () => {
  test('changes severity, switches off, shadows and suppresses', () => {
    const text = pod('image: a');
    expect(told(judged(text, { rules: { LatestImage: { severity: 'critical', forSeconds: 60 } } }))).toEqual([['LatestImage', 'critical', 'firing', 8, undefined]]);
    expect(judged(text, { rules: { LatestImage: { off: true } } })).toMatchObject({ findings: [], rulesEvaluated: 1 });
    expect(exitStatus(judged(text, { rules: { LatestImage: { shadow: true } } }))).toBe(0);
    const suppressions = [{ rule: 'LatestImage', subject: 'Pod/default/*', until: '2027-01-01T00:00:00Z', reason: 'a test' }];
    expect(told(judged(text, { suppressions }))).toEqual([['LatestImage', 'warning', 'firing', 8, 'a test (until 2027-01-01T00:00:00Z)']]);
  });
});

describe('an annotation', () => {
  const annotated = (value: string, rule = 'LatestImage'): string => pod('image: a', '', `annotations: { "railmedic.io/ignore.${rule}": "${value}" }`);

  test('silences a rule on its object, with its reason', () => {
    const report = judged(annotated('pinned by a webhook'));
    expect(told(report)).toEqual([['LatestImage', 'warning', 'firing', 9, 'pinned by a webhook (annotation railmedic.io/ignore.LatestImage)']]);
    expect([exitStatus(report), report.notes]).toEqual([0, []]);
  });

  test('on a pod template silences what lies below it', () => {
    const template = (annotations: string): string => `template: { metadata: { annotations: { ${annotations} } }, spec: { containers: [{ name: a, image: a }] } }`;
    const text = `apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: { name: a }\nspec:\n  headGroupSpec: { ${template('')} }\n  workerGroupSpecs: [{ groupName: w, ${template('railmedic.io/ignore.LatestImage: because')} }]`;
    expect(told(judged(text)).map(([, , , line, suppressed]) => [line, suppressed])).toEqual([
      [5, undefined],
      [6, 'because (annotation railmedic.io/ignore.LatestImage)'],
    ]);
  });

  test('without a reason, or for a rule that is none, silences nothing and says so', () => {
    expect(judged(annotated(' '))).toMatchObject({ findings: [{ suppressed: undefined }], notes: ['job.yaml:5: annotation railmedic.io/ignore.LatestImage gives no reason and silences nothing; write why, as its value'] });
    expect(judged(annotated('x', 'LatestImages')).notes).toEqual(['job.yaml:5: annotation railmedic.io/ignore.LatestImages names no rule that looked; did you mean LatestImage?']);
  });
});

test('no rule of the group needs time or another source', () => {
  for (const rule of MANIFEST_RULES) expect([rule.name, rule.needs, rule.uses, rule.forSeconds, rule.lasts]).toEqual([rule.name, ['manifests'], [], 0, 'level']);
});
