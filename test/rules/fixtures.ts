import type {
  Addresses,
  DeviceFiles,
  DmonGpu,
  Gpu,
  Imds,
  ImdsInterface,
  Infiniband,
  InfinibandDevice,
  InfinibandPort,
  Judgement,
  Netdev,
  NetworkInterface,
  NvidiaDmon,
  NvidiaQuery,
  NvidiaSmi,
  NvidiaSmiProcess,
  Pci,
  PciFunction,
  SmiValue,
  SourceName,
  Sources,
} from '../../agent/model.ts';
import type { Rule, Settings } from '../../rules/define.ts';

type Look = { readonly [S in SourceName]?: Sources[S] };

/** Port 1 of rdmap16s0, an EFA as its driver shows it; give `device` and the counters that matter. */
export function port(changes: Partial<InfinibandPort> = {}): InfinibandPort {
  const device = changes.device ?? 'rdmap16s0';
  const number = changes.port ?? 1;
  return {
    device,
    port: number,
    name: `${device}/${number}`,
    state: '4: ACTIVE',
    physicalState: '5: LinkUp',
    linkLayer: 'Unknown',
    rate: '100 Gb/sec (4X EDR)',
    gid: undefined,
    hwCounters: {},
    pmaCounters: {},
    wasActive: true,
    ...changes,
  };
}

/** An EFA device without ports; `device({ name, ports: [port({ device: name, … })] })`. */
export function device(changes: Partial<InfinibandDevice> = {}): InfinibandDevice {
  return {
    name: 'rdmap16s0',
    isEfa: true,
    driver: 'efa',
    pciAddress: '0000:10:00.0',
    pciVendor: '0x1d0f',
    pciDevice: '0xefa1',
    driverVersion: '3.1.0g',
    firmwareVersion: undefined,
    nodeGuid: undefined,
    numaNode: 0,
    generation: 1,
    counters: {},
    ports: [],
    unreadable: {},
    silence: undefined,
    ...changes,
  };
}

/** An EFA device whose port 1 shows these counters. */
export function efa(
  name: string,
  hwCounters: Record<string, bigint>,
  changes: Partial<InfinibandDevice> = {},
  portChanges: Partial<InfinibandPort> = {},
): InfinibandDevice {
  return device({ name, ports: [port({ device: name, hwCounters, ...portChanges })], ...changes });
}

/** A soft-RoCE device: virtual, so without a driver link and without a PCI address. */
export function rxe(name: string, hwCounters: Record<string, bigint>): InfinibandDevice {
  const ports = [port({ device: name, hwCounters, linkLayer: 'Ethernet' })];
  return device({
    name,
    isEfa: false,
    driver: undefined,
    pciAddress: undefined,
    pciVendor: undefined,
    pciDevice: undefined,
    driverVersion: undefined,
    ports,
  });
}

/** A ConnectX port as the mlx5 driver shows it, with its PMA counters. */
export function mlx5(
  name: string,
  pmaCounters: Record<string, bigint>,
  portChanges: Partial<InfinibandPort> = {},
): InfinibandDevice {
  const ports = [port({ device: name, pmaCounters, linkLayer: 'InfiniBand', ...portChanges })];
  return device({
    name,
    isEfa: false,
    driver: 'mlx5_core',
    pciAddress: '0000:73:00.0',
    pciVendor: '0x15b3',
    pciDevice: '0x1021',
    driverVersion: undefined,
    ports,
  });
}

export function infiniband(devices: readonly InfinibandDevice[], vanished: readonly string[] = []): Infiniband {
  return { devices, vanished };
}

export function imds(changes: Partial<Imds> = {}): Imds {
  return {
    instanceId: 'i-0123456789abcdef0',
    instanceType: 'p4d.24xlarge',
    availabilityZone: 'us-west-2b',
    availabilityZoneId: 'usw2-az2',
    placementGroup: undefined,
    mac: '02:13:c2:6f:f0:3d',
    interfaces: [imdsInterface()],
    interruptions: [],
    ...changes,
  };
}

/** The primary interface: 10.0.3.7 in the first block of a VPC with one block. */
export function imdsInterface(changes: Partial<ImdsInterface> = {}): ImdsInterface {
  return {
    mac: '02:13:c2:6f:f0:3d',
    interfaceId: 'eni-0000000000000000a',
    deviceNumber: 0,
    networkCard: 0,
    subnetId: 'subnet-0000000000000000a',
    subnetCidrBlock: '10.0.0.0/20',
    vpcId: 'vpc-0000000000000000a',
    vpcCidrBlocks: ['10.0.0.0/16'],
    securityGroupIds: ['sg-0aaa0aaa0aaa0aaa0'],
    localIpv4s: ['10.0.3.7'],
    ...changes,
  };
}

