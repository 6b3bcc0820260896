import type { ClusterCheck, PreflightReport } from '../../agent/model.ts';
import { verdictOf, type ExitStatus, type Verdict } from '../verdict.ts';

const STATUSES: Readonly<Record<Verdict, ExitStatus>> = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 };
const WORST_FIRST: readonly Verdict[] = ['CRITICAL', 'WARNING', 'UNKNOWN', 'OK'];

/** What `--cluster` looked at beside manifests; empty without it. */
export function checksOf({ snapshot }: PreflightReport): readonly ClusterCheck[] {
  return snapshot.manifests.status === 'ok' ? (snapshot.manifests.value.cluster?.checks ?? []) : [];
}

/** The worse of what rules found and what was seen in the cluster. */
export function preflightVerdict(report: PreflightReport): Verdict {
  const all = [verdictOf(report), ...checksOf(report).map(checkVerdict)];
  return WORST_FIRST.find((verdict) => all.includes(verdict)) ?? 'OK';
}

/** After the convention of monitoring plugins. */
export function preflightStatus(report: PreflightReport): ExitStatus {
  return STATUSES[preflightVerdict(report)];
}

function checkVerdict({ status, severity }: ClusterCheck): Verdict {
  if (status === 'failed') return severity === 'critical' ? 'CRITICAL' : 'WARNING';
  return status === 'unknown' ? 'UNKNOWN' : 'OK';
}
