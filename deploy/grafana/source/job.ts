import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard } from './dashboard.ts';
import { allFindings } from './fleet/findings.ts';
import { jobFigures, jobGpus, jobTraffic, sideBySide } from './job/nodes.ts';
import { onJobNodes } from './job/selection.ts';
import { UIDS } from './links.ts';
import { oneWayMatrix } from './one-way.ts';
import { many, one, variables } from './variables.ts';

/** The nodes of one job side by side. */
export function jobDashboard(): Dashboard {
  const chosen = '{cluster=~"$cluster", namespace="$namespace", workload="$workload"}';
  const node = many({
    name: 'node',
    label: 'Node',
    query: `query_result(max by (node) (railmedic_node_info{cluster=~"$cluster"} and on (cluster, job, instance) railmedic_pod_info${chosen}))`,
    regex: '/node="([^"]+)"/',
  });
  return dashboard({
    uid: UIDS.job,
    title: 'railmedic / Job',
    description: 'The nodes of one job side by side: which one do the others wait for?',
    from: 'now-1h',
    variables: variables(node, [
      one({ name: 'namespace', label: 'Namespace', query: 'label_values(railmedic_pod_info{cluster=~"$cluster"}, namespace)' }),
      one({ name: 'workload', label: 'Job', query: 'label_values(railmedic_pod_info{cluster=~"$cluster", namespace="$namespace"}, workload)' }),
    ]),
    sections: [
      { title: 'Now', panels: [...jobFigures(), sideBySide(), allFindings('What is wrong on its nodes', 9, onJobNodes)] },
      { title: 'Fabric', panels: [...jobTraffic(), oneWayMatrix({ span: 12, height: 8 }, onJobNodes)] },
      { title: 'GPUs', panels: jobGpus() },
    ],
  });
}
