import type { ClusterCheck, PreflightReport, SkippedDocument } from '../../agent/model.ts';
import { jsonText } from '../escape.ts';
import { reportJson, type ReportJson } from '../report-json.ts';

/** What `preflight --json` gives: the shape of `diagnose --json`, and what was read. */
export interface PreflightJson extends ReportJson {
  readonly files: readonly string[];
  readonly skipped: readonly SkippedDocument[];
  readonly notes: readonly string[];
  /** Only with `--cluster`. */
  readonly cluster?: { readonly server: string; readonly checks: readonly ClusterCheck[] };
}

export function preflightJson(report: PreflightReport): PreflightJson {
  const { manifests } = report.snapshot;
  const cluster = manifests.status === 'ok' ? manifests.value.cluster : undefined;
  return {
    ...reportJson(report),
    files: [...report.files],
    skipped: report.skipped.map(({ file, line, what, why }) => ({ file, line, what, why })),
    notes: [...report.notes],
    ...(cluster && { cluster: { server: cluster.server, checks: cluster.checks } }),
  };
}

/** The same as text, indented, with control characters as JSON escapes: it may be printed to a terminal. */
export function preflightText(report: PreflightReport): string {
  return `${jsonText(preflightJson(report), 2)}\n`;
}
