import { expect, test } from 'vitest';
import { prometheusExporter } from '../../../exporters/prometheus.ts';
import { GPU_METRICS } from '../../../exporters/prometheus/gpu-metrics.ts';
import { checkMetrics, findPromtool } from '../../promtool.ts';
import { device, efa, finding, HOSTILE, infiniband, kernelLog, ok, oneWay, port, report, snapshot, source } from '../fixture.ts';
import { dmonRow, gpu, H200, query, smiProcess, xid } from '../gpu-fixture.ts';

/** Names that drivers of other cards give (irdma, mlx5, bnxt_re, rxe), beside all of EFA's. */
const HW_FILES =
  'tx_bytes rx_bytes tx_pkts rx_pkts rx_drops send_bytes send_wrs recv_bytes recv_wrs rdma_read_wrs rdma_read_bytes ' +
  'rdma_read_wr_err rdma_read_resp_bytes rdma_write_wrs retrans_bytes retrans_pkts retrans_timeout_events ' +
  'unresponsive_remote_events impaired_remote_conn_events rxVlanErrors ip4InDiscards tcpRetransSegs RxECNMrkd cnpHandled ' +
  'roce_adp_retrans_to np_ecn_marked_roce_packets out_of_buffer oos_drop_count to_retransmits rx_roce_good_bytes link_downed ack_deferred';
const PMA_FILES =
  'symbol_error link_error_recovery link_downed port_rcv_errors port_xmit_discards local_link_integrity_errors VL15_dropped ' +
  'excessive_buffer_overrun_errors port_xmit_data port_rcv_data port_xmit_packets port_rcv_packets port_xmit_wait unicast_rcv_packets';
const DEVICE_FILES = 'submitted_cmds completed_cmds cmds_err no_completion_cmds keep_alive_rcvd create_ah_err mmap_err';

const EVERY_FIELD = { ...H200, 'retired_pages.single_bit_ecc.count': '1', 'retired_pages.double_bit.count': '0', 'retired_pages.pending': 'No' };
const SXID = {
  kind: 'sxid',
  time: '2026-11-23T20:00:00.000Z',
  count: 1,
  text: '',
  sxid: 20_034,
  nvswitch: 4,
  pciAddress: '0000:05:00.0',
  severity: 'fatal',
  link: 30,
  detail: '',
} as const;

const counters = (names: string) => Object.fromEntries(names.split(' ').map((name) => [name, 2n ** 64n - 1n]));

test('promtool check metrics has nothing to say', { timeout: 300_000 }, async (context) => {
  const promtool = await findPromtool();
  context.skip(promtool.missing !== undefined, promtool.missing);
  const exporter = prometheusExporter({ version: '0.1.0' });
  exporter.countFailure('alert');
  const all = device('mlx5_0', {
    counters: counters(DEVICE_FILES),
    ports: [port('mlx5_0', { hwCounters: counters(HW_FILES), pmaCounters: counters(PMA_FILES) })],
  });
  const interfaces = [{ name: HOSTILE, driver: undefined, mac: undefined, physical: true, receiveBytes: 1n, transmitBytes: 2n }];
  const everything = report({
    findings: [oneWay, finding({ subject: HOSTILE }), finding({ shadow: true }), finding({ suppressed: 'x' })],
    sources: [source('infiniband'), source('imds', { status: 'failed' }), source('netdev', { status: 'absent' })],
    snapshot: snapshot({
      infiniband: infiniband(all, efa(HOSTILE, 1n, 2n)),
      netdev: ok({ interfaces }),
      'kernel-log': kernelLog({ lostLines: 3, xidTotals: [xid(0, 79, 1), xid(5, 31, 2)], gpuEvents: [SXID] }),
      'nvidia-query': query(gpu(0, EVERY_FIELD), gpu(1, EVERY_FIELD), gpu(2, { uuid: HOSTILE, name: HOSTILE, 'mig.mode.current': HOSTILE })),
      'nvidia-dmon': ok({ gpus: [dmonRow(0, { sm: 99.5, rxpci: 1, txpci: 2 }), dmonRow(1, { sm: 3 }, '1/0')] }),
      'nvidia-smi': ok({ path: '/x', tried: [], driverVersion: '580', processes: [smiProcess('query'), smiProcess('dmon')], failure: undefined }),
    }),
  });
  await exporter.publish(everything, context.signal);
  const gpuFamilies = exporter.render().body.toString().match(/^# TYPE railmedic_(gpu|nvswitch|nvidia_smi)_/gm);
  expect(gpuFamilies).toHaveLength(GPU_METRICS.length + 7);
  expect(await checkMetrics(promtool.path, exporter.render().body.toString())).toBe('');
  expect(await checkMetrics(promtool.path, 'bad_total{ 1\n')).toContain('error while linting');
});
