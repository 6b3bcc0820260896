import type { Finding, Report } from '../../agent/model.ts';
import { isAtLeast, type Floor } from '../node-condition/judge.ts';
import { isWorse, severityRank } from '../severity.ts';
import { keyOf } from '../stories.ts';
import { sortOut } from '../verdict.ts';
import { targetKey, type Announcement, type PodTarget, type Target } from './types.ts';

interface Told {
  readonly finding: Finding;
  readonly target: Target;
  /** Its end as the report had it, which forgets that after ten minutes: an outage of the API server can last longer. */
  readonly resolved?: Finding;
}

/** A fault of the whole node concerns each of up to 250 pods; the Node's own Event tells it to all. */
const PODS_PER_FINDING = 8;
/** Of what is remembered; beyond it nothing new is told until something ends. */
const MAX_TOLD = 4096;
const NODE: Target = { kind: 'Node' };

/**
 * What has been told to whom. What differs from it is what is to be told: there is no queue, so an outage of an hour leaves
 * the faults that still stand, and nothing of those that came and went.
 */
export class ToldEvents {
  readonly #floor: Floor;
  readonly #told = new Map<string, Told>();

  constructor(floor: Floor) {
    this.#floor = floor;
  }

  /** At every look, also while nothing can be sent: an end is told with the time at which it came. */
  see({ findings }: Report): void {
    if (this.#told.size === 0) return;
    const byKey = new Map(findings.map((finding) => [keyOf(finding), finding]));
    for (const [key, { finding, target, resolved }] of this.#told) {
      const now = byKey.get(keyOf(finding));
      if (now === undefined || (now.state !== 'resolved' && !resolved)) continue;
      this.#told.set(key, { finding, target, ...(now.state === 'resolved' && { resolved: now }) });
    }
  }

  /** Every Event that is due, the worst first. */
  due(report: Report): readonly Announcement[] {
    const standing = new Map<string, Told>();
    for (const finding of sortOut(report).firing) {
      if (!isAtLeast(finding.severity, this.#floor)) continue;
      for (const target of targetsOf(finding, report)) standing.set(toldKey(finding, target), { finding, target });
    }
    const begun = [...standing].filter(([key, now]) => this.#isNews(key, now)).map(([, one]) => one);
    return [...grouped('Warning', begun), ...grouped('Normal', this.#ended(standing, report))];
  }

  markTold({ type, target, findings }: Announcement): void {
    for (const finding of findings) {
      if (type === 'Normal') this.#told.delete(toldKey(finding, target));
      else if (this.#told.size < MAX_TOLD) this.#told.set(toldKey(finding, target), { finding, target });
    }
  }

  #isNews(key: string, { finding }: Told): boolean {
    const before = this.#told.get(key)?.finding;
    if (!before) return this.#told.size < MAX_TOLD;
    return isWorse(finding.severity, before.severity);
  }

  /** Told as begun and now at an end. Forgets those of which no end is to be told: silenced, or the pod is gone. */
  #ended(standing: ReadonlyMap<string, Told>, report: Report): readonly Told[] {
    const byKey = new Map(report.findings.map((finding) => [keyOf(finding), finding]));
    const ended: Told[] = [];
    for (const [key, { finding, target, resolved }] of this.#told) {
      const now = byKey.get(keyOf(finding)) ?? resolved;
      if (standing.has(key) || now?.state === 'unknown') continue;
      if (target.kind === 'Pod' && now?.state === 'firing' && report.snapshot.pods.status !== 'ok') continue;
      const isSilenced = now !== undefined && (now.shadow || now.suppressed !== undefined);
      if (isSilenced || now?.state === 'firing') this.#told.delete(key);
      else ended.push({ finding: now ?? { ...finding, state: 'resolved', changedAt: report.takenAt }, target });
    }
    return ended;
  }
}

/**
 * The Node and the pods of it that the finding names. A pod that waits for a node is told of by the scheduler: if each node
 * that has room for it told so too, one pod would fill the cluster with Events.
 */
function targetsOf(finding: Finding, { snapshot }: Report): readonly Target[] {
  const named = new Set(finding.pods.map(({ namespace, name }) => `${namespace}/${name}`));
  if (named.size === 0 || snapshot.pods.status !== 'ok') return [NODE];
  const { pods, gone } = snapshot.pods.value;
  const here = [...pods, ...gone].filter(({ namespace, name }) => named.has(`${namespace}/${name}`));
  if (here.length === 0 && finding.page.startsWith('rules/workload/')) return [];
  return [NODE, ...here.slice(0, PODS_PER_FINDING).map(({ namespace, name, uid }): PodTarget => ({ kind: 'Pod', namespace, name, uid }))];
}

function toldKey(finding: Finding, target: Target): string {
  return `${targetKey(target)} ${keyOf(finding)}`;
}

/** The Node's first, so that a limit on requests costs the copies and not the news. */
function grouped(type: Announcement['type'], items: readonly Told[]): readonly Announcement[] {
  const groups = Map.groupBy(items, ({ finding, target }) => JSON.stringify([targetKey(target), finding.rule]));
  const announcements = [...groups.values()].flatMap((group): readonly Announcement[] => {
    const [first, ...others] = group;
    if (!first) return [];
    return [{ type, rule: first.finding.rule, target: first.target, findings: [first.finding, ...others.map(({ finding }) => finding)] }];
  });
  return announcements.toSorted((a, b) => rank(a) - rank(b));
}

function rank({ target, findings }: Announcement): number {
  return (target.kind === 'Node' ? 0 : 10) + severityRank(findings[0].severity);
}
