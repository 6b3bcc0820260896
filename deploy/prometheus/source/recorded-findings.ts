import { indent, joinNode, nodeOfTarget } from './join.ts';
import type { RecordingRule } from './rule-file.ts';

export const STANDING = 'node:railmedic_finding:standing';
export const NODES_OF_RULE = 'rule:railmedic_finding_nodes:count';
/** Title and first cause of what stands, for the descriptions of alerts. */
export const WORDS = 'node:railmedic_finding_info:max';
const LABELS = 'cluster, node, node_group, rule, severity, subject, uuid';
const SAME = 'on (cluster, node, rule, subject)';

/** RailmedicAgentMissing needs ten minutes and two evaluations: until then what stood on a node that died is still told. */
const HELD = '12m';

/**
 * What alerts stand on. A finding that was firing and is now `unknown` goes on standing (the rule reads its own last value):
 * a source that fails must not end an alert, nor must a node that dies of its fault. One that is unknown from the start
 * stands nowhere: RailmedicCollectorFailing tells of what cannot be seen.
 */
export const recordedFindings: readonly RecordingRule[] = [
  {
    record: STANDING,
    expr: [
      withNode('firing'),
      `or ${SAME}`,
      '(',
      indent(withNode('unknown')),
      `  and ${SAME}`,
      `  ${STANDING}`,
      ')',
      `or ${SAME}`,
      '(',
      `  ${STANDING}`,
      '  unless on (cluster, node) max by (cluster, node) (railmedic_node_info)',
      `  and on (cluster, node) max by (cluster, node) (max_over_time(railmedic_node_info[${HELD}]))`,
      ')',
    ].join('\n'),
  },
  {
    record: WORDS,
    expr: [
      'max by (cluster, node, rule, subject, title, cause) (',
      `  railmedic_finding_info ${joinNode()}`,
      ')',
      `or ${SAME}`,
      `(${WORDS} and ${SAME} ${STANDING})`,
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
      `  or 0 * ${nodeOfTarget('node_group')}`,
      ')',
    ].join('\n'),
  },
];

/**
 * `uuid`: the GPU that the subject of a rule on GPUs names, by its UUID or, where nobody knows that, its PCI address. Those of
 * fabric devices and switches look the same.
 */
function withNode(state: 'firing' | 'unknown'): string {
  return [
    `max by (${LABELS}) (`,
    '  label_replace(',
    '    label_join(',
    `      railmedic_finding{state="${state}"}`,
    `        ${joinNode('node_group')},`,
    '      "gpu", " ", "rule", "subject"',
    '    ),',
    '    "uuid", "$1", "gpu", "Gpu[^ ]+ (GPU-[^ ]+|[0-9a-f]{4,8}:[^ ]+).*"',
    '  )',
    ')',
  ].join('\n');
}
