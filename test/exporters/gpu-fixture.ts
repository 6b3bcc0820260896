import type { DmonGpu, Gpu, KernelLog, NvidiaQuery, NvidiaSmiProcess, Reading, XidTotal } from '../../agent/model.ts';
import { gpuOf, smiValue } from '../../agent/parse/smi-csv.ts';
import { finding, kernelLog, ok } from './fixture.ts';

const uuids = Array.from({ length: 8 }, (_, index) => `GPU-3f2b8c1e-0000-4000-8000-00000000000${index}`);
export const uuid = (index: number): string => uuids[index] ?? 'GPU-unknown';
export const pci = (index: number): string => `0000:${(0x10 + index).toString(16)}:00.0`;

/** What an H200 with driver 580 answered under load, by field. */
export const H200: Readonly<Record<string, string>> = {
  name: 'NVIDIA H200',
  driver_version: '580.159.04',
  pstate: 'P0',
  persistence_mode: 'Enabled',
  'temperature.gpu': '52',
  'temperature.memory': '40',
  'temperature.gpu.tlimit': '35',
  'power.draw': '627.40',
  'power.limit': '700.00',
  'enforced.power.limit': '650.00',
  'clocks.current.sm': '1980',
  'clocks.max.sm': '1980',
  'clocks.current.memory': '3201',
  'clocks.max.memory': '3201',
  'utilization.gpu': '100',
  'utilization.memory': '7',
  'memory.total': '143771',
  'memory.reserved': '614',
  'memory.used': '32362',
  'memory.free': '110796',
  'ecc.errors.corrected.volatile.total': '3',
  'ecc.errors.corrected.aggregate.total': '12',
  'ecc.errors.uncorrected.volatile.total': '0',
  'ecc.errors.uncorrected.aggregate.total': '1',
  'ecc.errors.uncorrected.aggregate.sram.thresholdExceeded': 'No',
  'retired_pages.single_bit_ecc.count': '[N/A]',
  'retired_pages.double_bit.count': '[N/A]',
  'retired_pages.pending': '[N/A]',
  'remapped_rows.correctable': '0',
  'remapped_rows.uncorrectable': '2',
  'remapped_rows.pending': 'Yes',
  'remapped_rows.failure': 'No',
  'clocks_event_reasons.active': '0x0000000000000004',
  'clocks_event_reasons_counters.sw_power_cap': '204642816',
  'clocks_event_reasons_counters.sync_boost': '0',
  'clocks_event_reasons_counters.sw_thermal_slowdown': '0',
  'clocks_event_reasons_counters.hw_thermal_slowdown': '1500000',
  'clocks_event_reasons_counters.hw_power_brake_slowdown': '0',
  'pcie.link.gen.current': '5',
  'pcie.link.gen.gpucurrent': '5',
  'pcie.link.gen.max': '5',
  'pcie.link.width.current': '16',
  'pcie.link.width.max': '16',
  'mig.mode.current': 'Disabled',
};

/** A GPU as the collector hands it over, from the text that nvidia-smi printed for each field. */
export function gpu(index: number, fields: Readonly<Record<string, string>> = {}): Gpu {
  const cells = { index: String(index), uuid: uuid(index), 'pci.bus_id': `0000${pci(index)}`, ...fields };
  const values = Object.fromEntries(Object.entries(cells).map(([key, text]) => [key, smiValue(key, text)]));
  const made = gpuOf(values, () => undefined);
  if (!made) throw new Error(`no GPU in ${JSON.stringify(cells)}`);
  return made;
}

export function query(...gpus: readonly Gpu[]): Reading<NvidiaQuery> {
  return ok({ driverVersion: '580.159.04', gpus });
}

export function dmonRow(index: number, columns: Readonly<Record<string, number>>, instance?: string): DmonGpu {
  return { index, instance, samples: 5, columns };
}

export function smiProcess(name: NvidiaSmiProcess['name'], fields: Partial<NvidiaSmiProcess> = {}): NvidiaSmiProcess {
  return { name, pid: 4242, state: 'running', silentSeconds: 1.5, restarts: 0, droppedLines: 0, ...fields };
}

export function xid(index: number, number: number, total: number, lastTime = '2026-11-23T20:00:30.250Z'): XidTotal {
  return { pciAddress: pci(index), uuid: undefined, xid: number, total, lastTime };
}

export function xids(...xidTotals: readonly XidTotal[]): Reading<KernelLog> {
  return kernelLog({ xidTotals });
}

/** Eight GPUs that wait for the node's fabric. */
export const spinning = finding({
  rule: 'GpuSpinning',
  title: 'GPUs are busy and get no work done',
  subject: 'node',
  message: '8 of 8 GPUs spin: SM 100 %, memory 0 %, 125 to 140 W of 700 W, PCIe at most 3 MB/s (mean of 5 samples)',
  evidence: { gpus: uuids.map((_, index) => `GPU ${index} spins: SM 100 %`), uuids },
  causes: [{ cause: 'waits-for-peer', likelihood: 'likely', why: 'a collective waits for a rank', check: ['py-spy dump --pid "$PID"'], fix: [] }],
  page: 'rules/gpu/gpu-spinning.md',
  explainedBy: [{ rule: 'FabricOneWayTraffic', subject: 'node' }],
});
