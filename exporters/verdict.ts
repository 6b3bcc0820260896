import type { Finding, Report, SourceStatus } from '../agent/model.ts';
import { severityRank } from './severity.ts';

export type Verdict = 'OK' | 'WARNING' | 'CRITICAL' | 'UNKNOWN';
export type ExitStatus = 0 | 1 | 2 | 3;

/** A report's findings by what a person does with them; each keeps the report's order, and none is in two lists. */
export interface Sorted {
  /** Firing, worst first, info last; neither shadow nor suppressed. */
  readonly firing: readonly Finding[];
  readonly unknown: readonly Finding[];
  readonly resolved: readonly Finding[];
  /** Firing as shadows. */
  readonly shadow: readonly Finding[];
  /** Firing and silenced by the configuration. */
  readonly suppressed: readonly Finding[];
  readonly failed: readonly SourceStatus[];
}

export function sortOut(report: Report): Sorted {
  const loud = report.findings.filter((finding) => !finding.shadow && finding.suppressed === undefined);
  const silent = report.findings.filter((finding) => finding.state === 'firing' && !loud.includes(finding));
  return {
    firing: loud
      .filter((finding) => finding.state === 'firing')
      .toSorted((a, b) => severityRank(a.severity) - severityRank(b.severity)),
    unknown: loud.filter((finding) => finding.state === 'unknown'),
    resolved: loud.filter((finding) => finding.state === 'resolved'),
    shadow: silent.filter((finding) => finding.shadow),
    suppressed: silent.filter((finding) => !finding.shadow),
    failed: report.sources.filter((source) => source.status === 'failed'),
  };
}

/** Shadow, suppressed and info findings do not count, neither firing nor unknown. */
export function verdictOf(report: Report): Verdict {
  const { firing, unknown, failed } = sortOut(report);
  if (firing.some((finding) => finding.severity === 'critical')) return 'CRITICAL';
  if (firing.some((finding) => finding.severity === 'warning')) return 'WARNING';
  const hidden = failed.length > 0 || unknown.some((finding) => finding.severity !== 'info');
  return hidden ? 'UNKNOWN' : 'OK';
}

/** Of `diagnose`, after the convention of monitoring plugins. */
export function exitStatus(report: Report): ExitStatus {
  const statuses: Readonly<Record<Verdict, ExitStatus>> = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 };
  return statuses[verdictOf(report)];
}
