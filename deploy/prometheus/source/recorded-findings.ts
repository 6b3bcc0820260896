import { indent, joinNode } from './join.ts';
import type { RecordingRule } from './rule-file.ts';

export const STANDING = 'node:railmedic_finding:standing';
export const NODES_OF_RULE = 'rule:railmedic_finding_nodes:count';
const LABELS = 'cluster, node, node_group, rule, severity, subject, uuid';

/**
 * What alerts stand on. A finding that was firing and is now `unknown` goes on standing (the rule reads its own last value):
 * a source that fails must not end an alert. One that is unknown from the start stands nowhere: RailmedicCollectorFailing
 * tells of what cannot be seen.
 */
export const recordedFindings: readonly RecordingRule[] = [
  {
    record: STANDING,
    expr: [
      withNode('firing'),
      'or on (cluster, node, rule, subject)',
      '(',
      indent(withNode('unknown')),
      '  and on (cluster, node, rule, subject)',
      `  ${STANDING}`,
      ')',
    ].join('\n'),
  },
  {
    record: NODES_OF_RULE,
    expr: `count by (cluster, rule) (\n  max by (cluster, node, rule) (${STANDING}{severity!="info"})\n)`,
  },
  {
    record: 'node:railmedic_finding_severity:max',
    expr: [
      'max by (cluster, node, node_group) (',
      `  2 * ${STANDING}{severity="critical"}`,
      `  or ${STANDING}{severity="warning"}`,
      '  or 0 * max by (cluster, node, node_group) (railmedic_node_info)',
      ')',
    ].join('\n'),
  },
];

/** `uuid`: the GPU that a subject names, by its UUID or, where nobody knows that, its PCI address. */
function withNode(state: 'firing' | 'unknown'): string {
  return [
    `max by (${LABELS}) (`,
    '  label_replace(',
    `    railmedic_finding{state="${state}"}`,
    `      ${joinNode('node_group')},`,
    '    "uuid", "$1", "subject", "(GPU-[^ ]+|[0-9a-f]{4,8}:[^ ]+).*"',
    '  )',
    ')',
  ].join('\n');
}
