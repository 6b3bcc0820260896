import type { Gpu } from '../../agent/model.ts';
import { selector } from './fields.ts';

/** First step of whatever ends the work on a node. */
export const DRAIN = 'kubectl drain "$NODE" --ignore-daemonsets --delete-emptydir-data';
export const REBOOT = 'systemctl reboot';

/** What nvidia-smi says of one GPU under a heading of `nvidia-smi -q`. */
export function show(gpu: Gpu, displays: string): string {
  return `nvidia-smi -q -i ${selector(gpu)} -d ${displays}`;
}

/** Xids of the kernel log, the newest last. */
export const XIDS = "dmesg -T | grep -E 'NVRM: (Xid|GPU)' | tail -20";

/** A reset takes root and a GPU that nobody has open: DaemonSets that watch it (this agent's among them) hold it too. */
export function reset(gpu: Gpu): readonly string[] {
  return [
    DRAIN,
    'fuser -v /dev/nvidia*   # the reset is refused while a process is listed: stop those, or reboot instead',
    `nvidia-smi --gpu-reset -i ${selector(gpu)}`,
    'kubectl uncordon "$NODE"',
  ];
}

/** The card has to be exchanged: on EC2, stop and start moves the instance to another machine (a reboot does not). */
export const REPLACE: readonly string[] = [
  DRAIN,
  'aws ec2 stop-instances --instance-ids "$INSTANCE_ID"   # then start-instances; or terminate, where a node group replaces it',
];
