import { TableCellDisplayMode } from '@grafana/grafana-foundation-sdk/common';
import { PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import { RULES } from '../../../rules/index.ts';
import { UIDS } from './links.ts';
import { target, type About } from './panels.ts';
import { byNode, DEVICE, rate } from './promql.ts';
import { valueWords } from './severity.ts';
import { DATASOURCE } from './variables.ts';

/** 3: sends and receives nothing; 2: receives only; 1: both; 0: nothing moves. The worst value is the highest, so its rows come first. */
const MEANINGS = valueWords({
  '3': ['one way', 'red'],
  '2': ['receives', 'blue'],
  '1': ['both', 'green'],
  '0': ['idle', '#8080801a'],
});

/** Devices as columns, nodes as rows: who sends into a void. */
export function oneWayMatrix(about: Pick<About, 'span' | 'height'>, only: (series: string) => string = (series) => series) {
  const link = `/d/${UIDS.node}?var-node=\${__data.fields[0]}&var-device=\${__field.name}&\${datasource:queryparam}&\${cluster:queryparam}&\${__url_time_range}`;
  return new PanelBuilder()
    .title('Traffic, one way or both')
    .description(
      `Each device of each node now. Red: it sends more than ${sentPerSecond()} packets a second and not one comes back. A red row: that node's own security group, subnet or CIDR block, or its peers are gone. All rows red: the group they share has no rule to itself. One red column cell among green ones: that device or its path.`,
    )
    .datasource(DATASOURCE)
    .span(about.span)
    .height(about.height)
    .targets([target({ expr: `sort_desc(${byNode(['device'], only(`(${direction()})`))})` }, 0).instant().format(PromQueryFormat.Table)])
    .transformations([{ id: 'groupingToMatrix', options: { columnField: 'device', rowField: 'node', valueField: 'Value', emptyValue: 'empty' } }])
    .mappings(MEANINGS)
    .noValue('No fabric device is seen')
    .cellOptions({ type: TableCellDisplayMode.ColorBackground, mode: 'basic' } as never)
    .minWidth(80)
    .overrideByName(String.raw`node\device`, [
      { id: 'custom.cellOptions', value: { type: TableCellDisplayMode.Auto } },
      { id: 'custom.width', value: 260 },
    ])
    .overrideByRegexp(String.raw`/^(?!node\\device$).*/`, [{ id: 'links', value: [{ title: 'The device on its node', url: link, targetBlank: false }] }]);
}

function direction(): string {
  const sent = rate('railmedic_infiniband_transmit_packets_total', ['device'], DEVICE);
  const received = rate('railmedic_infiniband_receive_packets_total', ['device'], DEVICE);
  return `3 * (${sent} > bool ${sentPerSecond()}) * (${received} == bool 0)
  + 2 * (${sent} == bool 0) * (${received} > bool 0)
  + (${sent} > bool 0) * (${received} > bool 0)`;
}

/** From how many packets a second on the rule FabricOneWayTraffic speaks of sending. */
function sentPerSecond(): string {
  const settings = RULES.find(({ name }) => name === 'FabricOneWayTraffic')?.settings;
  const { packets, windowSeconds } = settings ?? {};
  if (typeof packets !== 'number' || typeof windowSeconds !== 'number') throw new Error('FabricOneWayTraffic has no packets or no windowSeconds');
  return (packets / windowSeconds).toFixed(1);
}
