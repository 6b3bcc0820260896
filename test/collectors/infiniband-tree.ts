import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { HeldFile, Host } from '../../agent/host.ts';
import { HostError } from '../../agent/host.ts';
import type { NodeTree } from './node-tree.ts';

/** What each kind of file of an EFA device holds (efa driver 3.1.0, kernel 6.1), by its path below the device. */
const EFA_FILES = {
  node_guid: '0000:0000:0000:0000',
  fw_ver: '',
  'hw_counters/submitted_cmds': '792',
  'hw_counters/no_completion_cmds': '0',
  'hw_counters/lifespan': '12',
  'ports/1/state': '4: ACTIVE',
  'ports/1/phys_state': '5: LinkUp',
  'ports/1/link_layer': 'Unknown',
  'ports/1/rate': '100 Gb/sec (4X EDR)',
  'ports/1/gids/0': 'fe80:0000:0000:0000:0013:c2ff:fe6f:f03d',
  'ports/1/gids/1': '0000:0000:0000:0000:0000:0000:0000:0000',
  'ports/1/hw_counters/lifespan': '12',
  'ports/1/hw_counters/tx_pkts': '18204',
  'ports/1/hw_counters/rx_pkts': '0',
} as const;

export const CLASS = 'sys/class/infiniband';

/** An EFA device as the kernel lays it out: a link from the class into the PCI function's directory. */
export function addEfa(tree: NodeTree, name: string, slot: string): void {
  const parent = `sys/devices/pci0000:00/${slot}`;
  const device = `${parent}/infiniband/${name}`;
  for (const [path, text] of Object.entries(EFA_FILES)) tree.write(`${device}/${path}`, `${text}\n`);
  tree.write(`${parent}/vendor`, '0x1d0f\n');
  tree.write(`${parent}/device`, '0xefa1\n');
  tree.write(`${parent}/numa_node`, '1\n');
  tree.write('sys/bus/pci/drivers/efa/module/version', '3.1.0g\n');
  tree.link(`${parent}/driver`, '../../../bus/pci/drivers/efa');
  tree.link(`${device}/device`, `../../../${slot}`);
  tree.link(`${CLASS}/${name}`, `../../devices/pci0000:00/${slot}/infiniband/${name}`);
}

/** A device of plain directories, without a PCI function: the like of soft-RoCE. */
export function addPlain(tree: NodeTree, name: string, counters: Readonly<Record<string, string>>): void {
  tree.write(`${CLASS}/${name}/ports/1/state`, '4: ACTIVE\n');
  tree.write(`${CLASS}/${name}/ports/1/phys_state`, '5: LinkUp\n');
  mkdirSync(join(tree.root, `${CLASS}/${name}/ports/1/hw_counters`), { recursive: true });
  for (const [counter, text] of Object.entries(counters)) tree.write(`${CLASS}/${name}/ports/1/hw_counters/${counter}`, text);
}

/** Replaces a file as careful writers do: a new one beside it, renamed over it. */
export function replace(tree: NodeTree, path: string, text: string): void {
  const beside = `${path.slice(0, path.lastIndexOf('/') + 1)}.new`;
  tree.write(beside, text);
  renameSync(join(tree.root, beside), join(tree.root, path));
}

/** What happens instead of a read of a file; undefined lets the read be. */
export type Instead = (path: string, how: 'sync' | 'pool') => Promise<number> | Error | undefined;

/** The same node, with some reads of held files answered otherwise: by an errno, or never. */
export function withReads(host: Host, instead: Instead): Host & { readonly reads: readonly string[] } {
  const reads: string[] = [];
  const hold = (path: string): HeldFile => {
    const file = host.hold(path);
    return {
      path,
      get openings() {
        return file.openings;
      },
      readSync(into) {
        reads.push(`sync ${path}`);
        const answer = instead(path, 'sync');
        if (answer instanceof Error) throw answer;
        if (answer) throw new Error(`${path}: a read that has no answer was made synchronously`);
        return file.readSync(into);
      },
      async read(into) {
        reads.push(`pool ${path}`);
        const answer = instead(path, 'pool');
        if (answer instanceof Error) throw answer;
        return answer ? answer : file.read(into);
      },
      close: () => file.close(),
    };
  };
  return { ...host, hold, reads };
}

export function errno(code: string, path: string): HostError {
  return new HostError('read', path, Object.assign(new Error(code), { code }));
}
