import type { SmiField } from '../../agent/parse/smi-fields.ts';
import type { Gpus } from './gpus.ts';
import { uuid } from './machine.ts';
import type { Load } from './work.ts';

/** Rows of `--format=csv,noheader,nounits`, sample after sample. */
export function queryText(gpus: Gpus, samples: readonly (readonly Load[])[], fields: readonly SmiField[], nodeName: string): string {
  return samples
    .flatMap((loads) =>
      loads.map((load, gpu) => {
        const values = { ...always(gpus, gpu, nodeName), ...now(gpus, load) };
        return `${fields.map(({ key }) => values[key] ?? (isEccCount(key) ? '0' : '[N/A]')).join(', ')}\n`;
      }),
    )
    .join('');
}

export function gpuUuid(nodeName: string, gpu: number): string {
  return `GPU-${uuid(`${nodeName} GPU ${gpu}`)}`;
}

function isEccCount(key: string): boolean {
  return /^ecc\.errors\.(un)?corrected\.\w+\.(total|dram|sram)$/.test(key);
}

/** Retired pages are left to `[N/A]`: from Ampere on, rows are remapped instead. */
function always({ addresses, card, driver }: Gpus, gpu: number, nodeName: string): Record<string, string> {
  const generation = card.pcieGeneration.toString();
  const watts = card.watts.toFixed(2);
  return {
    index: gpu.toString(),
    uuid: gpuUuid(nodeName, gpu),
    name: card.name,
    'pci.bus_id': `0000${addresses[gpu] ?? ''}`.toUpperCase(),
    driver_version: driver,
    pstate: 'P0',
    persistence_mode: 'Enabled',
    'power.limit': watts,
    'enforced.power.limit': watts,
    'power.default_limit': watts,
    'clocks.current.memory': card.memoryMegahertz.toString(),
    'clocks.max.sm': card.smMegahertz.toString(),
    'clocks.max.memory': card.memoryMegahertz.toString(),
    'memory.total': card.memoryMiB.toString(),
    'memory.reserved': card.reservedMiB.toString(),
    'ecc.mode.current': 'Enabled',
    'ecc.errors.uncorrected.aggregate.sram.thresholdExceeded': 'No',
    'remapped_rows.correctable': '0',
    'remapped_rows.uncorrectable': '0',
    'remapped_rows.pending': 'No',
    'remapped_rows.failure': 'No',
    'clocks_event_reasons.active': '0x0000000000000000',
    'clocks_event_reasons_counters.sw_power_cap': '0',
    'clocks_event_reasons_counters.sync_boost': '0',
    'clocks_event_reasons_counters.sw_thermal_slowdown': '0',
    'clocks_event_reasons_counters.hw_thermal_slowdown': '0',
    'clocks_event_reasons_counters.hw_power_brake_slowdown': '0',
    'pcie.link.gen.current': generation,
    'pcie.link.gen.gpucurrent': generation,
    'pcie.link.gen.max': generation,
    'pcie.link.gen.gpumax': generation,
    'pcie.link.width.current': '16',
    'pcie.link.width.max': '16',
    gpu_recovery_action: 'None',
    // Without brackets where there is none (driver 595 on an L40S).
    'fabric.state': card.hasFabricState ? 'Completed' : 'N/A',
    'fabric.status': card.hasFabricState ? 'Success' : 'N/A',
    'mig.mode.current': 'Disabled',
  };
}

function now({ card }: Gpus, load: Load): Record<string, string> {
  const watts = load.watts.toFixed(2);
  return {
    'temperature.gpu': load.celsius.toString(),
    'temperature.memory': memoryCelsius(load).toString(),
    'temperature.gpu.tlimit': card.limitCelsius === undefined ? '[N/A]' : (card.limitCelsius - load.celsius).toString(),
    'power.draw': watts,
    'power.draw.average': watts,
    'power.draw.instant': (load.watts + 0.37).toFixed(2),
    'clocks.current.sm': load.smMegahertz.toString(),
    'utilization.gpu': load.smPercent.toString(),
    'utilization.memory': load.memoryPercent.toString(),
    'memory.used': load.usedMiB.toString(),
    'memory.free': (card.memoryMiB - card.reservedMiB - load.usedMiB).toString(),
  };
}

export function memoryCelsius({ celsius, memoryPercent }: Load): number {
  return celsius - 6 + Math.round(memoryPercent / 10);
}
