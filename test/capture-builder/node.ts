import { layOut, type CaptureEntry, type CaptureLook } from '../../agent/capture/layout.ts';
import { addEfaDevice, type EfaDevice } from './efa-device.ts';
import { addGpus, type Gpus } from './gpus.ts';
import { imdsAnswers } from './imds.ts';
import { kernelLog, type LogLine } from './kernel-log.ts';
import { addMachine, addNetwork } from './machine.ts';
import { addMlx5Device, type Mlx5Device } from './mlx5-device.ts';
import { NodeTree } from './node-tree.ts';
import { nvidiaSmi } from './nvidia-smi.ts';
import { podFacts } from './pods.ts';
import { addWorkers } from './workers.ts';

/** A made-up node: what it is, and what moves on it. */
export interface Node {
  /** Of the capture's directory. */
  readonly name: string;
  readonly description: string;
  readonly takenAt: string;
  readonly looks: readonly number[];
  /** Undefined outside EC2. */
  readonly instanceType: string | undefined;
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
  readonly gpus: Gpus | undefined;
  readonly log: readonly LogLine[];
  /** Among how many pods of one job its GPUs and EFA devices are divided; without it Kubernetes is not seen. */
  readonly pods?: number;
  /** Records of a real kernel, in the place of made-up ones. */
  readonly recordedLog?: string;
}

/** The files of the node's capture. */
export function captureOf(node: Node): ReadonlyMap<string, CaptureEntry> {
  const looks = node.looks.map((seconds) => lookAt(node, seconds));
  return layOut(looks, {
    description: node.description,
    takenAt: node.takenAt,
    hostname: node.instanceType === undefined ? 'gpu-vm' : `ip-${node.address.replaceAll('.', '-')}.ec2.internal`,
    interfaces: [{ name: node.interface, address: node.address, mac: node.primaryMac, internal: false }],
    http: node.instanceType === undefined ? [] : [...imdsAnswers(node)],
    ...(node.gpus && { commands: [...nvidiaSmi(node.gpus, node.name)] }),
    ...(node.pods !== undefined && podFacts(node, node.pods)),
  });
}

function lookAt(node: Node, seconds: number): CaptureLook {
  const tree = new NodeTree();
  addMachine(tree, node, seconds);
  addNetwork(tree, node, seconds);
  if (node.gpus) addGpus(tree, node.gpus);
  for (const device of node.efa) addEfaDevice(tree, device, seconds);
  for (const device of node.mlx5) addMlx5Device(tree, device, seconds);
  if (node.efa.length > 0) tree.file('/dev/infiniband/rdma_cm', '');
  addWorkers(tree, node);
  tree.file('/dev/kmsg', node.recordedLog ?? kernelLog(node, seconds));
  return { seconds, entries: tree.entries, errors: tree.errors };
}
