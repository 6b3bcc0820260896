import type {
  Finding,
  Infiniband,
  InfinibandDevice,
  InfinibandPort,
  KernelLog,
  Reading,
  Report,
  Snapshot,
  SourceName,
  SourceStatus,
} from '../../agent/model.ts';

/** Quotes, a backslash, a newline, markup, an ANSI sequence (ESC and the one-byte CSI), a right-to-left override. */
export const HOSTILE = 'a"b\\c\nd<img src=x>\u001b[31me\u009b2J\u202ef';
export const HOSTILE_VISIBLE = 'a"b\\c\\u000ad<img src=x>\\u001b[31me\\u009b2J\\u202ef';

const absent: Reading<never> = { status: 'absent', why: 'not in this fixture' };

export function snapshot(readings: Partial<Snapshot>): Snapshot {
  return {
    infiniband: absent,
    pci: absent,
    'device-files': absent,
    netdev: absent,
    addresses: absent,
    imds: absent,
    'kernel-log': absent,
    host: absent,
    'fabric-processes': absent,
    mounts: absent,
    'nvidia-smi': absent,
    'nvidia-query': absent,
    'nvidia-dmon': absent,
    pods: absent,
    'pod-resources': absent,
    manifests: absent,
    ...readings,
  };
}

export function ok<T>(value: T, atSeconds = 100): Reading<T> {
  return { status: 'ok', atSeconds, value };
}

export function port(device: string, fields: Partial<InfinibandPort> = {}): InfinibandPort {
  const number = fields.port ?? 1;
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
    ...fields,
  };
}

export function device(name: string, fields: Partial<InfinibandDevice> = {}): InfinibandDevice {
  return {
    name,
    isEfa: true,
    driver: 'efa',
    pciAddress: '0000:10:1b.0',
    pciVendor: '0x1d0f',
    pciDevice: '0xefa1',
    driverVersion: '3.1.0',
    firmwareVersion: undefined,
    nodeGuid: '0000:0000:0000:0000',
    numaNode: 0,
    generation: 1,
    counters: {},
    ports: [],
    unreadable: {},
    silence: undefined,
    ...fields,
  };
}

export function efa(name: string, sent: bigint, received: bigint): InfinibandDevice {
  const hwCounters = { tx_pkts: sent, rx_pkts: received };
  return device(name, { counters: { cmds_err: 0n }, ports: [port(name, { hwCounters })] });
}

export function infiniband(...devices: readonly InfinibandDevice[]): Reading<Infiniband> {
  return ok({ devices, vanished: [] });
}

export function kernelLog(fields: Partial<KernelLog>, atSeconds = 100): Reading<KernelLog> {
  return ok({ lines: [], lostLines: 0, droppedLines: 0, gpuEvents: [], lookedBack: undefined, ...fields }, atSeconds);
}

export function source(name: SourceName, fields: Partial<SourceStatus> = {}): SourceStatus {
  return { name, status: 'ok', why: undefined, durationSeconds: 0.002, lastSuccessSeconds: 1_795_464_060.5, ...fields };
}

export function finding(fields: Partial<Finding> = {}): Finding {
  return {
    rule: 'FabricReceiveDrops',
    title: 'Fabric port drops received packets',
    severity: 'warning',
    state: 'firing',
    subject: 'rdmap16s0/1',
    message: 'dropped 18 204 received packets in 10 s (1 820 a second, limit 100)',
    evidence: { rx_drops: 18_204n },
    causes: [],
    since: '2026-11-23T20:01:00.000Z',
    changedAt: '2026-11-23T20:01:00.000Z',
    count: 1,
    page: 'rules/fabric/receive-drops.md',
    shadow: false,
    explainedBy: [],
    explains: [],
    pods: [],
    suppressed: undefined,
    ...fields,
  };
}

export const oneWay: Finding = finding({
  rule: 'FabricOneWayTraffic',
  title: 'A fabric port sends and receives nothing',
  severity: 'critical',
  subject: 'node',
  message:
    'every EFA device that sends receives nothing: 2 ports sent 36 394 packets in 10 s, received 0 ' +
    '(none has ever received one since its counters began)',
  evidence: {
    ports: [
      'rdmap16s0/1 sent 18 204, received 0 (never received one since its counters began)',
      'rdmap17s0/1 sent 18 190, received 0 (never received one since its counters began)',
    ],
    sent: 36_394n,
    received: 0n,
    seconds: 10,
    drivers: ['efa'],
  },
  causes: [
    {
      cause: 'security-group-egress',
      likelihood: 'likely',
      why: 'the security group sg-0aaa1111bbbb2222c has no egress rule to itself; 0.0.0.0/0 does not count for EFA',
      check: ['aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0aaa1111bbbb2222c'],
      fix: [
        'aws ec2 authorize-security-group-egress --group-id sg-0aaa1111bbbb2222c --protocol -1 --source-group sg-0aaa1111bbbb2222c',
      ],
    },
    {
      cause: 'security-group-ingress',
      likelihood: 'possible',
      why: 'the security group sg-0aaa1111bbbb2222c has no ingress rule from itself',
      check: [],
      fix: [
        'aws ec2 authorize-security-group-ingress --group-id sg-0aaa1111bbbb2222c --protocol -1 --source-group sg-0aaa1111bbbb2222c',
      ],
    },
    { cause: 'peer-gone', likelihood: 'possible', why: 'the peers are gone', check: [], fix: [] },
  ],
  page: 'rules/fabric/one-way-traffic.md',
});

const devices = [efa('rdmap16s0', 18_204n, 0n), efa('rdmap17s0', 18_190n, 0n)];

/** A p4d node with the security group fault on both of its two devices and IMDS silent. */
export function report(fields: Partial<Report> = {}): Report {
  return {
    node: 'ip-10-0-3-7',
    instanceType: 'p4d.24xlarge',
    takenAt: '2026-11-23T20:01:05.000Z',
    windowSeconds: 10,
    sources: [
      source('infiniband'),
      source('imds', { status: 'failed', why: 'IMDS did not answer within 1 s', durationSeconds: 1, lastSuccessSeconds: undefined }),
      source('nvidia-query', { status: 'absent', why: 'no NVIDIA function on PCI', lastSuccessSeconds: undefined }),
    ],
    findings: [oneWay],
    rulesEvaluated: 24,
    snapshot: snapshot({ infiniband: infiniband(...devices) }),
    podDevices: [],
    ...fields,
  };
}

/** The same node when all is well. */
export function calmReport(fields: Partial<Report> = {}): Report {
  return report({
    sources: [source('infiniband'), source('imds')],
    findings: [],
    snapshot: snapshot({ infiniband: infiniband(efa('rdmap16s0', 1_250_000n, 1_150_000n), efa('rdmap17s0', 18_190n, 17_001n)) }),
    ...fields,
  });
}
