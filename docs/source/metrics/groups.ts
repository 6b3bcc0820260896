/** A part of the page: families by the beginning of their names, and where their values come from. */
export interface MetricGroup {
  readonly heading: string;
  readonly prefixes: readonly string[];
  /** The source, when there is none of it, and where more is said. Markdown. */
  readonly from: string;
}

/** In the order of the page; a family belongs to the group with the longest prefix of its name. */
export const METRIC_GROUPS: readonly MetricGroup[] = [
  {
    heading: 'Findings',
    prefixes: ['railmedic_finding'],
    from: 'What the [rules](../rules/README.md) say. `subject` is `node`, a port (`rdmap79s0/1`), a GPU (`GPU-…`) or a pod. A finding that is suppressed or kept in the shadow is never in `railmedic_finding`, on which the alerts stand. A resolved one stays ten minutes.',
  },
  {
    heading: 'The node and the agent',
    prefixes: ['railmedic_node_info', 'railmedic_build_info', 'railmedic_rules', 'railmedic_looks', 'railmedic_exporter'],
    from: 'The agent itself. `railmedic_node_info` is the only series with the name of the node: the scrape gives the others their `node` or `instance`. `instance_type` and `zone` are of IMDS or of the Node\'s labels, `node_group` of the Node\'s labels.',
  },
  {
    heading: 'Sources',
    prefixes: ['railmedic_collector'],
    from: 'How reading went, by source (`collector="infiniband"`). `success` 1 with `absent` 1: this node has none of it. `success` 0: it could not be seen, and what stands on it is `unknown`, not healthy.',
  },
  {
    heading: 'Fabric devices and ports',
    prefixes: ['railmedic_infiniband'],
    from: 'Source `infiniband`: `/sys/class/infiniband`. The counters of the ports are [below](#counters-of-fabric-devices-and-ports).',
  },
  {
    heading: 'Network interfaces',
    prefixes: ['railmedic_netdev'],
    from: 'Source `netdev`: `/sys/class/net`, only interfaces with a device behind them (no veth, no bridge).',
  },
  {
    heading: 'GPUs',
    prefixes: ['railmedic_gpu'],
    from: 'Sources `nvidia-query` and `nvidia-dmon`: two long-lived `nvidia-smi` processes. The help names the field. A field that a GPU does not say (`[N/A]`, `[GPU is lost]`) has no series: never 0. Queries, and joins with DCGM and kube-state-metrics: [metrics-gpu.md](metrics-gpu.md).',
  },
  {
    heading: 'Xids and SXids',
    prefixes: ['railmedic_gpu_xid', 'railmedic_nvswitch'],
    from: 'Source `kernel-log`. A counter for each GPU and Xid, and the time of the newest: two equal Xids in a row are two.',
  },
  {
    heading: 'nvidia-smi',
    prefixes: ['railmedic_nvidia_smi'],
    from: 'Source `nvidia-smi`: how the two processes (`process="query"`, `"dmon"`) do. A hung one shows as `silent_seconds` that rises; the GPU metrics end.',
  },
  {
    heading: 'Kernel log',
    prefixes: ['railmedic_kernel_log'],
    from: 'Source `kernel-log`: `/dev/kmsg`, or the pipe that `--kernel-log` names.',
  },
  {
    heading: 'Pods',
    prefixes: ['railmedic_pod'],
    from: 'Sources `pod-resources` (kubelet), `pods` (API server) and `fabric-processes` (cgroups). Without Kubernetes there is no series.',
  },
  {
    heading: 'Kubernetes and Alertmanager',
    prefixes: ['railmedic_kubernetes', 'railmedic_alertmanager'],
    from: 'What the agent itself asks and sends. `railmedic_alertmanager_…` only where [alertmanager.md](alertmanager.md) is set up.',
  },
  {
    heading: 'The process',
    prefixes: ['process_', 'nodejs_'],
    from: 'CPU, memory, descriptors and event loop of the agent, as `@prometheus-io/client` names them; renewed at every sixth look.',
  },
];

/** Throws for a family that belongs nowhere: the page must name where each comes from. */
export function groupOf(name: string): MetricGroup {
  const matching = METRIC_GROUPS.flatMap((group) => group.prefixes.filter((prefix) => name.startsWith(prefix)).map((prefix) => ({ group, prefix })));
  const [best] = matching.toSorted((a, b) => b.prefix.length - a.prefix.length);
  if (!best) throw new Error(`docs/source/metrics/groups.ts: no group for ${name}, expected a prefix of it in METRIC_GROUPS`);
  return best.group;
}
