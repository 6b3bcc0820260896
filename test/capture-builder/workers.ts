import { digits, type NodeTree } from './node-tree.ts';
import { uuid } from './machine.ts';
import type { Node } from './node.ts';

const POD = 'worker';
/** fs/proc/base.c, proc_pid_limits. */
const LIMITS: readonly (readonly [string, string, string])[] = [
  ['Max cpu time', 'unlimited', 'seconds'],
  ['Max file size', 'unlimited', 'bytes'],
  ['Max stack size', '10485760', 'bytes'],
  ['Max open files', '1048576', 'files'],
  ['Max locked memory', 'unlimited', 'bytes'],
  ['Max address space', 'unlimited', 'bytes'],
];

/** Of the pod that has this number on the node. */
export function podUid(node: Node, index: number): string {
  return uuid(`${node.name} pod${index === 0 ? '' : ` ${index}`}`);
}

function cgroupOf(node: Node, index: number): string {
  const container = digits(`${node.name} container${index === 0 ? '' : ` ${index}`}`, 64);
  return `/kubepods.slice/kubepods-pod${podUid(node, index).replaceAll('-', '_')}.slice/cri-containerd-${container}.scope`;
}

/** One process a GPU, each with every EFA of the node open, in one pod. */
export function addWorkers(tree: NodeTree, node: Node): void {
  const devices = node.efa.filter((device) => device.hasDriver !== false);
  const gpus = node.gpus?.addresses ?? [];
  if (devices.length === 0) return;
  const pods = node.pods ?? 1;
  for (const [rank] of gpus.entries()) {
    const index = Math.floor((rank * pods) / gpus.length);
    const cgroup = cgroupOf(node, index);
    const process = `/proc/${21_480 + rank * 7}`;
    tree.file(`${process}/comm`, `${POD}-rank-${rank}\n`);
    tree.file(`${process}/cgroup`, `0::${cgroup}\n`);
    const head = `${'Limit'.padEnd(26)}${'Soft Limit'.padEnd(21)}${'Hard Limit'.padEnd(21)}Units     \n`;
    const lines = LIMITS.map(([name, value, unit]) => `${name.padEnd(26)}${value.padEnd(21)}${value.padEnd(21)}${unit.padEnd(10)}\n`);
    tree.file(`${process}/limits`, head + lines.join(''));
    // A job opens all of them in each process; a few are enough to tell who holds what.
    const near = devices.filter((_, at) => node.pods === undefined || Math.floor((at * pods) / devices.length) === index);
    const own = near.filter((_, at) => at % gpus.length === rank % Math.min(near.length, 8));
    for (const [at, device] of own.entries()) {
      tree.absoluteLink(`${process}/fd/${61 + at}`, `/dev/infiniband/uverbs${device.number}`);
    }
  }
}
