import { AGENT_LOG } from './finding-alerts.ts';
import { joinNode, TARGET } from './join.ts';
import { alertPage, dashboards, type Links } from './links.ts';
import type { AlertRule } from './rule-file.ts';
import { nodesToWatch } from './watched-nodes.ts';

/** A node that joins pulls its image first. */
const MISSING_FOR = '10m';

/** Where an agent is missing, cannot see, or has not looked: what no finding can tell. */
export function agentAlerts(links: Links): readonly AlertRule[] {
  return [...missing(links), stale(links), failing(links)];
}

function missing(links: Links): readonly AlertRule[] {
  const alert = (scope: string, expr: string, description: string, check: string): AlertRule => ({
    alert: 'RailmedicAgentMissing',
    expr,
    for: MISSING_FOR,
    keepFiringFor: '2m',
    labels: { severity: 'warning', scope },
    annotations: {
      summary: 'A node with GPUs or a fabric is not watched by railmedic.',
      description,
      check,
      runbook_url: alertPage(links, 'RailmedicAgentMissing'),
      dashboard_url: dashboards.fleet(links),
    },
  });
  return [
    alert(
      'node',
      `${nodesToWatch()}\nunless on (cluster, node) max by (cluster, node) (railmedic_node_info)`,
      '{{ $labels.node }} has {{ $value | humanize }} GPUs (fabric devices, where it has no GPU) and no agent that Prometheus can scrape: nothing of this node is judged.',
      'kubectl -n railmedic get pods -o wide --field-selector spec.nodeName={{ $labels.node }}',
    ),
    alert(
      'target',
      'max by (cluster, job, instance) (up{job=~".*railmedic.*"}) == 0\nunless on (cluster) max by (cluster) (kube_node_status_capacity)',
      '{{ $labels.instance }} ({{ $labels.job }}) does not answer the scrape: nothing of its node is judged.',
      'kubectl -n railmedic get pods -o wide',
    ),
    alert(
      'fleet',
      'absent(railmedic_build_info)\nunless on () max(kube_node_status_capacity)',
      'Prometheus has no series of any agent: either none runs, or none is scraped.',
      'kubectl -n railmedic get daemonset,pods -o wide',
    ),
  ];
}

/** The clock that last_success is taken from is the node's: one that is minutes off looks the same, and is as bad. */
function stale(links: Links): AlertRule {
  return {
    alert: 'RailmedicDataStale',
    expr: [
      'max by (cluster, node, node_group, collector) (',
      '  (',
      '    time() - railmedic_collector_last_success_timestamp_seconds',
      `      > on (${TARGET}, collector) group_left ()`,
      `    clamp_min(2 * max by (${TARGET}, collector) (railmedic_collector_interval_seconds) + 60, 300)`,
      `    unless on (${TARGET}, collector) railmedic_collector_absent == 1`,
      '  )',
      `  ${joinNode('node_group')}`,
      ')',
    ].join('\n'),
    for: '0s',
    keepFiringFor: '2m',
    labels: { severity: 'warning' },
    annotations: {
      summary: 'A source of railmedic has not been read for minutes.',
      description:
        '{{ $labels.node }}: {{ $labels.collector }} was last read {{ $value | humanizeDuration }} ago. What rules see of it is old, and what stands on it can be over.',
      check: AGENT_LOG,
      runbook_url: alertPage(links, 'RailmedicDataStale'),
      dashboard_url: dashboards.node(links),
    },
  };
}

/** Fires 270 s after the last success, before RailmedicDataStale can (300 s): Alertmanager mutes the later by the earlier, not an earlier one. */
function failing(links: Links): AlertRule {
  return {
    alert: 'RailmedicCollectorFailing',
    expr: [
      'max by (cluster, node, node_group, collector) (',
      '  avg_over_time(railmedic_collector_success[5m])',
      `  ${joinNode('node_group')}`,
      ') < 0.5',
    ].join('\n'),
    for: '2m',
    keepFiringFor: '2m',
    labels: { severity: 'warning' },
    annotations: {
      summary: 'railmedic cannot read one of its sources.',
      description:
        '{{ $labels.node }}: {{ $labels.collector }} was read in {{ $value | humanizePercentage }} of the last five minutes. Rules that need it judge nothing meanwhile: no alert is no sign of health.',
      check: AGENT_LOG,
      runbook_url: alertPage(links, 'RailmedicCollectorFailing'),
      dashboard_url: dashboards.node(links),
    },
  };
}
