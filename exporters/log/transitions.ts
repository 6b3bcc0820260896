import type { Finding, Report, SourceStatus } from '../../agent/model.ts';
import { keyOf, storiesOf } from '../stories.ts';
import { sortOut } from '../verdict.ts';
import { secondsBetween } from '../words.ts';

/** A change that is worth a line; `at` is the time of the report that showed it. */
export type Change =
  | { readonly kind: 'started' | 'kept' | 'explained' | 'alone' | 'again' | 'worse'; readonly at: string; readonly finding: Finding }
  | {
      readonly kind: 'returned';
      readonly at: string;
      readonly finding: Finding;
      /** How long it was away. */
      readonly quietSeconds: number;
      /** How often it has fired with less than an hour between, this time included. */
      readonly times: number;
    }
  | { readonly kind: 'suppressed'; readonly at: string; readonly finding: Finding }
  | { readonly kind: 'shadow'; readonly at: string; readonly finding: Finding; readonly ended: boolean }
  | { readonly kind: 'unknown'; readonly at: string; readonly finding: Finding }
  | { readonly kind: 'cleared'; readonly at: string; readonly finding: Finding; readonly lastedSeconds: number | undefined }
  | { readonly kind: 'judged'; readonly at: string; readonly finding: Finding }
  | { readonly kind: 'source-failed' | 'source-absent'; readonly at: string; readonly source: SourceStatus }
  | {
      readonly kind: 'source-seen';
      readonly at: string;
      readonly source: SourceStatus;
      readonly lastedSeconds: number | undefined;
    };

export type FindingChange = Extract<Change, { finding: Finding }>;

/** Changes of one look that are told as one: a cable pulled from a switch must not be thirty-two blocks. */
export type Told = readonly [Change, ...Change[]];

type Mode = 'firing' | 'unknown' | 'suppressed' | 'shadow';

/**
 * So long a finding that was told as part of another may outlive that other before it is told by itself: most rules clear
 * after 60 s, and what ends together does not end at the same look.
 */
const ALONE_SECONDS = 120;

/** One that fires again within so long is not told whole again: what flaps every minute must not fill the log. */
const REMEMBERED_SECONDS = 3600;

/** A finding that was told whole and has cleared. */
interface Ended {
  readonly at: string;
  readonly times: number;
  readonly severity: Finding['severity'];
  readonly cause: string | undefined;
}

/** What was last said of one finding. */
interface Said {
  readonly mode: Mode;
  /** It has been reported as firing, so that its end must be told as well. */
  readonly fired: boolean;
  /** It has been told with its causes, not only as part of the story of another. */
  readonly whole: boolean;
  /** Since when nothing explains it, while it has not been told whole. */
  readonly aloneSince: string | undefined;
  readonly finding: Finding;
}

/** Turns levels (each report says all that stands) into changes; each is handed over once. */
export class Transitions {
  #said = new Map<string, Said>();
  readonly #ended = new Map<string, Ended>();
  readonly #sources = new Map<string, { readonly status: SourceStatus['status']; readonly at: string }>();

  next(report: Report): readonly Change[] {
    const at = report.takenAt;
    const changes = report.sources.flatMap((source) => this.#source(source, at));
    const standing = new Map<string, Said>();
    const explained = explainedIn(report);
    // What explains comes before what it explains.
    for (const finding of report.findings.toSorted((a, b) => Number(explained.has(a)) - Number(explained.has(b)))) {
      const mode = modeOf(finding);
      if (!mode) continue;
      const key = keyOf(finding);
      const before = this.#said.get(key);
      const change = changeTo(mode, finding, explained.has(finding), before, at);
      const now = saidOf(mode, finding, explained.has(finding), before, at);
      const isDue = now.aloneSince !== undefined && (secondsBetween(now.aloneSince, at) ?? 0) >= ALONE_SECONDS;
      standing.set(key, isDue ? { ...now, whole: true, aloneSince: undefined } : now);
      if (change) changes.push(change.kind === 'started' ? this.#started(key, change) : change);
      if (isDue) changes.push({ kind: 'alone', at, finding });
    }
    for (const [key, said] of this.#said) {
      if (standing.has(key)) continue;
      const change = endOf(said, report, at);
      if (change) changes.push(change);
      if (change?.kind === 'cleared' && said.whole) this.#remember(key, said.finding, at);
    }
    this.#said = standing;
    this.#forget(at);
    return changes;
  }

  /**
   * What was told whole within the hour is only said to be back, unless it is worse or of another cause this time; an event
   * that an earlier run of the agent has told is only said to stand.
   */
  #started(key: string, started: Change & { readonly finding: Finding }): Change {
    const { at, finding } = started;
    if (finding.isRemembered === true) return { kind: 'kept', at, finding };
    const ended = this.#ended.get(key);
    const isWorse = finding.severity === 'critical' && ended?.severity !== 'critical';
    if (!ended || isWorse || finding.causes[0]?.cause !== ended.cause) {
      this.#ended.delete(key);
      return started;
    }
    return { kind: 'returned', at, finding, quietSeconds: secondsBetween(ended.at, at) ?? 0, times: ended.times + 1 };
  }

  #remember(key: string, { severity, causes }: Finding, at: string): void {
    this.#ended.set(key, { at, severity, cause: causes[0]?.cause, times: (this.#ended.get(key)?.times ?? 0) + 1 });
  }

