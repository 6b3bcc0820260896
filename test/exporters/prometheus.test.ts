import { describe, expect, test } from 'vitest';
import type { Infiniband, Reading, Report } from '../../agent/model.ts';
import { prometheusExporter } from '../../exporters/prometheus.ts';
import { calmReport, device, efa, finding, HOSTILE, infiniband, kernelLog, ok, oneWay, port, report, snapshot } from './fixture.ts';

const signal = new AbortController().signal;

function opened() {
  const exporter = prometheusExporter({ version: '0.1.0', processMetrics: false });
  return {
    exporter,
    rendered: async (next: Report): Promise<string> => {
      await exporter.publish(next, signal);
      return exporter.render().body.toString();
    },
  };
}

function withFabric(reading: Reading<Infiniband>): Report {
  return calmReport({ snapshot: snapshot({ infiniband: reading }) });
}

/** Lines of the text that belong to metrics of this name, without HELP and TYPE. */
function series(text: string, name: string): readonly string[] {
  return text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

test('one report, whole', async () => {
  const text = await opened().rendered(report());
  expect(text.replace(process.versions.node, 'NODE')).toBe(`\
# HELP railmedic_build_info Version of railmedic and of the Node.js it runs on; always 1.
# TYPE railmedic_build_info gauge
railmedic_build_info{version="0.1.0",node_version="NODE"} 1
# HELP railmedic_collector_absent 1 if this node has no such source, which is not a fault.
# TYPE railmedic_collector_absent gauge
railmedic_collector_absent{collector="infiniband"} 0
railmedic_collector_absent{collector="imds"} 0
railmedic_collector_absent{collector="nvidia-query"} 1
# HELP railmedic_collector_duration_seconds How long the last look at the source took.
# TYPE railmedic_collector_duration_seconds gauge
railmedic_collector_duration_seconds{collector="infiniband"} 0.002
railmedic_collector_duration_seconds{collector="imds"} 1
railmedic_collector_duration_seconds{collector="nvidia-query"} 0.002
# HELP railmedic_collector_last_success_timestamp_seconds When the source was last read, in Unix time.
# TYPE railmedic_collector_last_success_timestamp_seconds gauge
railmedic_collector_last_success_timestamp_seconds{collector="infiniband"} 1795464060.5
# HELP railmedic_collector_success 1 if the last look read the source or found that this node has none, 0 if it failed.
# TYPE railmedic_collector_success gauge
railmedic_collector_success{collector="infiniband"} 1
railmedic_collector_success{collector="imds"} 0
railmedic_collector_success{collector="nvidia-query"} 1
# HELP railmedic_finding A finding, by state: firing, unknown (cannot be judged now) or resolved (lately); always 1.
# TYPE railmedic_finding gauge
railmedic_finding{rule="FabricOneWayTraffic",severity="critical",state="firing",subject="node"} 1
# HELP railmedic_finding_info A finding that is firing or unknown in words: its title, its page in the repository and its first cause; always 1.
# TYPE railmedic_finding_info gauge
railmedic_finding_info{rule="FabricOneWayTraffic",subject="node",title="A fabric port sends and receives nothing",page="rules/fabric/one-way-traffic.md",cause="security-group-egress"} 1
# HELP railmedic_finding_since_timestamp_seconds When a finding that is firing or unknown began, in Unix time.
# TYPE railmedic_finding_since_timestamp_seconds gauge
railmedic_finding_since_timestamp_seconds{rule="FabricOneWayTraffic",subject="node"} 1795464060
# HELP railmedic_infiniband_device_cmds_err_total Counter hw_counters/cmds_err of the device, as its driver counts it.
# TYPE railmedic_infiniband_device_cmds_err_total counter
railmedic_infiniband_device_cmds_err_total{device="rdmap16s0"} 0
railmedic_infiniband_device_cmds_err_total{device="rdmap17s0"} 0
# HELP railmedic_infiniband_device_info A device of /sys/class/infiniband; always 1.
# TYPE railmedic_infiniband_device_info gauge
railmedic_infiniband_device_info{device="rdmap16s0",driver="efa",driver_version="3.1.0",firmware="",pci="0000:10:1b.0",node_guid="0000:0000:0000:0000",is_efa="true"} 1
railmedic_infiniband_device_info{device="rdmap17s0",driver="efa",driver_version="3.1.0",firmware="",pci="0000:10:1b.0",node_guid="0000:0000:0000:0000",is_efa="true"} 1
# HELP railmedic_infiniband_port_info A port; always 1. State labels are empty on EFA, whose driver always says ACTIVE.
# TYPE railmedic_infiniband_port_info gauge
railmedic_infiniband_port_info{device="rdmap16s0",port="1",state="",physical_state="",link_layer="Unknown",rate="100 Gb/sec (4X EDR)"} 1
railmedic_infiniband_port_info{device="rdmap17s0",port="1",state="",physical_state="",link_layer="Unknown",rate="100 Gb/sec (4X EDR)"} 1
# HELP railmedic_infiniband_receive_packets_total Packets received by the port: hw_counters/rx_pkts, hw_counters/rcvd_pkts or counters/port_rcv_packets.
# TYPE railmedic_infiniband_receive_packets_total counter
railmedic_infiniband_receive_packets_total{device="rdmap16s0",port="1"} 0
railmedic_infiniband_receive_packets_total{device="rdmap17s0",port="1"} 0
# HELP railmedic_infiniband_transmit_packets_total Packets sent by the port: hw_counters/tx_pkts, hw_counters/sent_pkts or counters/port_xmit_packets.
# TYPE railmedic_infiniband_transmit_packets_total counter
railmedic_infiniband_transmit_packets_total{device="rdmap16s0",port="1"} 18204
railmedic_infiniband_transmit_packets_total{device="rdmap17s0",port="1"} 18190
# HELP railmedic_infiniband_unreadable_counters Files of the device that could not be read at the last look.
# TYPE railmedic_infiniband_unreadable_counters gauge
railmedic_infiniband_unreadable_counters{device="rdmap16s0"} 0
railmedic_infiniband_unreadable_counters{device="rdmap17s0"} 0
# HELP railmedic_kernel_log_dropped_lines_total Kernel log lines that were read but not judged, because too many came at once.
# TYPE railmedic_kernel_log_dropped_lines_total counter
railmedic_kernel_log_dropped_lines_total 0
# HELP railmedic_kernel_log_lost_lines_total Kernel log lines that were overwritten before the agent read them.
# TYPE railmedic_kernel_log_lost_lines_total counter
railmedic_kernel_log_lost_lines_total 0
# HELP railmedic_looks_total Looks taken at the node since the agent began.
# TYPE railmedic_looks_total counter
railmedic_looks_total 1
# HELP railmedic_node_info The node that this agent watches; always 1. Labels that nobody could tell are empty.
# TYPE railmedic_node_info gauge
railmedic_node_info{node="ip-10-0-3-7",instance_type="p4d.24xlarge",zone="",node_group=""} 1
# HELP railmedic_rules Rules evaluated at the last look.
# TYPE railmedic_rules gauge
railmedic_rules 24
`);
});

describe('counters', () => {
  test('are exact to 64 bits', async () => {
    const max = 2n ** 64n - 1n;
    const mlx5 = port('mlx5_0', { pmaCounters: { port_xmit_data: 2n ** 62n - 1n, symbol_error: 2n ** 53n + 1n } });
    const devices = [device('mlx5_0', { isEfa: false, driver: 'mlx5_core', ports: [mlx5] }), efa('rdmap16s0', max, 2n ** 53n + 1n)];
    const interfaces = [{ name: 'ens5', driver: 'ena', mac: undefined, physical: true, receiveBytes: max, transmitBytes: 2n ** 53n + 1n }];
    const readings = { infiniband: infiniband(...devices), netdev: ok({ interfaces }) };
    const text = await opened().rendered(calmReport({ snapshot: snapshot(readings) }));
    expect(series(text, 'railmedic_infiniband_transmit_packets_total')).toEqual([
      'railmedic_infiniband_transmit_packets_total{device="rdmap16s0",port="1"} 18446744073709551615',
    ]);
    expect(series(text, 'railmedic_infiniband_receive_packets_total')[0]).toMatch(/ 9007199254740993$/);
    expect(series(text, 'railmedic_infiniband_transmit_bytes_total')).toEqual([
      'railmedic_infiniband_transmit_bytes_total{device="mlx5_0",port="1"} 18446744073709551612',
    ]);
    expect(series(text, 'railmedic_infiniband_symbol_error_total')[0]).toMatch(/ 9007199254740993$/);
    expect(series(text, 'railmedic_netdev_receive_bytes_total')).toEqual(['railmedic_netdev_receive_bytes_total{interface="ens5"} 18446744073709551615']);
    expect(series(text, 'railmedic_netdev_transmit_bytes_total')).toEqual(['railmedic_netdev_transmit_bytes_total{interface="ens5"} 9007199254740993']);
  });

  test('follow ports and files that come and go', async () => {
    const { rendered } = opened();
    const transmitted = async (reading: Reading<Infiniband>) => series(await rendered(withFabric(reading)), 'railmedic_infiniband_transmit_packets_total');
    expect(await transmitted(infiniband(efa('a', 1n, 0n), efa('b', 2n, 0n)))).toHaveLength(2);
    expect(await transmitted(infiniband(efa('b', 3n, 0n)))).toEqual(['railmedic_infiniband_transmit_packets_total{device="b",port="1"} 3']);
    const two = device('b', { ports: [port('b', { hwCounters: { rx_pkts: 0n } }), port('b', { port: 2, hwCounters: { tx_pkts: 4n } })] });
    expect(await transmitted(infiniband(two))).toEqual(['railmedic_infiniband_transmit_packets_total{device="b",port="2"} 4']);
    expect(await transmitted({ status: 'failed', error: new Error('EIO') })).toEqual([]);
    expect(await rendered(withFabric({ status: 'absent', why: 'no fabric' }))).not.toContain('railmedic_infiniband');
  });

  test('of both directories keep one family and one HELP, whatever device has them', async () => {
    const rxe = device('rxe0', { isEfa: false, driver: undefined, ports: [port('rxe0', { hwCounters: { link_downed: 1n } })] });
    const mlx5 = device('mlx5_0', { isEfa: false, ports: [port('mlx5_0', { pmaCounters: { link_downed: 2n } })] });
    const text = await opened().rendered(withFabric(infiniband(rxe, mlx5)));
    expect(text.match(/^.*railmedic_infiniband_link_downed_total.*$/gm)).toEqual([
      '# HELP railmedic_infiniband_link_downed_total Counter counters/link_downed of the port, as its driver counts it. Or: Counter hw_counters/link_downed of the port, as its driver counts it.',
      '# TYPE railmedic_infiniband_link_downed_total counter',
      'railmedic_infiniband_link_downed_total{device="rxe0",port="1"} 1',
      'railmedic_infiniband_link_downed_total{device="mlx5_0",port="1"} 2',
    ]);
    expect(series(text, 'railmedic_infiniband_port_info')[0]).toContain('state="4: ACTIVE",physical_state="5: LinkUp"');
  });
});

describe('findings', () => {
  test('go when they are gone; shadow and suppressed ones are apart', async () => {
    const { rendered } = opened();
    const findings = [
      oneWay,
      finding({ state: 'unknown' }),
      finding({ state: 'resolved', subject: 'rdmap9s0/1' }),
      finding({ shadow: true, state: 'unknown' }),
      finding({ suppressed: 'known' }),
      finding({ suppressed: 'known', state: 'resolved', subject: 'rdmap8s0/1' }),
    ];
    expect((await rendered(calmReport({ findings }))).match(/^railmedic_finding.*$/gm)).toEqual([
      'railmedic_finding{rule="FabricOneWayTraffic",severity="critical",state="firing",subject="node"} 1',
      'railmedic_finding{rule="FabricReceiveDrops",severity="warning",state="unknown",subject="rdmap16s0/1"} 1',
      'railmedic_finding{rule="FabricReceiveDrops",severity="warning",state="resolved",subject="rdmap9s0/1"} 1',
      'railmedic_finding_info{rule="FabricOneWayTraffic",subject="node",title="A fabric port sends and receives nothing",page="rules/fabric/one-way-traffic.md",cause="security-group-egress"} 1',
      'railmedic_finding_info{rule="FabricReceiveDrops",subject="rdmap16s0/1",title="Fabric port drops received packets",page="rules/fabric/receive-drops.md",cause=""} 1',
      'railmedic_finding_shadow{rule="FabricReceiveDrops",severity="warning",state="unknown",subject="rdmap16s0/1"} 1',
      'railmedic_finding_since_timestamp_seconds{rule="FabricOneWayTraffic",subject="node"} 1795464060',
      'railmedic_finding_since_timestamp_seconds{rule="FabricReceiveDrops",subject="rdmap16s0/1"} 1795464060',
      'railmedic_finding_suppressed{rule="FabricReceiveDrops",severity="warning",subject="rdmap16s0/1"} 1',
    ]);
    expect(await rendered(calmReport())).not.toContain('railmedic_finding');
  });

  test('a hostile subject is one label value', async () => {
    const text = await opened().rendered(calmReport({ findings: [finding({ subject: HOSTILE })] }));
    expect(series(text, 'railmedic_finding')).toEqual([
      String.raw`railmedic_finding{rule="FabricReceiveDrops",severity="warning",state="firing",subject="a\"b\\c\\u000ad<img src=x>\\u001b[31me\\u009b2J\\u202ef"} 1`,
    ]);
  });
});

describe('the agent', () => {
  test('counts looks, failures of exporters, and lost lines once each', async () => {
    const { exporter, rendered } = opened();
    const lost = (atSeconds: number) => calmReport({ snapshot: snapshot({ 'kernel-log': kernelLog({ lostLines: 7, droppedLines: 2 }, atSeconds) }) });
    const first = lost(100);
    await rendered(first);
    await rendered(first);
    await rendered(lost(100));
    exporter.countFailure('alert');
    exporter.countFailure('alert');
    const text = await rendered(lost(105));
    expect(series(text, 'railmedic_kernel_log_lost_lines_total')).toEqual(['railmedic_kernel_log_lost_lines_total 14']);
    expect(series(text, 'railmedic_kernel_log_dropped_lines_total')).toEqual(['railmedic_kernel_log_dropped_lines_total 4']);
    expect(series(text, 'railmedic_looks_total')).toEqual(['railmedic_looks_total 3']);
    expect(series(text, 'railmedic_exporter_failures_total')).toEqual(['railmedic_exporter_failures_total{exporter="alert"} 2']);
  });

  test('counts unreadable files by device', async () => {
    const sick = device('a', { unreadable: { 'ports/1/hw_counters/tx_pkts': 'EIO', 'hw_counters/cmds_err': 'EIO' } });
    const text = await opened().rendered(withFabric(infiniband(sick)));
    expect(series(text, 'railmedic_infiniband_unreadable_counters')).toEqual(['railmedic_infiniband_unreadable_counters{device="a"} 2']);
  });

  test('renders at a report and not at a scrape', async () => {
    const { exporter, rendered } = opened();
    expect(exporter.render().body.toString()).toBe('# railmedic has not looked at the node yet\n');
    await rendered(calmReport());
    const { body, contentType } = exporter.render();
    expect(exporter.render().body).toBe(body);
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    await exporter.close();
  });

  test('has its own process metrics, none of them without a value', async () => {
    const exporter = prometheusExporter({ version: '0.1.0' });
    await exporter.publish(calmReport(), signal);
    const text = exporter.render().body.toString();
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'process_open_fds', 'nodejs_eventloop_lag_seconds']) {
      expect(series(text, name), name).toHaveLength(1);
    }
    expect(text).not.toMatch(/nan$/im);
    await exporter.close();
  });
});
