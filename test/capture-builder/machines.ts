import { A100, B200, H100 } from './cards.ts';
import type { EfaDevice, Traffic } from './efa-device.ts';
import type { Gpus } from './gpus.ts';
import { macOf } from './node-tree.ts';
import type { Node } from './node.ts';
import { atWork } from './work.ts';

export type Base = Omit<Node, 'name' | 'description' | 'efa'>;
type WithGpus = Base & { readonly gpus: Gpus };

/** Shared by all: what the AL2023 image of EKS and its documentation give a node (5128 hugepages, unlimited memlock). */
const BASE = {
  takenAt: '2026-11-12T09:14:02.000Z',
  looks: [0, 60, 120],
  zone: { name: 'us-east-1d', id: 'use1-az6' },
  address: '10.0.3.7',
  subnet: '10.0.3.0/24',
  vpcBlocks: ['10.0.0.0/16'],
  securityGroups: ['sg-0a1b2c3d4e5f60718'],
  interface: 'ens5',
  primaryMac: macOf('primary'),
  podMac: macOf('pods'),
  kernel: '6.18.36-68.113.amzn2023.x86_64',
  uptimeSeconds: 6142.37,
  hugepages: 5128,
  mlx5: [],
  log: [],
} as const;

const DRIVER = '580.95.05';

/** Where EFA and A100 functions sit on a p4d.24xlarge; the devices are `rdmap16s27` to `rdmap160s27`. */
const P4D_BUSES = ['10', '20', '90', 'a0'];

export const P4D: WithGpus = {
  ...BASE,
  instanceType: 'p4d.24xlarge',
  memoryGiB: 1121,
  gpus: {
    addresses: P4D_BUSES.flatMap((bus) => [`0000:${bus}:1c.0`, `0000:${bus}:1d.0`]),
    card: A100,
    driver: DRIVER,
    // Two GPUs to a rail.
    says: { work: atWork(2050) },
  },
};

export const P5: WithGpus = {
  ...BASE,
  instanceType: 'p5.48xlarge',
  memoryGiB: 2000,
  gpus: {
    addresses: ['53', '64', '75', '86', '97', 'a8', 'b9', 'ca'].map((bus) => `0000:${bus}:00.0`),
    card: H100,
    driver: DRIVER,
    says: { work: atWork(24_400) },
  },
};

export const P6: WithGpus = {
  ...BASE,
  instanceType: 'p6-b200.48xlarge',
  memoryGiB: 2000,
  // Nine days: the byte counters are beyond 2^53 by then.
  uptimeSeconds: 781_204.51,
  gpus: {
    addresses: ['51', '52', '62', '63', '85', '86', '96', '97'].map((bus) => `0000:${bus}:00.0`),
    card: B200,
    driver: DRIVER,
    says: { work: atWork(31_000) },
  },
  mlx5: [
    { name: 'ibp115s0f0', number: 8, address: '0000:73:00.0', numaNode: 0 },
    { name: 'ibp116s0f0', number: 9, address: '0000:74:00.0', numaNode: 0 },
  ],
};

export const PLAIN: Base = { ...BASE, instanceType: 'm6i.4xlarge', memoryGiB: 62, hugepages: 0, gpus: undefined };

/** A job of training: a few minutes old, in both directions, no two rails quite alike. */
export function training(rail: number, bytesPerSecond: number, verb: Traffic['verb']): Traffic {
  return {
    sentBytes: bytesPerSecond + rail * 1_310_720,
    receivedBytes: bytesPerSecond - rail * 917_504,
    packetBytes: 8192,
    verb,
  };
}

/** Peers are asked again and again, and nobody is heard. */
export function unanswered(rail: number): Traffic {
  return { sentBytes: (1820 - rail * 3) * 152, receivedBytes: 0, packetBytes: 152, verb: 'send' };
}

export function p4dRails(traffic: (rail: number) => Traffic, change: (rail: number) => Partial<EfaDevice> = () => ({})): readonly EfaDevice[] {
  return P4D_BUSES.map((bus, rail) => ({
    ...rdmaDevice(rail, bus, '1b', '0xefa1'),
    numaNode: rail < 2 ? 0 : 1,
    rate: '100 Gb/sec (4X EDR)',
    traffic: traffic(rail),
    sinceSeconds: 412,
    ...change(rail),
  }));
}

/** Four EFAs to each GPU, on the buses below its own: 0x4f to 0x52 before the GPU at 0x53. */
export function p5Rails(): readonly EfaDevice[] {
  return P5.gpus.addresses.flatMap((gpu, group) =>
    [4, 3, 2, 1].map((below, at) => {
      const rail = group * 4 + at;
      const bus = (Number.parseInt(gpu.slice(5, 7), 16) - below).toString(16);
      return {
        ...rdmaDevice(rail, bus, '00', '0xefa2'),
        numaNode: group < 4 ? 0 : 1,
        rate: '100 Gb/sec (4X EDR)',
        traffic: training(rail, 6_100_000_000, 'write'),
        sinceSeconds: 5316,
      };
    }),
  );
}

export function p6Rails(): readonly EfaDevice[] {
  return ['4f', '50', '60', '61', '83', '84', '94', '95'].map((bus, rail) => ({
    ...rdmaDevice(rail, bus, '00', '0xefa3'),
    numaNode: rail < 4 ? 0 : 1,
    rate: '400 Gb/sec (8X HDR)',
    traffic: training(rail, 31_000_000_000, 'write'),
    sinceSeconds: 612_000,
  }));
}

/** The first shares the primary interface (ENA with EFA), the others are EFA-only. */
function rdmaDevice(rail: number, bus: string, slot: string, pciDevice: EfaDevice['pciDevice']) {
  return {
    name: `rdmap${Number.parseInt(bus, 16)}s${Number.parseInt(slot, 16)}`,
    number: rail,
    address: `0000:${bus}:${slot}.0`,
    pciDevice,
    mac: rail === 0 ? BASE.primaryMac : macOf(`rail ${bus}`),
  };
}
