import { fieldFlag, fieldNumber, fieldText, type GpuView } from '../gpu-values.ts';
import type { MetricType } from './exposition.ts';

/** One family of `railmedic_gpu_…`; a GPU whose value is undefined has no series in it, as unknown is not zero. */
export interface GpuMetric {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly value: (view: GpuView) => number | undefined;
}

const MEBIBYTE = 2 ** 20;
const MEGAHERTZ = 1e6;
/** dmon prints whole MB/s; NVML measures over 20 ms (nvmlDeviceGetPcieThroughput). */
const MEGABYTE = 1e6;

type Scale = (value: number) => number;
const plain: Scale = (value) => value;
const percent: Scale = (value) => value / 100;
const mebibytes: Scale = (value) => value * MEBIBYTE;
const megahertz: Scale = (value) => value * MEGAHERTZ;
const microseconds: Scale = (value) => value / 1e6;

function metric(type: MetricType, name: string, help: string, value: GpuMetric['value']): GpuMetric {
  return { name: `railmedic_gpu_${name}`, type, help, value };
}

/** Of the first of these fields of nvidia-smi --query-gpu that is known. */
function field(name: string, help: string, scale: Scale, ...fields: readonly string[]): GpuMetric {
  return metric('gauge', name, `${help}: ${fields[0]}.`, ({ gpu }) => scaled(fieldNumber(gpu, ...fields), scale));
}

function counter(name: string, help: string, scale: Scale, of: string): GpuMetric {
  return metric('counter', name, `${help}: ${of}.`, ({ gpu }) => scaled(fieldNumber(gpu, of), scale));
}

function flag(name: string, help: string, of: string): GpuMetric {
  return metric('gauge', name, `${help}: ${of}.`, ({ gpu }) => {
    const value = fieldFlag(gpu, of);
    return value === undefined ? undefined : Number(value);
  });
}

function measured(name: string, help: string, scale: Scale, column: string): GpuMetric {
  return metric('gauge', name, `${help}, mean since the last look: dmon ${column}.`, ({ dmon }) => scaled(dmon?.columns[column], scale));
}

function scaled(value: number | undefined, scale: Scale): number | undefined {
  return value === undefined ? undefined : scale(value);
}

const ECC = (['corrected', 'uncorrected'] as const).flatMap((kind) =>
  (['volatile', 'aggregate'] as const).map((life) => {
    const span = life === 'volatile' ? 'since the driver was loaded' : 'in the life of the GPU';
    return counter(`ecc_${kind}_${life}_errors_total`, `Memory errors ${kind} by ECC ${span}`, plain, `ecc.errors.${kind}.${life}.total`);
  }),
);

/** Reasons that the driver counts in microseconds (from 535 on); hw_slowdown has no counter. */
const THROTTLE = ['sw_power_cap', 'sync_boost', 'sw_thermal_slowdown', 'hw_thermal_slowdown', 'hw_power_brake_slowdown'].map((reason) =>
  counter(`throttle_${reason}_seconds_total`, `How long the clocks were held down by ${reason}`, microseconds, `clocks_event_reasons_counters.${reason}`),
);

