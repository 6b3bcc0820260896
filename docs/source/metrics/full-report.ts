import type { Finding, Gpu, InfinibandDevice, InfinibandPort, Reading, Report, Snapshot, SmiValue, SourceName } from '../../../agent/model.ts';

const ABSENT: Reading<never> = { status: 'absent', why: 'not needed here' };
const NOTHING: Snapshot = {
  infiniband: ABSENT,
  pci: ABSENT,
  'device-files': ABSENT,
  netdev: ABSENT,
  addresses: ABSENT,
  imds: ABSENT,
  'kernel-log': ABSENT,
  host: ABSENT,
  'fabric-processes': ABSENT,
  mounts: ABSENT,
  'nvidia-smi': ABSENT,
  'nvidia-query': ABSENT,
  'nvidia-dmon': ABSENT,
  pods: ABSENT,
  'pod-resources': ABSENT,
  manifests: ABSENT,
};

const ok = <T>(value: T): Reading<T> => ({ status: 'ok', atSeconds: 1, value });
const TIME = '2026-11-23T20:01:00.000Z';
const PCI = '0000:53:00.0';

const port: InfinibandPort = {
  device: 'rdmap79s0',
  port: 1,
  name: 'rdmap79s0/1',
  state: undefined,
  physicalState: undefined,
  linkLayer: undefined,
  rate: undefined,
  gid: undefined,
  hwCounters: {},
  pmaCounters: {},
  wasActive: true,
};

const device: InfinibandDevice = {
  name: 'rdmap79s0',
  isEfa: true,
  driver: 'efa',
  pciAddress: undefined,
  pciVendor: undefined,
  pciDevice: undefined,
  driverVersion: undefined,
  firmwareVersion: undefined,
  nodeGuid: undefined,
  numaNode: undefined,
  generation: 1,
  counters: {},
  ports: [port],
  unreadable: {},
  silence: undefined,
};

const finding: Finding = {
  rule: 'FabricReceiveDrops',
  title: 'Fabric port drops received packets',
  severity: 'warning',
  state: 'firing',
  subject: 'rdmap79s0/1',
  message: '',
  evidence: {},
  causes: [],
  since: TIME,
  changedAt: TIME,
  count: 1,
  page: 'rules/fabric/receive-drops.md',
  shadow: false,
  explainedBy: [],
  explains: [],
  pods: [],
  suppressed: undefined,
};

/** Fields that are words; all others that GPU metrics stand on are numbers. */
const WORDS: Readonly<Record<string, string>> = {
  pstate: 'P0',
  'clocks_event_reasons.active': '0x0000000000000000',
  persistence_mode: 'Enabled',
  'remapped_rows.pending': 'No',
  'remapped_rows.failure': 'No',
  'retired_pages.pending': 'No',
  'ecc.errors.uncorrected.aggregate.sram.thresholdExceeded': 'No',
};
const FIELDS: Readonly<Record<string, SmiValue>> = Object.fromEntries(Object.entries(WORDS).map(([name, value]) => [name, { kind: 'text', value }]));

/** Every field, whatever GPU metrics ask for next: a metric of a new field must not be left without its labels. */
const gpu: Gpu = {
  index: 0,
  uuid: 'GPU-11111111-2222-3333-4444-555555555555',
  pciAddress: PCI,
  name: undefined,
  busyRatio: 0,
  fields: new Proxy(FIELDS, { get: (fields, name: string) => fields[name] ?? { kind: 'number', value: 0 } }),
};

const snapshot: Snapshot = {
  ...NOTHING,
  infiniband: ok({ devices: [device], vanished: [] }),
  netdev: ok({ interfaces: [{ name: 'ens5', driver: 'ena', mac: undefined, physical: true, receiveBytes: 0n, transmitBytes: 0n }] }),
  'kernel-log': ok({
    lines: [],
    lostLines: 0,
    droppedLines: 0,
    gpuEvents: [{ kind: 'sxid', sxid: 20_034, nvswitch: 0, pciAddress: PCI, severity: 'fatal', link: undefined, detail: '', time: TIME, count: 1, text: '' }],
    xidTotals: [{ pciAddress: PCI, uuid: gpu.uuid, xid: 79, total: 1, lastTime: TIME }],
    lookedBack: undefined,
  }),
  'nvidia-smi': ok({
    path: 'nvidia-smi',
    tried: [],
    driverVersion: undefined,
    processes: [{ name: 'query', pid: 1, state: 'running', silentSeconds: 0, restarts: 0, droppedLines: 0 }],
    failure: undefined,
  }),
  'nvidia-query': ok({ driverVersion: undefined, gpus: [gpu] }),
  'nvidia-dmon': ok({ gpus: [{ index: 0, instance: undefined, samples: 1, columns: { sm: 0, rxpci: 0, txpci: 0 } }] }),
};

const SOURCE: SourceName = 'infiniband';

/** A report that leaves no family of metrics without a series, so that the exporter shows the labels of all. */
export const FULL_REPORT: Report = {
  node: 'ip-10-0-3-7',
  instanceType: undefined,
  takenAt: TIME,
  windowSeconds: 10,
  sources: [{ name: SOURCE, status: 'ok', why: undefined, durationSeconds: 0, lastSuccessSeconds: 1, intervalSeconds: 5 }],
  findings: [finding, { ...finding, subject: 'rdmap80s0/1', shadow: true }, { ...finding, subject: 'rdmap81s0/1', suppressed: 'known' }],
  rulesEvaluated: 1,
  snapshot,
  podDevices: [{ namespace: 'ml', pod: 'grpo-worker-0', resource: 'vpc.amazonaws.com/efa', device: 'rdmap79s0', kind: 'efa' }],
};
