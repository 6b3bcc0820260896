import {
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type { DashboardLink, Threshold, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { DATASOURCE } from './variables.ts';

/** What every panel has; `description` is what it means for who was woken by it. */
export interface About {
  readonly title: string;
  readonly description: string;
  /** Of 24 columns. */
  readonly span: number;
  readonly height: number;
}

export interface Query {
  readonly expr: string;
  /** Grafana's template of a series' name: `{{device}} sent`. */
  readonly legend?: string;
}

export interface Graph extends About {
  readonly unit: string;
  readonly queries: readonly Query[];
  readonly min?: number;
  readonly max?: number;
  /** Lines of colour: from this value on. */
  readonly thresholds?: readonly Threshold[];
  readonly links?: readonly DashboardLink[];
  /** What stands there when nothing is to be shown, where that is good news. */
  readonly noValue?: string;
  /** Time between two points, where that is not Grafana's to choose. */
  readonly interval?: string;
}

const REFS = 'ABCDEFGH';

export function target({ expr, legend }: Query, index: number): DataqueryBuilder {
  const query = new DataqueryBuilder().datasource(DATASOURCE).refId(REFS.charAt(index)).expr(expr);
  return legend === undefined ? query : query.legendFormat(legend);
}

/** Lines over time, the highest named first. */
export function graph(what: Graph): TimeSeriesBuilder {
  const panel = new TimeSeriesBuilder()
    .title(what.title)
    .description(what.description)
    .datasource(DATASOURCE)
    .span(what.span)
    .height(what.height)
    .unit(what.unit)
    .targets(what.queries.map((query, index) => target(query, index).range()))
    .showPoints(VisibilityMode.Never)
    .fillOpacity(8)
    .legend(new VizLegendOptionsBuilder().displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom).showLegend(true))
    // oxlint-disable-next-line unicorn/no-array-sort -- a setting of a builder
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (what.min !== undefined) panel.min(what.min);
  if (what.max !== undefined) panel.max(what.max);
  if (what.thresholds) panel.thresholds(steps(what.thresholds));
  if (what.links) panel.dataLinks(what.links.map(built));
  if (what.noValue !== undefined) panel.noValue(what.noValue);
  if (what.interval !== undefined) panel.interval(what.interval);
  return panel;
}

export interface Figure extends About {
  readonly expr: string;
  readonly unit?: string;
  readonly thresholds: readonly Threshold[];
}

/** One number as it is now, coloured; 0 where nothing is found. */
export function figure({ title, description, span, height, expr, unit = 'none', thresholds }: Figure): StatBuilder {
  return new StatBuilder()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .span(span)
    .height(height)
    .unit(unit)
    .targets([target({ expr }, 0).instant()])
    .noValue('0')
    .thresholds(steps(thresholds));
}

export interface Timeline extends About {
  readonly queries: readonly Query[];
  readonly mappings: ValueMapping[];
  readonly noValue: string;
}

/** A bar for each series that changes colour with its state. */
export function timeline({ title, description, span, height, queries, mappings, noValue }: Timeline): TimelineBuilder {
  return new TimelineBuilder()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .span(span)
    .height(height)
    .targets(queries.map((query, index) => target(query, index).range()))
    .mappings(mappings)
    .noValue(noValue)
    .mergeValues(true)
    .rowHeight(0.8)
    .showValue(VisibilityMode.Auto)
    .legend(new VizLegendOptionsBuilder().displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom).showLegend(false));
}

export function steps(thresholds: readonly Threshold[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...thresholds]);
}

export const GREEN: Threshold = { value: null, color: 'green' };
export const PLAIN: Threshold = { value: null, color: 'text' };

/** A value that is built already, as the builders want it. */
export function built<T>(value: T): { build(): T } {
  return { build: () => value };
}

export { PromQueryFormat };