export const GPU_METRICS: readonly GpuMetric[] = [
  field('temperature_celsius', 'Temperature of the GPU', plain, 'temperature.gpu'),
  field('memory_temperature_celsius', "Temperature of the GPU's memory", plain, 'temperature.memory'),
  field('temperature_margin_celsius', 'Degrees left until the GPU slows down', plain, 'temperature.gpu.tlimit'),
  field('power_watts', 'Power drawn, on Ampere and later the mean of a second', plain, 'power.draw', 'power.draw.average', 'power.draw.instant'),
  field('power_limit_watts', 'Power limit as it was set', plain, 'power.limit'),
  field('enforced_power_limit_watts', 'Power limit in force', plain, 'enforced.power.limit'),
  metric('gauge', 'utilization_ratio', 'Share of time in which a kernel ran: utilization.gpu.', ({ gpu }) => gpu.busyRatio),
  field('memory_utilization_ratio', 'Share of time in which memory was read or written', percent, 'utilization.memory'),
  measured('sm_ratio', 'Share of time in which a kernel ran', percent, 'sm'),
  field('memory_total_bytes', 'Memory of the GPU', mebibytes, 'memory.total'),
  field('memory_used_bytes', 'Memory allocated', mebibytes, 'memory.used'),
  field('memory_free_bytes', 'Memory not allocated', mebibytes, 'memory.free'),
  field('memory_reserved_bytes', 'Memory kept by driver and firmware', mebibytes, 'memory.reserved'),
  field('sm_clock_hertz', 'Clock of the streaming multiprocessors', megahertz, 'clocks.current.sm'),
  field('sm_clock_max_hertz', 'Highest clock of the streaming multiprocessors', megahertz, 'clocks.max.sm'),
  field('memory_clock_hertz', 'Clock of the memory', megahertz, 'clocks.current.memory'),
  field('memory_clock_max_hertz', 'Highest clock of the memory', megahertz, 'clocks.max.memory'),
  metric('gauge', 'performance_state', 'From 0 (full performance) to 15 (idle): pstate.', ({ gpu }) => numberIn(fieldText(gpu, 'pstate'), /^P(\d{1,2})$/)),
  metric('gauge', 'clocks_event_reasons', 'Bit mask of why the clocks are held down now, as in nvml.h and DCGM: clocks_event_reasons.active.', ({ gpu }) =>
    numberIn(fieldText(gpu, 'clocks_event_reasons.active'), /^(0x[\da-f]{1,16})$/i),
  ),
  flag('persistence_mode', '1 if the driver stays loaded without a client', 'persistence_mode'),
  field('pcie_link_generation', 'PCIe generation of the link now; lower when idle', plain, 'pcie.link.gen.gpucurrent', 'pcie.link.gen.current'),
  field('pcie_link_generation_max', 'Highest PCIe generation of GPU and slot', plain, 'pcie.link.gen.max', 'pcie.link.gen.gpumax'),
  field('pcie_link_width', 'PCIe lanes in use', plain, 'pcie.link.width.current'),
  field('pcie_link_width_max', 'PCIe lanes there could be', plain, 'pcie.link.width.max'),
  measured('pcie_receive_bytes_per_second', 'PCIe traffic into the GPU', (value) => value * MEGABYTE, 'rxpci'),
  measured('pcie_transmit_bytes_per_second', 'PCIe traffic out of the GPU', (value) => value * MEGABYTE, 'txpci'),
  field('remapped_rows_correctable', 'Memory rows replaced for correctable errors', plain, 'remapped_rows.correctable'),
  field('remapped_rows_uncorrectable', 'Memory rows replaced for uncorrectable errors', plain, 'remapped_rows.uncorrectable'),
  flag('row_remap_pending', '1 if a memory row is to be replaced at the next reset', 'remapped_rows.pending'),
  flag('row_remap_failure', '1 if a memory row could not be replaced', 'remapped_rows.failure'),
  field('retired_pages_single_bit', 'Memory pages retired for single-bit errors, before Ampere', plain, 'retired_pages.single_bit_ecc.count'),
  field('retired_pages_double_bit', 'Memory pages retired for double-bit errors, before Ampere', plain, 'retired_pages.double_bit.count'),
  flag('page_retirement_pending', '1 if a memory page is to be retired at the next reset, before Ampere', 'retired_pages.pending'),
  flag('ecc_sram_threshold_exceeded', '1 if uncorrected SRAM errors call for a new GPU', 'ecc.errors.uncorrected.aggregate.sram.thresholdExceeded'),
  ...ECC,
  ...THROTTLE,
];

function numberIn(text: string | undefined, shape: RegExp): number | undefined {
  const found = shape.exec(text ?? '')?.[1];
  return found === undefined ? undefined : Number(found);
}