export function addresses(address: string | undefined): Addresses {
  return { nodeIp: address === undefined ? undefined : { address, from: '--node-ip' }, interfaces: [] };
}

export function pciFunction(changes: Partial<PciFunction> = {}): PciFunction {
  return {
    address: '0000:10:00.0',
    vendor: '0x1d0f',
    device: '0xefa1',
    class: '0x020000',
    kind: 'efa',
    driver: 'efa',
    ...changes,
  };
}
export function pci(functions: readonly PciFunction[]): Pci {
  return { functions };
}

export function deviceFiles(verbs: DeviceFiles['verbs'], others: readonly string[] = []): DeviceFiles {
  return { devVisible: true, verbs, others };
}

export function networkInterface(changes: Partial<NetworkInterface> = {}): NetworkInterface {
  return {
    name: 'eth0',
    driver: 'ena',
    mac: '02:13:c2:6f:f0:3d',
    physical: true,
    receiveBytes: 0n,
    transmitBytes: 0n,
    ...changes,
  };
}
export function netdev(interfaces: readonly NetworkInterface[]): Netdev {
  return { interfaces };
}

export function nvidiaQuery(gpus: readonly Partial<Gpu>[]): NvidiaQuery {
  return {
    driverVersion: '580.95.05',
    gpus: gpus.map((gpu, index) => ({
      index,
      uuid: `GPU-00000000-0000-0000-0000-00000000000${index}`,
      pciAddress: undefined,
      name: 'NVIDIA A100-SXM4-40GB',
      busyRatio: undefined,
      fields: {},
      ...gpu,
    })),
  };
}

/** Fields as the parser types them: numbers are numbers, `N/A` and tokens in brackets are unknown, the rest is text. */
function smiFields(values: Readonly<Record<string, string | number>>): Gpu['fields'] {
  const typed = (value: string | number): SmiValue => {
    if (typeof value === 'number') return { kind: 'number', value };
    return /^(N\/A|\[.*\])$/.test(value) ? { kind: 'unknown', reason: value } : { kind: 'text', value };
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typed(value)]));
}

/** GPU 3, an H200, with these fields; `gpu({}, { index: 5, uuid: 'GPU-5' })` is another. */
export function gpu(fields: Readonly<Record<string, string | number>> = {}, changes: Partial<Gpu> = {}): Gpu {
  return {
    index: 3,
    uuid: 'GPU-00000000-1111-2222-3333-444444444444',
    pciAddress: '0000:83:00.0',
    name: 'NVIDIA H200',
    busyRatio: 0,
    fields: smiFields(fields),
    ...changes,
  };
}

/** What dmon says of GPU 3: the mean of five samples. */
export function dmonGpu(columns: Readonly<Record<string, number>>, changes: Partial<DmonGpu> = {}): DmonGpu {
  return { index: 3, instance: undefined, samples: 5, columns, ...changes };
}
export function nvidiaDmon(gpus: readonly DmonGpu[]): NvidiaDmon {
  return { gpus };
}

/** nvidia-smi as it should be: found, its two processes running. */
export function nvidiaSmi(changes: Partial<NvidiaSmi> = {}): NvidiaSmi {
  return {
    path: '/usr/bin/nvidia-smi',
    tried: [],
    driverVersion: '580.159.04',
    processes: [smiProcess(), smiProcess({ name: 'dmon', pid: 4243 })],
    failure: undefined,
    ...changes,
  };
}
export function smiProcess(changes: Partial<NvidiaSmiProcess> = {}): NvidiaSmiProcess {
  return { name: 'query', pid: 4242, state: 'running', silentSeconds: 2, restarts: 0, droppedLines: 0, ...changes };
}

/** What a rule says of two looks, with its default settings unless some are given. */
export function judge(
  rule: Rule,
  now: Look,
  before?: Look,
  seconds = 30,
  settings: Settings = {},
): readonly Judgement[] {
  // A look holds what the test gives; a source that it leaves out is undefined, as one that is absent or failed is.
  const view = (look: Look) => look as Parameters<Rule['check']>[0];
  const values = { ...rule.settings, ...settings } as Parameters<Rule['check']>[3];
  return Array.from(rule.check(view(now), before && view(before), before ? seconds : 0, values));
}