  #forget(at: string): void {
    for (const [key, ended] of this.#ended) {
      const isOld = (secondsBetween(ended.at, at) ?? 0) >= REMEMBERED_SECONDS;
      if (isOld && !this.#said.has(key)) this.#ended.delete(key);
    }
  }

  #source(source: SourceStatus, at: string): Change[] {
    const before = this.#sources.get(source.name);
    if (before?.status === source.status) return [];
    this.#sources.set(source.name, { status: source.status, at });
    if (source.status === 'failed') return [{ kind: 'source-failed', at, source }];
    if (!before) return [];
    if (source.status === 'absent') return [{ kind: 'source-absent', at, source }];
    return [{ kind: 'source-seen', at, source, lastedSeconds: secondsBetween(before.at, at) }];
  }
}

/** Findings that are told as part of another. Nearly always none, and then there are no stories to put together. */
function explainedIn(report: Report): ReadonlySet<Finding> {
  if (report.findings.every(({ explains }) => explains.length === 0)) return new Set();
  return new Set(storiesOf(sortOut(report).firing).flatMap(({ concerned }) => concerned));
}

function modeOf(finding: Finding): Mode | undefined {
  if (finding.state === 'resolved') return undefined;
  if (finding.shadow) return 'shadow';
  if (finding.suppressed !== undefined) return 'suppressed';
  return finding.state;
}

function changeTo(mode: Mode, finding: Finding, isExplained: boolean, before: Said | undefined, at: string): Change | undefined {
  if (before?.mode === mode) {
    const worse = mode === 'firing' && finding.severity === 'critical' && before.finding.severity !== 'critical';
    return worse ? { kind: 'worse', at, finding } : undefined;
  }
  if (mode === 'firing' && before?.fired === true) return { kind: 'again', at, finding };
  if (mode === 'firing') return { kind: isExplained ? 'explained' : 'started', at, finding };
  if (mode === 'shadow') return { kind: mode, at, finding, ended: false };
  return { kind: mode, at, finding };
}

function saidOf(mode: Mode, finding: Finding, isExplained: boolean, before: Said | undefined, at: string): Said {
  const fires = mode === 'firing';
  const fired = fires || (mode === 'unknown' && before?.fired === true);
  const whole = before?.whole === true || (fires && !isExplained && before?.fired !== true);
  const isAlone = fires && !isExplained && !whole;
  return { mode, fired, whole, aloneSince: isAlone ? (before?.aloneSince ?? at) : undefined, finding };
}

/** The engine drops what has been resolved for long, or at once when a rule is taken out: both are an end. */
function endOf({ mode, fired, finding: last }: Said, report: Report, at: string): Change | undefined {
  const finding = report.findings.find(({ rule, subject }) => rule === last.rule && subject === last.subject) ?? last;
  if (mode === 'suppressed') return undefined;
  if (mode === 'shadow') return { kind: 'shadow', at, finding, ended: true };
  if (!fired) return { kind: 'judged', at, finding };
  const end = finding.state === 'resolved' ? finding.changedAt : at;
  return { kind: 'cleared', at, finding, lastedSeconds: secondsBetween(last.since, end) };
}
