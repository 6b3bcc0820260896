import { readFileSync } from 'node:fs';
import { H200 } from './cards.ts';
import { PLAIN, type Base } from './machines.ts';
import type { Node } from './node.ts';

const VIRTUAL: Base = { ...PLAIN, instanceType: undefined, interface: 'eth0', memoryGiB: 235, looks: [0, 60] };
const AROUND = 'The node around it is made up by test/capture-builder.';

/** The lines of kernel and nvidia-smi are real: two kernels that fault were run on it for this. */
export const H200_XID: Node = {
  ...VIRTUAL,
  name: 'h200-580-xid',
  description: `A virtual machine with one H200, driver 580.159.04, no fabric: Xid 31 and 43 by two programs that were written to fault, then the GPU idle and well. What the kernel and nvidia-smi say is recorded (UUID and serial number masked). ${AROUND}`,
  takenAt: '2026-11-23T18:06:17.000Z',
  uptimeSeconds: 187.2,
  efa: [],
  gpus: { addresses: ['0000:00:06.0'], card: H200, driver: '580.159.04', says: { recorded: 'h200-580' } },
  recordedLog: readFileSync(new URL('h200-580-xid.kmsg.txt', import.meta.url), 'utf8'),
};

export const H200_MIG: Node = {
  ...VIRTUAL,
  name: 'h200-mig-590',
  description: `A node with one H200 under MIG with work on its instances, driver 590.48.01, no fabric. What nvidia-smi says is from nvidia_gpu_exporter (test/fake-nvidia-smi/README.md). ${AROUND}`,
  takenAt: '2026-07-03T22:22:01.000Z',
  efa: [],
  gpus: { addresses: ['0000:83:00.0'], card: H200, driver: '590.48.01', says: { recorded: 'h200-mig-590-load' } },
};
