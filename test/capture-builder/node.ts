import { layOut, type CaptureEntry, type CaptureLook } from '../../agent/capture/layout.ts';
import { addEfaDevice, type EfaDevice } from './efa-device.ts';
import { imdsAnswers } from './imds.ts';
import { kernelLog, type LogLine } from './kernel-log.ts';
import { addGpus, addMachine, addNetwork } from './machine.ts';
import { addMlx5Device, type Mlx5Device } from './mlx5-device.ts';
import { NodeTree } from './node-tree.ts';
import { addWorkers } from './workers.ts';

/** A made-up EC2 node: what it is, and what moves on it. */
export interface Node {
  /** Of the capture's directory. */
  readonly name: string;
  readonly description: string;
  readonly takenAt: string;
  readonly looks: readonly number[];
  readonly instanceType: string;
  readonly zone: { readonly name: string; readonly id: string };
  readonly address: string;
  readonly subnet: string;
  readonly vpcBlocks: readonly string[];
  readonly securityGroups: readonly string[];
  readonly interface: string;
  readonly primaryMac: string;
  readonly podMac: string;
  readonly kernel: string;
  readonly uptimeSeconds: number;
  readonly memoryGiB: number;
  readonly hugepages: number;
  readonly efa: readonly EfaDevice[];
  readonly mlx5: readonly Mlx5Device[];
  readonly gpus: { readonly addresses: readonly string[]; readonly device: string; readonly linkSpeed: string };
  readonly log: readonly LogLine[];
}

/** The files of the node's capture. */
export function captureOf(node: Node): ReadonlyMap<string, CaptureEntry> {
  const looks = node.looks.map((seconds) => lookAt(node, seconds));
  return layOut(looks, {
    description: node.description,
    takenAt: node.takenAt,
    hostname: `ip-${node.address.replaceAll('.', '-')}.ec2.internal`,
    interfaces: [{ name: node.interface, address: node.address, mac: node.primaryMac, internal: false }],
    http: [...imdsAnswers(node)],
  });
}

function lookAt(node: Node, seconds: number): CaptureLook {
  const tree = new NodeTree();
  addMachine(tree, node, seconds);
  addNetwork(tree, node, seconds);
  addGpus(tree, node);
  for (const device of node.efa) addEfaDevice(tree, device, seconds);
  for (const device of node.mlx5) addMlx5Device(tree, device, seconds);
  if (node.efa.length > 0) tree.file('/dev/infiniband/rdma_cm', '');
  addWorkers(tree, node);
  tree.file('/dev/kmsg', kernelLog(node, seconds));
  return { seconds, entries: tree.entries, errors: tree.errors };
}
