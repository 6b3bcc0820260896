import { DashboardLinkBuilder, DashboardLinkType, type DashboardLink } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';

export const UIDS = { fleet: 'railmedic-fleet', node: 'railmedic-node', job: 'railmedic-job' } as const;

const KEPT = '${datasource:queryparam}&${cluster:queryparam}&${__url_time_range}';

/** A link of a table's cell takes values from the row, one of a graph from the labels of the series. */
type Place = 'row' | 'series';

export function toNode(place: Place): DashboardLink {
  return dataLink('The node', `/d/${UIDS.node}?var-node=${valueOf(place, 'node')}&${KEPT}`);
}

export function toJob(place: Place): DashboardLink {
  const job = `var-namespace=${valueOf(place, 'namespace')}&var-workload=${valueOf(place, 'workload')}`;
  return dataLink('The job', `/d/${UIDS.job}?${job}&${KEPT}`);
}

/** The rule's page. `page` is a path in the repository; raw, since its slashes must stay slashes. */
export function toPage(): DashboardLink {
  return dataLink('What it means and what to do', '${pages:raw}/${__data.fields.page:raw}', true);
}

function valueOf(place: Place, label: string): string {
  return place === 'row' ? `\${__data.fields.${label}}` : `\${__field.labels.${label}}`;
}

function dataLink(title: string, url: string, targetBlank = false): DashboardLink {
  return { ...new DashboardLinkBuilder(title).type(DashboardLinkType.Link).build(), url, targetBlank };
}

/** To the other dashboards of railmedic, with the same time and the same choices. */
export function siblings(): Builder<DashboardLink> {
  return new DashboardLinkBuilder('railmedic').type(DashboardLinkType.Dashboards).tags(['railmedic']).includeVars(true).keepTime(true);
}

/** All rules with their pages. */
export function rulesLink(): Builder<DashboardLink> {
  return new DashboardLinkBuilder('Rules').type(DashboardLinkType.Link).icon('doc').url('${pages:raw}/rules/README.md').targetBlank(true);
}
