import { expect, test } from 'vitest';
import { labelValue, snakeCase } from '../../../exporters/prometheus/exposition.ts';
import { deviceNames, portNames, type CounterName } from '../../../exporters/prometheus/infiniband-names.ts';
import { HOSTILE } from '../fixture.ts';

test.each([
  ['rx_drops', 'rx_drops'],
  ['rxVlanErrors', 'rx_vlan_errors'],
  ['ip4InDiscards', 'ip4_in_discards'],
  ['RxECNMrkd', 'rx_ecn_mrkd'],
  ['VL15_dropped', 'vl15_dropped'],
  ['a-b c', 'a_b_c'],
  ['_x__total', 'x'],
  ['§', 'unnamed'],
])('the file %s is called %s', (file, name) => {
  expect(snakeCase(file)).toBe(name);
});

function short(names: readonly CounterName[]): readonly string[] {
  return names.map(({ kind, file, metric, scale }) => {
    const name = metric.replace(/^railmedic_infiniband_(.*)_total$/, '$1');
    return `${kind} ${file} ${name}${scale === 1n ? '' : ` times ${scale}`}`;
  });
}

test('the four of traffic have one name whatever the driver calls them', () => {
  expect(short(portNames(['tx_pkts', 'rx_pkts', 'tx_bytes', 'rx_bytes', 'rx_drops'], []))).toEqual([
    'hwCounters rx_bytes receive_bytes',
    'hwCounters rx_drops rx_drops',
    'hwCounters rx_pkts receive_packets',
    'hwCounters tx_bytes transmit_bytes',
    'hwCounters tx_pkts transmit_packets',
  ]);
  expect(short(portNames(['sent_pkts', 'rcvd_pkts'], []))).toEqual([
    'hwCounters rcvd_pkts receive_packets',
    'hwCounters sent_pkts transmit_packets',
  ]);
  expect(short(portNames([], ['port_xmit_data', 'port_rcv_data', 'port_xmit_packets', 'port_rcv_packets']))).toEqual([
    'pmaCounters port_rcv_data receive_bytes times 4',
    'pmaCounters port_rcv_packets receive_packets',
    'pmaCounters port_xmit_data transmit_bytes times 4',
    'pmaCounters port_xmit_packets transmit_packets',
  ]);
});

test('no two files of a port share a name', () => {
  expect(short(portNames(['link_downed', 'tx_pkts', 'fooBar', 'foo_bar'], ['link_downed', 'port_xmit_packets', 'counters_link_downed']))).toEqual([
    'hwCounters fooBar foo_bar',
    'hwCounters foo_bar foo_bar_2',
    'hwCounters link_downed link_downed',
    'hwCounters tx_pkts transmit_packets',
    'pmaCounters counters_link_downed counters_link_downed',
    'pmaCounters link_downed counters_link_downed_2',
    'pmaCounters port_xmit_packets port_xmit_packets',
  ]);
});

test("a device's own counters", () => {
  expect(short(deviceNames(['cmds_err', 'create_ah_err']))).toEqual([
    'device cmds_err device_cmds_err',
    'device create_ah_err device_create_ah_err',
  ]);
});

test('label values are escaped', () => {
  expect(labelValue(HOSTILE)).toBe(String.raw`a\"b\\c\\u000ad<img src=x>\\u001b[31me\\u009b2J\\u202ef`);
});
