/**
 * What a real, healthy and idle H200 with driver 580.159.04 said (`--query-gpu`, csv, noheader, nounits), and what it said
 * of itself under a matrix load; and an H100 with MIG instances on driver 590.48.01.
 */
export const IDLE: Readonly<Record<string, string | number>> = {
  pstate: 'P0',
  persistence_mode: 'Enabled',
  'temperature.gpu': 32,
  'temperature.memory': 33,
  'temperature.gpu.tlimit': 55,
  'power.draw': 76.28,
  'power.limit': 700,
  'power.default_limit': 700,
  'clocks.current.sm': 345,
  'clocks.max.sm': 1980,
  'utilization.gpu': 0,
  'utilization.memory': 0,
  'ecc.mode.current': 'Enabled',
  'ecc.errors.corrected.volatile.total': 0,
  'ecc.errors.corrected.volatile.dram': 0,
  'ecc.errors.corrected.volatile.sram': 0,
  'ecc.errors.uncorrected.volatile.total': 0,
  'ecc.errors.uncorrected.volatile.dram': 0,
  'ecc.errors.uncorrected.volatile.sram': 0,
  'ecc.errors.uncorrected.aggregate.total': 0,
  'ecc.errors.uncorrected.aggregate.dram': 0,
  'ecc.errors.uncorrected.aggregate.sram': 0,
  'ecc.errors.uncorrected.aggregate.sram.thresholdExceeded': 'No',
  'retired_pages.pending': '[N/A]',
  'remapped_rows.correctable': 0,
  'remapped_rows.uncorrectable': 0,
  'remapped_rows.pending': 'No',
  'remapped_rows.failure': 'No',
  'clocks_event_reasons.active': '0x0000000000000001',
  'clocks_event_reasons_counters.sw_thermal_slowdown': 0,
  'clocks_event_reasons_counters.hw_thermal_slowdown': 0,
  'clocks_event_reasons_counters.hw_power_brake_slowdown': 0,
  'pcie.link.gen.current': 5,
  'pcie.link.gen.gpucurrent': 5,
  'pcie.link.gen.max': 5,
  'pcie.link.gen.gpumax': 5,
  'pcie.link.width.current': 16,
  'pcie.link.width.max': 16,
  gpu_recovery_action: 'None',
  'fabric.state': 'N/A',
  'fabric.status': 'N/A',
  'mig.mode.current': 'Disabled',
};

export const LOAD: Readonly<Record<string, string | number>> = {
  ...IDLE,
  'temperature.gpu': 56,
  'temperature.memory': 45,
  'power.draw': 691.09,
  'clocks.current.sm': 1485,
  'utilization.gpu': 100,
  'utilization.memory': 23,
  'clocks_event_reasons.active': '0x0000000000000004',
};

export const MIG: Readonly<Record<string, string | number>> = {
  ...IDLE,
  'utilization.gpu': '[N/A]',
  'utilization.memory': '[N/A]',
  'remapped_rows.correctable': '[N/A]',
  'remapped_rows.uncorrectable': '[N/A]',
  'remapped_rows.pending': '[N/A]',
  'remapped_rows.failure': '[N/A]',
  'fabric.state': 'Completed',
  'fabric.status': 'Success',
  'mig.mode.current': 'Enabled',
};

/** A GeForce or an older card: no ECC, no fabric, no recovery action. */
export const WITHOUT_ECC: Readonly<Record<string, string | number>> = Object.fromEntries(
  Object.entries(IDLE).map(([name, value]) => [name, /^(ecc|remapped|retired|fabric|gpu_recovery|mig)/.test(name) ? '[N/A]' : value]),
);

export const UUID = 'GPU-00000000-1111-2222-3333-444444444444';
