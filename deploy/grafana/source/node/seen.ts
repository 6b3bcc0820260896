import { graph, timeline } from '../panels.ts';
import { byNode, named, rate } from '../promql.ts';
import { valueWords } from '../severity.ts';

/** What the agent could look at, and what not. */
export function seen() {
  return timeline({
    title: 'What the agent sees',
    description: 'Each source over time. Red: it was asked and could not be read, so the rules that need it are silent. Grey: this node has none, which is no fault.',
    span: 12,
    height: 9,
    queries: [{ expr: byNode(['collector'], '(railmedic_collector_success * (1 + railmedic_collector_absent))'), legend: '{{collector}}' }],
    mappings: valueWords({ '0': ['not seen', 'red'], '1': ['seen', 'green'], '2': ['none here', '#80808040'] }),
    noValue: 'The agent of this node does not answer',
  });
}

/** What a look costs, and what got lost. */
export function cost() {
  return [
    graph({
      title: 'Time of a look, by source',
      description: 'A source that takes ever longer is the sign before it fails: a sick card or a driver that hangs.',
      span: 6,
      height: 9,
      unit: 's',
      min: 0,
      queries: [{ expr: byNode(['collector'], 'railmedic_collector_duration_seconds'), legend: '{{collector}}' }],
    }),
    graph({
      title: 'Not read, not delivered',
      description: 'Kernel log lines that were lost or dropped, nvidia-smi silent for longer than it may be, files of a device that could not be read, reports that an exporter did not deliver. All flat at 0 is well.',
      span: 6,
      height: 9,
      unit: 'none',
      min: 0,
      queries: [
        { expr: `max by (node) (${named(rate('railmedic_kernel_log_lost_lines_total'))})`, legend: 'kernel lines lost a second' },
        { expr: `max by (node) (${named(rate('railmedic_kernel_log_dropped_lines_total'))})`, legend: 'kernel lines dropped a second' },
        { expr: byNode(['process'], '(railmedic_nvidia_smi_silent_seconds > 15)'), legend: 'nvidia-smi {{process}} silent, seconds' },
        { expr: byNode(['device'], '(railmedic_infiniband_unreadable_counters > 0)'), legend: '{{device}} unreadable files' },
        { expr: byNode(['exporter'], `(${rate('railmedic_exporter_failures_total', ['exporter'])} > 0)`), legend: 'exporter {{exporter}} failures a second' },
      ],
    }),
  ];
}
