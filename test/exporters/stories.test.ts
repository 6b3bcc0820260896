import { describe, expect, test } from 'vitest';
import type { Finding } from '../../agent/model.ts';
import { concernWords, storiesOf } from '../../exporters/stories.ts';
import { finding, HOSTILE } from './fixture.ts';

/** `B < A` is: A explains B. */
function told(severities: Readonly<Record<string, Finding['severity']>>, ...links: readonly string[]): readonly string[] {
  const pairs = links.map((link) => link.split(' < '));
  const named = (rule: string | undefined) => ({ rule: rule ?? '', subject: 'node' });
  const findings = Object.entries(severities).map(([rule, severity]) =>
    finding({
      ...named(rule),
      severity,
      explainedBy: pairs.filter(([effect]) => effect === rule).map(([, cause]) => named(cause)),
      explains: pairs.filter(([, cause]) => cause === rule).map(([effect]) => named(effect)),
    }),
  );
  return storiesOf(findings).map(({ group, concerned, toldElsewhere }) =>
    [
      group.map(({ rule }) => rule).join('+'),
      ...concerned.map(({ rule }) => `> ${rule}`),
      ...toldElsewhere.map(({ rule }) => `(${rule})`),
    ].join(' '),
  );
}

describe('each finding is told once', () => {
  test.each<[string, Parameters<typeof told>, readonly string[]]>([
    ['nothing', [{}], []],
    ['two that have nothing to do with each other', [{ A: 'critical', B: 'warning' }], ['A', 'B']],
    ['one that explains another', [{ A: 'critical', B: 'warning' }, 'B < A'], ['A > B']],
    ['the explained one stands first in the report', [{ B: 'critical', A: 'critical' }, 'B < A'], ['A > B']],
    ['what explains it does not fire', [{ B: 'warning' }, 'B < A'], ['B']],
    ['a chain', [{ A: 'critical', B: 'warning', C: 'warning' }, 'B < A', 'C < B'], ['A > B > C']],
    ['two that explain one', [{ A: 'critical', B: 'warning', C: 'warning' }, 'C < A', 'C < B'], ['A > C', 'B (C)']],
    ['a worse one lifts its story', [{ A: 'critical', B: 'warning', C: 'warning', D: 'critical' }, 'D < C'], ['A', 'C > D', 'B']],
    ['one that names itself', [{ A: 'critical' }, 'A < A'], ['A']],
    ['a ring', [{ A: 'critical', B: 'warning', C: 'info' }, 'B < A', 'A < B'], ['A > B', 'C']],
  ])('%s', (_, input, stories) => {
    expect(told(...input)).toEqual(stories);
  });

  test('places of one fault explain together', () => {
    const spinning = finding({ rule: 'GpuSpinning', subject: 'node', explainedBy: ['a', 'b'].map((subject) => ({ rule: 'InfinibandPortDown', subject })) });
    const down = (subject: string) => finding({ rule: 'InfinibandPortDown', subject, explains: [{ rule: 'GpuSpinning', subject: 'node' }] });
    const [story, ...rest] = storiesOf([down('a'), down('b'), spinning]);
    expect(rest).toEqual([]);
    expect(story?.group.map(({ subject }) => subject)).toEqual(['a', 'b']);
    expect(story?.concerned).toEqual([spinning]);
    expect(story?.toldElsewhere).toEqual([]);
  });
});

test.each<[Partial<Finding>, string]>([
  [{ subject: 'node', message: 'm' }, 'FabricReceiveDrops, because of this: m'],
  [{ subject: 'GPU-1', message: 'GPU 3 spins' }, 'FabricReceiveDrops, because of this: GPU-1: GPU 3 spins'],
  [{ subject: 'GPU-1', message: 'GPU-1 spins' }, 'FabricReceiveDrops, because of this: GPU-1 spins'],
  [{ subject: 'node', message: 'm', severity: 'critical' }, 'FabricReceiveDrops (critical), because of this: m'],
  [{ subject: 'node', message: 'm', severity: 'info' }, 'FabricReceiveDrops, because of this: m'],
  [{ subject: HOSTILE, message: 'm' }, `FabricReceiveDrops, because of this: ${HOSTILE}: m`],
])('%o under a warning', (fields, words) => {
  expect(concernWords(finding(fields), [finding()])).toBe(words);
});
