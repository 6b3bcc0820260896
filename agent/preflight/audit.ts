import { configureRules, suppressionFor, type Config } from '../config.ts';
import { Engine } from '../engine.ts';
import type { Finding, Manifests, PreflightReport, Reading, Snapshot, SourceName } from '../model.ts';
import { SOURCE_NAMES } from '../source-names.ts';
import type { Rule } from '../../rules/define.ts';
import { annotationSuppressions } from './annotations.ts';

const NOT_READ: Reading<never> = { status: 'absent', why: 'preflight reads manifests, not a node' };
const SEVERITIES = ['critical', 'warning', 'info'];
const STATES = ['firing', 'unknown', 'resolved'];

/** Judges manifests once, by the same engine that judges nodes. */
export function audit(manifests: Manifests, config: Config, rules: readonly Rule[], wall: Date): PreflightReport {
  const configured = configureRules(config, rules, 0);
  const engine = new Engine({ rules: configured, suppression: suppressionFor(config) });
  const readings = SOURCE_NAMES.map((name): [SourceName, Reading<unknown>] => [name, NOT_READ]);
  const snapshot = { ...Object.fromEntries(readings), manifests: { status: 'ok', atSeconds: 0, value: manifests } } as Snapshot;
  const { findings, notes } = annotationSuppressions(manifests, engine.look(snapshot, { monotonicSeconds: 0, wall }), rules);
  return {
    node: 'preflight',
    instanceType: undefined,
    takenAt: wall.toISOString(),
    windowSeconds: 0,
    sources: [{ name: 'manifests', status: 'ok', why: undefined, durationSeconds: 0, lastSuccessSeconds: undefined }],
    findings: findings.toSorted(byPlace),
    rulesEvaluated: configured.length,
    podDevices: [],
    snapshot,
    files: manifests.files,
    skipped: manifests.skipped,
    notes,
  };
}

/** Worst first, then as the files are read. */
function byPlace(a: Finding, b: Finding): number {
  return (
    STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    (a.place?.file ?? '').localeCompare(b.place?.file ?? '') ||
    (a.place?.line ?? 0) - (b.place?.line ?? 0) ||
    a.rule.localeCompare(b.rule)
  );
}
