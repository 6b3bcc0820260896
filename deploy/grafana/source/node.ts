import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard } from './dashboard.ts';
import { allFindings } from './fleet/findings.ts';
import { UIDS } from './links.ts';
import { findingHistory, nodeFigures } from './node/findings.ts';
import { gpuBody, gpuHealth, gpuWork } from './node/gpus.ts';
import { errors, mirror, retransmissions } from './node/rails.ts';
import { cost, seen } from './node/seen.ts';
import { one, variables } from './variables.ts';
import { xidRate, xidTable } from './xids.ts';

/** One node: what is wrong, its rails, its GPUs, what was not seen. */
export function nodeDashboard(): Dashboard {
  return dashboard({
    uid: UIDS.node,
    title: 'railmedic / Node',
    description: 'One node: what is wrong and since when, its rails, its GPUs, and what the agent could not see.',
    from: 'now-1h',
    variables: variables(one({ name: 'node', label: 'Node', query: 'label_values(railmedic_node_info{cluster=~"$cluster"}, node)' })),
    sections: [
      { title: 'Now', panels: [...nodeFigures(), allFindings('What is wrong', 8), findingHistory()] },
      { title: 'Rails', panels: [mirror('bps', 12), mirror('pps', 12), retransmissions(), errors()] },
      { title: 'GPUs', panels: [...gpuWork(), ...gpuBody(), ...gpuHealth(), xidRate(12, 7), xidTable(12, 7)] },
      { title: 'What is not seen', panels: [seen(), ...cost()] },
    ],
  });
}
