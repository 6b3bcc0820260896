import { expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../../../agent/config.ts';
import type { ChecklistItem } from '../../../agent/model.ts';
import { audit } from '../../../agent/preflight/audit.ts';
import { checklistText, renderChecklist } from '../../../exporters/preflight/checklist.ts';
import { manifests, pod } from '../../rules/manifest/manifests.ts';

const report = audit(manifests(pod('image: a:1')), DEFAULT_CONFIG, [], new Date('2026-11-23T12:00:00Z'));
const item = (changes: Partial<ChecklistItem>): ChecklistItem => ({ section: 'Infrastructure', text: 'A thing is so', status: 'passed', why: 'it is', rules: [], checks: [], nodeRules: [], places: [], ...changes });

test('each line with what was found, where, and who decides it', () => {
  const items = [
    item({ rules: ['LatestImage', 'ManifestInvalid'] }),
    item({ status: 'failed', why: 'it is not, says \u001b[31ma file', rules: ['LatestImage'], places: ['a:1', 'a:2', 'a:3', 'a:4', 'a:5'] }),
    item({ section: 'Monitoring', status: 'hidden', why: 'somebody else knows', checks: ['node-addresses'], nodeRules: ['EfaSecondaryCidr'] }),
    item({ section: 'Monitoring', status: 'look', why: 'it may be on purpose', checks: ['a', 'b'] }),
    item({ section: 'Monitoring', status: 'hidden', why: 'nobody knows' }),
  ];
  expect(renderChecklist(report, items, { width: 80, colour: false })).toBe(`railmedic preflight  checklist of 1 file, 1 object, 1 workload

Infrastructure
  passed    A thing is so
            it is
            decided by LatestImage, ManifestInvalid
  FAILED    A thing is so
            it is not, says \\u001b[31ma file
            a:1, a:2, a:3, a:4, and 1 more
            decided by LatestImage

Monitoring
  not here  A thing is so
            somebody else knows
            decided by node-addresses of --cluster; on a node by
            EfaSecondaryCidr
  look      A thing is so
            it may be on purpose
            decided by a and b of --cluster
  not here  A thing is so
            nobody knows
            no rule decides it

1 passed, 1 failed, 1 to look at, 2 cannot be told from here. railmedic
preflight without --checklist shows every finding and what to write.
`);
});

test('a program gets the report with the lines', () => {
  expect(JSON.parse(checklistText(report, [item({})]))).toMatchObject({ version: 1, files: ['job.yaml'], checklist: [{ section: 'Infrastructure', text: 'A thing is so', status: 'passed', why: 'it is', places: [] }] });
});
