import { joinNode, TARGET } from './join.ts';
import type { RecordingRule } from './rule-file.ts';

/** The GPUs of a node together. */
export const recordedGpus: readonly RecordingRule[] = [
  { record: 'node:railmedic_gpu:count', expr: ofNode('count', 'railmedic_gpu_info') },
  { record: 'node:railmedic_gpu_sm_ratio:avg', expr: ofNode('avg', 'railmedic_gpu_sm_ratio') },
  { record: 'node:railmedic_gpu_memory_utilization_ratio:avg', expr: ofNode('avg', 'railmedic_gpu_memory_utilization_ratio') },
  { record: 'node:railmedic_gpu_power_watts:sum', expr: ofNode('sum', 'railmedic_gpu_power_watts') },
];

function ofNode(operation: string, metric: string): string {
  return `${operation} by (cluster, node, node_group) (\n  max by (${TARGET}, uuid) (${metric})\n  ${joinNode('node_group')}\n)`;
}
