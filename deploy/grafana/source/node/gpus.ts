import { graph, type Graph } from '../panels.ts';
import { byNode } from '../promql.ts';

const SIZE = { span: 8, height: 8 } as const;

/** One line for each GPU of the node. */
function gpuGraph(series: string, what: Omit<Graph, 'queries' | 'span' | 'height'>) {
  return graph({ ...SIZE, ...what, queries: [{ expr: byNode(['gpu'], series), legend: 'GPU {{gpu}}' }] });
}

/** Work: what the GPUs do. */
export function gpuWork() {
  return [
    gpuGraph('railmedic_gpu_sm_ratio', {
      title: 'SM busy',
      description: 'Share of time in which a kernel ran. 100 % is not work: a GPU that waits in a collective spins at 100 % as well. Look at memory and power beside it.',
      unit: 'percentunit',
      min: 0,
      max: 1,
    }),
    gpuGraph('railmedic_gpu_memory_utilization_ratio', {
      title: 'Memory busy',
      description: 'Share of time in which memory was read or written. SM at 100 % and this at 0 %: the GPU spins and waits for a peer (GpuSpinning).',
      unit: 'percentunit',
      min: 0,
      max: 1,
    }),
    gpuGraph('railmedic_gpu_memory_used_bytes / railmedic_gpu_memory_total_bytes', {
      title: 'Memory allocated',
      description: 'Of all there is. Full is normal for vLLM (gpu_memory_utilization). A step down on one GPU of a job: its process ended.',
      unit: 'percentunit',
      min: 0,
      max: 1,
    }),
  ];
}

/** Heat and power: what holds the GPUs back. */
export function gpuBody() {
  return [
    gpuGraph('railmedic_gpu_power_watts / railmedic_gpu_enforced_power_limit_watts', {
      title: 'Power, of its limit',
      description: 'Training runs near 100 %. A GPU at SM 100 % and a quarter of its limit does no work: it spins. One far below its sisters is the slow one.',
      unit: 'percentunit',
      min: 0,
    }),
    gpuGraph('railmedic_gpu_temperature_celsius', {
      title: 'Temperature',
      description: 'Of the GPU itself. The limit differs by card: GpuThermalSlowdown speaks when the clocks are cut, not at a number of degrees.',
      unit: 'celsius',
    }),
    graph({
      ...SIZE,
      title: 'Clocks held down, share of time',
      description: 'By reason. Power cap is normal at full load. Heat: cooling or a neighbour. Power brake: the machine\'s power supply; the cloud must replace it.',
      unit: 'percentunit',
      min: 0,
      queries: [
        { expr: byNode(['gpu'], throttled('hw_thermal_slowdown')), legend: 'GPU {{gpu}} heat (hardware)' },
        { expr: byNode(['gpu'], throttled('sw_thermal_slowdown')), legend: 'GPU {{gpu}} heat (driver)' },
        { expr: byNode(['gpu'], throttled('hw_power_brake_slowdown')), legend: 'GPU {{gpu}} power brake' },
        { expr: byNode(['gpu'], throttled('sw_power_cap')), legend: 'GPU {{gpu}} power cap' },
      ],
      noValue: 'No clock is held down',
    }),
  ];
}

function throttled(reason: string): string {
  return `(rate(railmedic_gpu_throttle_${reason}_seconds_total[$__rate_interval]) > 0)`;
}

/** Links and memory cells: what wears out. */
export function gpuHealth() {
  return [
    graph({
      ...SIZE,
      title: 'PCIe',
      description: 'Traffic between GPU and host, into the GPU and out of it. On EFA the data of RDMA goes this way too: busy GPUs with none of it exchange nothing with other nodes.',
      unit: 'Bps',
      min: 0,
      queries: [
        { expr: byNode(['gpu'], 'railmedic_gpu_pcie_receive_bytes_per_second'), legend: 'GPU {{gpu}} in' },
        { expr: byNode(['gpu'], 'railmedic_gpu_pcie_transmit_bytes_per_second'), legend: 'GPU {{gpu}} out' },
      ],
    }),
    graph({
      ...SIZE,
      title: 'Memory errors since the driver was loaded',
      description: 'Corrected ones are harmless until they come in storms; an uncorrected one has ended a process, and the GPU wants a reset (GpuEccUncorrected, GpuRowRemapPending).',
      unit: 'none',
      min: 0,
      queries: [
        { expr: byNode(['gpu'], '(railmedic_gpu_ecc_uncorrected_volatile_errors_total > 0)'), legend: 'GPU {{gpu}} uncorrected' },
        { expr: byNode(['gpu'], '(railmedic_gpu_ecc_corrected_volatile_errors_total > 0)'), legend: 'GPU {{gpu}} corrected' },
      ],
      noValue: 'No memory error',
    }),
    gpuGraph('railmedic_gpu_sm_clock_hertz / railmedic_gpu_sm_clock_max_hertz', {
      title: 'SM clock, of its highest',
      description: 'Low while idle is normal. Low under load beside sisters at full clock: look at what holds it down.',
      unit: 'percentunit',
      min: 0,
      max: 1,
    }),
  ];
}
