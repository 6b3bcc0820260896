import type { ChecklistItem, ClusterCheck, Finding, ManifestWorkload, PreflightReport } from '../model.ts';
import { CHECKLIST, type ChecklistEntry } from './checklist.ts';

type Told = Pick<ChecklistItem, 'status' | 'why'> & Partial<Pick<ChecklistItem, 'places'>>;

/** The checklist, judged by what the rules `asked` found and by what `--cluster` saw. */
export function judgeChecklist(report: PreflightReport, asked: readonly string[]): readonly ChecklistItem[] {
  const { manifests } = report.snapshot;
  const read = manifests.status === 'ok' ? manifests.value : undefined;
  return CHECKLIST.map((entry) => {
    const { section, text, rules, checks, nodeRules } = entry;
    const seen = (read?.cluster?.checks ?? []).filter(({ name }) => checks.includes(name));
    const told = entry.elsewhere === undefined ? byRules(entry, report, read?.workloads ?? [], asked) : byChecks(seen, entry.elsewhere);
    return { section, text, status: told.status, why: told.why, rules, checks, nodeRules, places: told.places ?? [] };
  });
}

function byChecks(checks: readonly ClusterCheck[], elsewhere: string): Told {
  const failed = checks.filter(({ status }) => status === 'failed');
  if (failed.length > 0) return { status: 'failed', why: failed.map(({ found }) => found).join('; ') };
  const open = checks.filter(({ status }) => status !== 'ok');
  if (checks.length > 0 && open.length === 0) return { status: 'passed', why: checks.map(({ found }) => found).join('; ') };
  return { status: 'hidden', why: open.length > 0 ? open.map(({ found }) => found).join('; ') : elsewhere };
}

function byRules(entry: ChecklistEntry, { findings }: PreflightReport, workloads: readonly ManifestWorkload[], asked: readonly string[]): Told {
  const missing = entry.rules.filter((rule) => !asked.includes(rule));
  if (missing.length > 0) return { status: 'hidden', why: `${missing.join(' and ')} ${missing.length === 1 ? 'was' : 'were'} not asked` };
  const concerned = workloads.filter((workload) => entry.concerns(workload));
  if (concerned.length === 0) return { status: 'hidden', why: `no ${entry.concern} among what was read` };
  const own = findings.filter((finding) => entry.rules.includes(finding.rule) && !finding.shadow && concerned.some((workload) => isOf(finding, workload)));
  const firing = own.filter(({ state, suppressed }) => state === 'firing' && suppressed === undefined);
  const wrong = firing.filter(({ severity }) => severity !== 'info');
  if (wrong.length > 0) return { status: 'failed', why: saidOf(wrong), places: placesOf(wrong) };
  const unknown = own.filter(({ state, suppressed }) => state === 'unknown' && suppressed === undefined);
  if (unknown.length > 0) return { status: 'hidden', why: saidOf(unknown), places: placesOf(unknown) };
  if (firing.length > 0) return { status: 'look', why: saidOf(firing), places: placesOf(firing) };
  const silenced = own.filter(({ suppressed }) => suppressed !== undefined).length;
  return { status: 'passed', why: silenced === 0 ? entry.passed : `${entry.passed}; ${silenced} silenced, with a reason` };
}

/** A finding of a ConfigMap that a workload reads is not counted to it: its rules point to the workload. */
function isOf({ subject }: Finding, { object }: ManifestWorkload): boolean {
  return subject === object.label || subject.startsWith(`${object.label} `);
}

function saidOf(findings: readonly Finding[]): string {
  const [first] = findings;
  const rest = findings.length - 1;
  return `${first?.message ?? ''}${rest === 0 ? '' : ` (and ${rest} more)`}`;
}

function placesOf(findings: readonly Finding[]): readonly string[] {
  return [...new Set(findings.flatMap(({ place }) => (place ? [`${place.file}:${place.line}`] : [])))];
}
