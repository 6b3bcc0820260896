import type { Severity } from '../agent/model.ts';

const WORST_FIRST: readonly Severity[] = ['critical', 'warning', 'info'];

/** 0 for the worst: sorts findings so that what must be mended first comes first. */
export function severityRank(severity: Severity): number {
  return WORST_FIRST.indexOf(severity);
}

export function isWorse(severity: Severity, than: Severity): boolean {
  return severityRank(severity) < severityRank(than);
}
