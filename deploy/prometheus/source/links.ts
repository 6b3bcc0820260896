/** Where people of this cluster read and look; both end without a slash. */
export interface Links {
  /** Below it lie rules/ and deploy/ of this repository: `https://git.example.org/infra/railmedic/blob/main`. */
  readonly runbookBase: string;
  readonly dashboardBase: string;
}

/** Not an address that exists: whoever applies the rules puts their own there (see README.md). */
export const DEFAULT_LINKS: Links = {
  runbookBase: 'https://runbooks.example.com/railmedic',
  dashboardBase: 'https://grafana.example.com',
};

/** Of the environment: `RAILMEDIC_RUNBOOK_BASE`, `RAILMEDIC_DASHBOARD_BASE`. */
export function linksFrom(environment: Readonly<Record<string, string | undefined>>): Links {
  const clean = (value: string | undefined, otherwise: string): string => (value === undefined || value === '' ? otherwise : value.replace(/\/+$/, ''));
  return {
    runbookBase: clean(environment['RAILMEDIC_RUNBOOK_BASE'], DEFAULT_LINKS.runbookBase),
    dashboardBase: clean(environment['RAILMEDIC_DASHBOARD_BASE'], DEFAULT_LINKS.dashboardBase),
  };
}

/** Of an alert that no rule of rules/ makes: its heading in deploy/prometheus/README.md. */
export function alertPage({ runbookBase }: Links, alert: string): string {
  return `${runbookBase}/deploy/prometheus/README.md#${alert.toLowerCase()}`;
}

const CLUSTER = 'var-cluster={{ $labels.cluster | urlquery }}';

/** The dashboards of deploy/grafana/, with what the alert is about chosen. */
export const dashboards = {
  fleet: ({ dashboardBase }: Links): string => `${dashboardBase}/d/railmedic-fleet?${CLUSTER}`,
  node: ({ dashboardBase }: Links): string => `${dashboardBase}/d/railmedic-node?${CLUSTER}&var-node={{ $labels.node | urlquery }}`,
  /** A node group has no page of its own. */
  job: ({ dashboardBase }: Links): string =>
    `${dashboardBase}/d/railmedic-{{ if eq $labels.workload_kind "NodeGroup" }}fleet?${CLUSTER}{{ else }}job?${CLUSTER}&var-namespace={{ $labels.namespace | urlquery }}&var-workload={{ $labels.workload | urlquery }}{{ end }}`,
};
