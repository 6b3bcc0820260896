import { TableCellDisplayMode, TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common';
import type { DashboardLink, DataTransformerConfig, DynamicConfigValue, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import { target, type About, type Query } from './panels.ts';
import { DATASOURCE } from './variables.ts';

/** One column: a label, or the value of a query (`Value` of the only one, else `Value #A`). */
export interface Column {
  readonly field: string;
  readonly title: string;
  readonly unit?: string;
  readonly decimals?: number;
  readonly width?: number;
  readonly links?: readonly DashboardLink[];
  readonly mappings?: ValueMapping[];
  /** Coloured by its mappings or thresholds. */
  readonly coloured?: boolean;
  readonly thresholds?: readonly { readonly value: number | null; readonly color: string }[];
}

export interface Table extends About {
  readonly queries: readonly Query[];
  /** In the order of the table; a label that is not named is not shown. */
  readonly columns: readonly Column[];
  /** Titles of columns, `-` before one for the highest first. */
  readonly sort: readonly string[];
  readonly noValue: string;
}

/** What is so now, a row for each set of labels; queries with the same labels share a row. */
export function table(what: Table): PanelBuilder {
  const panel = new PanelBuilder()
    .title(what.title)
    .description(what.description)
    .datasource(DATASOURCE)
    .span(what.span)
    .height(what.height)
    .targets(what.queries.map((query, index) => target(query, index).instant().format(PromQueryFormat.Table)))
    .transformations([...(what.queries.length > 1 ? [{ id: 'merge', options: {} }] : []), ...shown(what.columns)])
    .noValue(what.noValue)
    .filterable(true)
    .sortBy(what.sort.map(sorted));
  for (const column of what.columns) panel.overrideByName(column.title, [...look(column)]);
  return panel;
}

/** Only these columns, in this order, under these titles. A label that no series has (cluster) is no column. */
function shown(columns: readonly Column[]): readonly DataTransformerConfig[] {
  return [
    { id: 'filterFieldsByName', options: { include: { names: columns.map(({ field }) => field) } } },
    {
      id: 'organize',
      options: {
        excludeByName: {},
        indexByName: Object.fromEntries(columns.map(({ field }, index) => [field, index])),
        renameByName: Object.fromEntries(columns.map(({ field, title }) => [field, title])),
      },
    },
  ];
}

function look({ unit, decimals, width, links, mappings, coloured, thresholds }: Column): readonly DynamicConfigValue[] {
  const property = (id: string, value: unknown): readonly DynamicConfigValue[] => (value === undefined ? [] : [{ id, value }]);
  return [
    ...property('unit', unit),
    ...property('decimals', decimals),
    ...property('custom.width', width),
    ...property('links', links),
    ...property('mappings', mappings),
    ...property('thresholds', thresholds && { mode: 'absolute', steps: thresholds }),
    ...property('custom.cellOptions', coloured ? { type: TableCellDisplayMode.ColorBackground, mode: 'basic' } : undefined),
  ];
}

export function sorted(title: string): TableSortByFieldStateBuilder {
  const desc = title.startsWith('-');
  return new TableSortByFieldStateBuilder().displayName(desc ? title.slice(1) : title).desc(desc);
}
