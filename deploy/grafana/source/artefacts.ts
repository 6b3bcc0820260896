import { stringify } from 'yaml';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Artefact } from '../../artefact.ts';
import { fleetDashboard } from './fleet.ts';
import { jobDashboard } from './job.ts';
import { nodeDashboard } from './node.ts';

const HEAD = '# Written by `npm run generate` from deploy/grafana/source. The sidecar of the Grafana chart loads what has the label grafana_dashboard.\n';

/** The dashboards to import by hand, and the same as ConfigMaps for Grafana's sidecar. */
export function grafanaArtefacts(): readonly Artefact[] {
  const boards = [
    { name: 'fleet', board: fleetDashboard() },
    { name: 'node', board: nodeDashboard() },
    { name: 'job', board: jobDashboard() },
  ];
  return [
    ...boards.map(({ name, board }) => ({ path: `deploy/grafana/${name}.json`, text: `${JSON.stringify(board, null, 2)}\n` })),
    { path: 'deploy/grafana/configmaps.yaml', text: HEAD + boards.map(({ name, board }) => configMap(name, board)).join('---\n') },
  ];
}

/** The JSON on one line: what there is to review is in the file of its own. */
function configMap(name: string, board: Dashboard): string {
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: `railmedic-dashboard-${name}`,
        labels: { 'app.kubernetes.io/name': 'railmedic', 'app.kubernetes.io/component': 'dashboard', grafana_dashboard: '1' },
        annotations: { grafana_folder: 'railmedic' },
      },
      data: { [`railmedic-${name}.json`]: `${JSON.stringify(board)}\n` },
    },
    { lineWidth: 0, blockQuote: 'literal' },
  );
}
