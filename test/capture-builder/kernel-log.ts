import type { Node } from './node.ts';

export interface LogLine {
  /** Since boot. */
  readonly at: number;
  readonly text: string;
  /** 3 error, 4 warning, 6 info. */
  readonly level?: number;
  /** PCI address that `dev_printk` adds as continuation lines. */
  readonly device?: string;
}

/** /dev/kmsg: `priority,sequence,microseconds,flags;text` (Documentation/ABI/testing/dev-kmsg). */
export function kernelLog(node: Node, seconds: number): string {
  const lines = [...bootLines(node), ...node.log.filter(({ at }) => at <= node.uptimeSeconds + seconds)];
  return lines
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, text, level = 6, device }, index) => {
      const fields = device === undefined ? '' : ` SUBSYSTEM=pci\n DEVICE=+pci:${device}\n`;
      return `${level},${1180 + index},${Math.round(at * 1e6)},-;${text}\n${fields}`;
    })
    .join('');
}

function bootLines(node: Node): readonly LogLine[] {
  const devices = node.efa.filter((device) => device.hasDriver !== false);
  const loaded = devices.length > 0 ? [{ at: 9.402118, text: 'Elastic Fabric Adapter (EFA) v3.1.0g' }] : [];
  const efa = devices.flatMap(({ address }, index): LogLine[] => [
    { at: 9.41 + index / 50, text: `efa ${address}: Setup irq:${96 + index} name:efa-mgmnt@pci:${address}`, device: address },
    { at: 9.42 + index / 50, text: `infiniband efa_${index}: IB device registered` },
  ]);
  // What happened a quarter of an hour before is not looked at; these two lie on either side of that.
  const quiet = node.uptimeSeconds - 1100;
  const nvidia = node.gpus ? [{ at: 8.115_204, text: `NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  ${node.gpus.driver}  Release Build  (builder@host)` }] : [];
  return [
    ...nvidia,
    ...loaded,
    ...efa,
    { at: quiet, text: 'IPv6: ADDRCONF(NETDEV_CHANGE): eni2f6c81aa0d4: link becomes ready' },
    { at: quiet + 700, text: 'IPv6: ADDRCONF(NETDEV_CHANGE): eni91c0be77f52: link becomes ready' },
  ];
}
