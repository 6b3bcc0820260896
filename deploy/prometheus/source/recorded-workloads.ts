import { joinNode, nodeOfTarget } from './join.ts';
import type { RecordingRule } from './rule-file.ts';

/**
 * Which jobs a node works for: those whose pods hold a GPU or a fabric device. A node of none is grouped with its node group.
 * `exported_namespace` is what Prometheus calls the label where `honorLabels` is not set and the agent's own pod has one too.
 */
export const recordedWorkloads: readonly RecordingRule[] = [
  {
    record: 'node_workload:railmedic_pod_info:max',
    expr: `max by (cluster, node, namespace, workload_kind, workload) (
  label_replace(railmedic_pod_info{workload!=""}, "namespace", "$1", "exported_namespace", "(.+)")
  ${joinNode()}
)
or on (cluster, node)
max by (cluster, node, workload_kind, workload) (
  label_replace(
    label_replace(${nodeOfTarget('node_group')}, "workload", "$1", "node_group", "(.*)"),
    "workload_kind", "NodeGroup", "", ""
  )
)`,
  },
];
