import type { Card } from './cards.ts';
import { pciFunction } from './efa-device.ts';
import type { NodeTree } from './node-tree.ts';
import type { Work } from './work.ts';

export interface Gpus {
  readonly addresses: readonly string[];
  readonly card: Card;
  /** Version of the kernel module. */
  readonly driver: string;
  /** What they do, or in which directory of test/fake-nvidia-smi/captures stands what a real nvidia-smi said. */
  readonly says: { readonly work: Work } | { readonly recorded: string };
}

/** As drivers/pci/probe.c names them. */
const LINK_SPEEDS = { 4: '16.0 GT/s PCIe', 5: '32.0 GT/s PCIe' } as const;

/** GPUs and, per bus, nothing else of NVIDIA's: switches and bridges are left out. */
export function addGpus(tree: NodeTree, { addresses, card, driver }: Gpus): void {
  const speed = LINK_SPEEDS[card.pcieGeneration];
  for (const address of addresses) {
    const function_ = pciFunction(address);
    tree.link(`/sys/bus/pci/devices/${address}`, function_);
    tree.attributes(function_, {
      class: '0x030200',
      current_link_speed: speed,
      current_link_width: 16,
      device: card.pciDevice,
      max_link_speed: speed,
      max_link_width: 16,
      vendor: '0x10de',
    });
    tree.link(`${function_}/driver`, '/sys/bus/pci/drivers/nvidia');
  }
  tree.link('/sys/bus/pci/drivers/nvidia/module', '/sys/module/nvidia');
  tree.attributes('/sys/module/nvidia', { version: driver });
}
