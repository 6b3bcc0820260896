import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard } from './dashboard.ts';
import { notWatched, staleSources } from './fleet/agents.ts';
import { fleetFigures } from './fleet/figures.ts';
import { allFindings, jobsConcerned, sickNodes } from './fleet/findings.ts';
import { fleetTraffic } from './fleet/traffic.ts';
import { UIDS } from './links.ts';
import { oneWayMatrix } from './one-way.ts';
import { many, variables } from './variables.ts';
import { xidRate, xidTable } from './xids.ts';

/** Which nodes are sick, of what, since when. */
export function fleetDashboard(): Dashboard {
  return dashboard({
    uid: UIDS.fleet,
    title: 'railmedic / Fleet',
    description: 'Which nodes are sick, of what, since when. Read from top to bottom; every name leads on.',
    from: 'now-3h',
    variables: variables(many({ name: 'node', label: 'Node', query: 'label_values(railmedic_node_info{cluster=~"$cluster"}, node)' })),
    sections: [
      { title: 'Now', panels: [...fleetFigures(), allFindings('What is wrong', 10), sickNodes()] },
      { title: 'Whose work', panels: [jobsConcerned()] },
      { title: 'Fabric', panels: [oneWayMatrix({ span: 24, height: 12 }), ...fleetTraffic()] },
      { title: 'GPUs', panels: [xidRate(12, 8), xidTable(12, 8)] },
      { title: 'What is not seen', panels: [notWatched(), staleSources()] },
    ],
  });
}
