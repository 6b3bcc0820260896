import type { Cause, EvidenceValue, Finding, Place, Report, SourceStatus } from '../agent/model.ts';
import { jsonText } from './escape.ts';

type JsonValue = string | number | boolean | readonly string[];

/** What `diagnose --json` and `/api/v1/report` give. Fields are added, never renamed or removed, while `version` is 1. */
export interface ReportJson {
  readonly version: 1;
  readonly node: string;
  readonly takenAt: string;
  readonly windowSeconds: number;
  readonly sources: readonly { readonly name: string; readonly status: SourceStatus['status']; readonly why?: string }[];
  readonly findings: readonly FindingJson[];
  readonly instanceType?: string;
  readonly rulesEvaluated: number;
}

/** A finding of preflight also says where: `file`, `line`, `object`, `field` and what else its place holds. */
export interface FindingJson extends Omit<Finding, 'evidence' | 'suppressed' | 'place'>, Partial<Place> {
  readonly evidence: Readonly<Record<string, JsonValue>>;
  readonly suppressed?: string;
}

/** The report without its snapshot, as plain JSON values in a fixed order of keys. */
export function reportJson(report: Report): ReportJson {
  return {
    version: 1,
    node: report.node,
    takenAt: report.takenAt,
    windowSeconds: report.windowSeconds,
    sources: report.sources.map(({ name, status, why }) => ({ name, status, ...(why !== undefined && { why }) })),
    findings: report.findings.map(findingJson),
    ...(report.instanceType !== undefined && { instanceType: report.instanceType }),
    rulesEvaluated: report.rulesEvaluated,
  };
}

/** The same as text, indented, with control characters as JSON escapes: it may be printed to a terminal. */
export function reportText(report: Report): string {
  return `${jsonText(reportJson(report), 2)}\n`;
}

function findingJson(finding: Finding): FindingJson {
  return {
    rule: finding.rule,
    severity: finding.severity,
    state: finding.state,
    subject: finding.subject,
    message: finding.message,
    evidence: evidenceJson(finding),
    causes: finding.causes.map(causeJson),
    since: finding.since,
    page: finding.page,
    title: finding.title,
    changedAt: finding.changedAt,
    count: finding.count,
    shadow: finding.shadow,
    explainedBy: finding.explainedBy.map(({ rule, subject }) => ({ rule, subject })),
    explains: finding.explains.map(({ rule, subject }) => ({ rule, subject })),
    pods: finding.pods.map(({ namespace, name, gpus, efa, rdma }) => ({ namespace, name, gpus, efa, rdma })),
    ...(finding.suppressed !== undefined && { suppressed: finding.suppressed }),
    ...finding.place,
  };
}

function causeJson({ cause, likelihood, why, check, fix }: Cause): Cause {
  return { cause, likelihood, why, check: [...check], fix: [...fix] };
}

/** Evidence as JSON can hold it: a bigint as a number where that is exact, else in digits; `Infinity` and `NaN` in words. */
export function evidenceJson({ evidence }: Pick<Finding, 'evidence'>): Readonly<Record<string, JsonValue>> {
  return Object.fromEntries(Object.entries(evidence).map(([key, value]) => [key, jsonValue(value)]));
}

function jsonValue(value: EvidenceValue): JsonValue {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  return typeof value === 'object' ? [...value] : value;
}
