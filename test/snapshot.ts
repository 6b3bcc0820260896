import type { HostFacts, Infiniband, Reading, Snapshot, SourceName, Sources } from '../agent/model.ts';
import { SOURCE_NAMES } from '../agent/source-names.ts';
import type { Judgement } from '../agent/model.ts';
import type { Rule } from '../rules/define.ts';
import { defineRule } from '../rules/define.ts';
import { Engine, type ConfiguredRule, type Moment } from '../agent/engine.ts';
import { configureRules, DEFAULT_CONFIG } from '../agent/config.ts';

type Given = { readonly [S in SourceName]?: Sources[S] | Error };

/** A snapshot of what is given: a value is ok, an Error is failed, all else is absent. */
export function snapshot(given: Given): Snapshot {
  const readings = SOURCE_NAMES.map((name): [SourceName, Reading<unknown>] => {
    const value = given[name];
    if (value === undefined) return [name, { status: 'absent', why: 'not in this test' }];
    return [name, value instanceof Error ? { status: 'failed', error: value } : { status: 'ok', atSeconds: 0, value }];
  });
  return Object.fromEntries(readings) as Snapshot;
}

export function hostFacts(changes: Partial<HostFacts> = {}): HostFacts {
  return {
    bootId: 'boot-1',
    uptimeSeconds: 5000,
    kernelRelease: '6.18.36',
    memoryTotalBytes: undefined,
    memoryAvailableBytes: undefined,
    hugepages2MiTotal: 5128,
    hugepages2MiFree: 5128,
    ...changes,
  };
}

/** Wall time and monotonic time running together from 12:00. */
export function moment(seconds: number): Moment {
  return { monotonicSeconds: seconds, wall: new Date(Date.UTC(2026, 10, 23, 12, 0, seconds)) };
}

/** An engine with one rule whose judgements the test gives look by look. */
export function engineWith(
  definition: Partial<Omit<Rule, 'check'>>,
  judge: (call: { now: Infiniband | undefined; before: Infiniband | undefined; seconds: number }) => Iterable<Judgement>,
  options: Partial<Pick<ConfiguredRule, 'severity' | 'shadow'>> & { readonly windowLimitSeconds?: number; readonly suppressed?: string } = {},
): Engine {
  const rule: Rule = {
    ...defineRule({
      name: 'TestRule',
      title: 'A fault of the test',
      severity: 'warning',
      page: 'rules/fabric/test-rule.md',
      needs: ['infiniband'],
      settings: {},
      *check() {},
    }),
    ...definition,
    check: (now, before, seconds) => judge({ now: now.infiniband, before: before?.infiniband, seconds }),
  };
  const [configured] = configureRules(DEFAULT_CONFIG, [rule], options.windowLimitSeconds);
  if (!configured) throw new Error('the test has no rule');
  return new Engine({
    rules: [{ ...configured, ...options }],
    ...(options.windowLimitSeconds !== undefined && { windowLimitSeconds: options.windowLimitSeconds }),
    suppression: () => options.suppressed,
  });
}
