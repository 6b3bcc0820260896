import { joinNodeOfLast, PEERS } from './join.ts';
import { alertPage, dashboards, type Links } from './links.ts';
import { MIN_PEERS, MIN_SHARE, ONE_WAY, SHARE } from './recorded-peers.ts';
import type { AlertRule } from './rule-file.ts';
import { QUIET_XIDS } from './xids.ts';

/** `RayCluster ml/grpo`, `node group gpu-p5`, or the nodes that nobody grouped. */
const JOB =
  '{{ if ne $labels.workload_kind "NodeGroup" }}{{ $labels.workload_kind }} {{ $labels.namespace }}/{{ $labels.workload }}{{ else if $labels.workload }}node group {{ $labels.workload }}{{ else }}this cluster{{ end }}';

/** What only the whole fleet can tell: whether a node is alone with its fault. */
export function fleetAlerts(links: Links): readonly AlertRule[] {
  return [oneWayOfAll(links), oneWayOfOne(links), railSlow(links), xidBurst(links)];
}

/**
 * One alert a node, which Alertmanager groups: only so can it mute the node's own FabricOneWayTraffic, whose labels it must
 * share. A minute, since a job that begins sends before it is answered.
 */
function oneWayOfAll(links: Links): AlertRule {
  return {
    alert: 'FleetOneWayTraffic',
    expr: [
      `(${ONE_WAY} == 1)`,
      `* on (${PEERS}) group_left () (count by (${PEERS}) (${ONE_WAY}) >= 2)`,
      `unless on (${PEERS}) ${ONE_WAY} == 0`,
    ].join('\n'),
    for: '1m',
    keepFiringFor: '2m',
    labels: { severity: 'critical', scope: 'group' },
    annotations: {
      summary: 'Every node of a job or node group that sends receives nothing.',
      description: `All {{ $value | humanize }} nodes of ${JOB} that send receive nothing, {{ $labels.node }} among them. {{ if eq $labels.is_efa "true" }}What they share is at fault: most likely their security group has no egress or ingress rule to itself with protocol -1; 0.0.0.0/0 does not count for EFA.{{ else }}What they share is at fault: the switch, the subnet manager, a firewall or the routing between them.{{ end }}`,
      check:
        '{{ if eq $labels.is_efa "true" }}aws ec2 describe-instances --filters Name=private-dns-name,Values={{ $labels.node }} --query "Reservations[].Instances[].NetworkInterfaces[].Groups[].GroupId" --output text{{ else }}ibstat; ibdiagnet{{ end }}',
      runbook_url: alertPage(links, 'FleetOneWayTraffic'),
      dashboard_url: dashboards.job(links),
    },
  };
}

function oneWayOfOne(links: Links): AlertRule {
  return {
    alert: 'FleetOneWayTraffic',
    expr: [`(${ONE_WAY} == 1)`, `* on (${PEERS}) group_left () count by (${PEERS}) (${ONE_WAY} == 0)`].join('\n'),
    for: '1m',
    keepFiringFor: '2m',
    labels: { severity: 'critical', scope: 'node' },
    annotations: {
      summary: 'A node sends and receives nothing while its peers receive.',
      description: `{{ $labels.node }} sends and receives nothing, while {{ if eq $value 1.0 }}a peer{{ else }}{{ $value | humanize }} peers{{ end }} of ${JOB} {{ if eq $value 1.0 }}receives{{ else }}receive{{ end }}. {{ if eq $labels.is_efa "true" }}What sets this node apart is at fault: its own security group, its subnet or zone, or an address in a secondary CIDR block of the VPC.{{ else }}What sets this node apart is at fault: its cable, its switch port, its partition key, its firewall or its routes.{{ end }}`,
      check:
        '{{ if eq $labels.is_efa "true" }}aws ec2 describe-instances --filters Name=private-dns-name,Values={{ $labels.node }} --query "Reservations[].Instances[].NetworkInterfaces[].[NetworkInterfaceId,SubnetId,PrivateIpAddress,Groups[].GroupId]" --output json{{ else }}ibstat; ibdiagnet{{ end }}',
      runbook_url: alertPage(links, 'FleetOneWayTraffic'),
      dashboard_url: dashboards.job(links),
    },
  };
}

/**
 * The share and the number of peers are those of FabricRailImbalance, which compares the rails of one node. When more than a
 * tenth of a job's nodes move little, that is how the job is made (idle replicas), not a slow node. Node groups are left out:
 * their nodes work for different jobs.
 */
function railSlow(links: Links): AlertRule {
  const shares = `${SHARE}{workload_kind!="NodeGroup"}`;
  return {
    alert: 'FleetRailSlow',
    expr: [
      `${shares} < ${MIN_SHARE}`,
      `and on (${PEERS})`,
      `(count by (${PEERS}) (${shares} < ${MIN_SHARE}) <= clamp_min(count by (${PEERS}) (${shares}) / 10, 1))`,
      `and on (${PEERS})`,
      `(count by (${PEERS}) (${shares}) >= ${MIN_PEERS})`,
      `unless on (cluster, node, is_efa) ${ONE_WAY} == 1`,
    ].join('\n'),
    for: '5m',
    keepFiringFor: '2m',
    labels: { severity: 'warning' },
    annotations: {
      summary: 'A node moves far less than the other nodes of its job.',
      description: `{{ $labels.node }} moves {{ $value | humanizePercentage }} of what the median node of ${JOB} moves over {{ if eq $labels.is_efa "true" }}EFA{{ else }}its fabric{{ end }}. In a job whose nodes all do the same, all wait for this one.`,
      check: 'kubectl get pods -A -o wide --field-selector spec.nodeName={{ $labels.node }}',
      runbook_url: alertPage(links, 'FleetRailSlow'),
      dashboard_url: dashboards.job(links),
    },
  };
}

/** Three nodes in ten minutes: one is a card, two can be chance. A node that died of its Xid is scraped no more and counts. */
function xidBurst(links: Links): AlertRule {
  return {
    alert: 'FleetXidBurst',
    expr: [
      'count by (cluster) (',
      '  max by (cluster, node) (',
      `    (time() - last_over_time(railmedic_gpu_xid_last_timestamp_seconds{xid!~"${QUIET_XIDS.join('|')}"}[10m]) < 600)`,
      `    ${joinNodeOfLast('10m')}`,
      '  )',
      ') >= 3',
    ].join('\n'),
    for: '0s',
    keepFiringFor: '2m',
    labels: { severity: 'critical' },
    annotations: {
      summary: 'GPUs of several nodes logged Xids that are no fault of a program.',
      description:
        'GPUs of {{ $value | humanize }} nodes logged an Xid within ten minutes. What they share is at fault sooner than so many cards: a driver or firmware that was rolled out, power, cooling, or one job that brings the driver down wherever it runs. The alerts GpuXid name the GPUs.',
      check: 'kubectl get nodes -o wide; kubectl get events -A --sort-by=.lastTimestamp | tail -40',
      runbook_url: alertPage(links, 'FleetXidBurst'),
      dashboard_url: dashboards.fleet(links),
    },
  };
}
