import type { NetworkInterface } from '../../agent/model.ts';
import { familyHead, labelValue, type Family } from './exposition.ts';

const DIRECTIONS = [
  ['receive', 'received', 'rx_bytes', 'receiveBytes'],
  ['transmit', 'sent', 'tx_bytes', 'transmitBytes'],
] as const;

/**
 * Exact to 64 bits, which the client library's numbers are not. Only interfaces with a device behind them: the veth of each
 * pod would make and drop a series with the pod.
 */
export function netdevFamilies(interfaces: readonly NetworkInterface[]): readonly Family[] {
  const physical = interfaces.filter((one) => one.physical);
  return DIRECTIONS.map(([direction, verb, file, field]) => {
    const name = `railmedic_netdev_${direction}_bytes_total`;
    const head = familyHead(name, 'counter', `Bytes ${verb} by the network interface: /sys/class/net/<interface>/statistics/${file}.`);
    const series = physical.map((one) => `${name}{interface="${labelValue(one.name)}"} ${one[field]}\n`);
    return { name, text: head + series.join('') };
  });
}
