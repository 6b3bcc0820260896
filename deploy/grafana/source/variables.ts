import {
  ConstantVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { linksFrom } from '../../prometheus/source/links.ts';

export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' } as const;

/** An empty label is matched by `.*` and by no listed value, so that "All" also works where nothing has a cluster. */
const ALL = '.*';
const CHOSEN_ALL = { text: ['All'], value: ['$__all'], selected: true };

type Variable = DatasourceVariableBuilder | QueryVariableBuilder | ConstantVariableBuilder;

export interface Choice {
  readonly name: string;
  readonly label: string;
  readonly query: string;
  /** Takes the value out of what `query_result` gives. */
  readonly regex?: string;
}

/** Several values, or all of them. Grafana escapes each for `=~`. */
export function many({ name, label, query, regex }: Choice): QueryVariableBuilder {
  const variable = choice({ name, label, query, ...(regex !== undefined && { regex }) });
  return variable.multi(true).includeAll(true).allValue(ALL).current(CHOSEN_ALL);
}

/** One value: the first there is until another is chosen. Grafana does not escape it: `=~` takes it too, with its dots as wildcards. */
export function one(what: Choice): QueryVariableBuilder {
  return choice(what).multi(false).includeAll(false);
}

function choice({ name, label, query, regex }: Choice): QueryVariableBuilder {
  const variable = new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query(query)
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    // oxlint-disable-next-line unicorn/no-array-sort -- a setting of a builder
    .sort(VariableSort.NaturalAsc);
  return regex === undefined ? variable : variable.regex(regex);
}

/** Those of every dashboard, in this order: data source, cluster, what the dashboard adds, node, device. */
export function variables(node: QueryVariableBuilder, between: readonly QueryVariableBuilder[] = []): Variable[] {
  return [
    new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
    many({ name: 'cluster', label: 'Cluster', query: 'label_values(railmedic_node_info, cluster)' }),
    ...between,
    node,
    many({
      name: 'device',
      label: 'Fabric device',
      query:
        'query_result(max by (device) (railmedic_infiniband_device_info and on (cluster, job, instance) railmedic_node_info{cluster=~"$cluster", node=~"$node"}))',
      regex: '/device="([^"]+)"/',
    }),
    // Below it lies `rules/fabric/one-way-traffic.md`; the same base as that of the alerts.
    new ConstantVariableBuilder('pages').label('Where the rule pages lie').value(linksFrom(process.env).runbookBase),
  ];
}
