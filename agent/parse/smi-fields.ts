/** A field of `nvidia-smi --query-gpu`: by which name rules know it, and the name that this driver understands. */
export interface SmiField {
  readonly key: string;
  readonly query: string;
}

const ECC = ['corrected', 'uncorrected'].flatMap((kind) =>
  ['volatile', 'aggregate'].flatMap((life) => ['total', 'dram', 'sram'].map((part) => `ecc.errors.${kind}.${life}.${part}`)),
);

/**
 * What rules and metrics need. The newest name of a field is its key; after it stand its older names, which
 * `--help-query-gpu` of newer drivers lists behind `or`. Left out are the histogram of remapped rows (it makes some vGPU
 * guests' kernels warn) and what no rule looks at: each field costs the driver a call a GPU.
 */
export const WANTED_FIELDS: readonly (readonly [key: string, ...older: string[]])[] = [
  // First, as it tells a row from a message.
  ['index'],
  ['uuid', 'gpu_uuid'],
  ['name', 'gpu_name'],
  ['pci.bus_id', 'gpu_bus_id'],
  ['driver_version'],
  ['pstate'],
  ['persistence_mode'],
  ['temperature.gpu'],
  ['temperature.memory'],
  ['temperature.gpu.tlimit'],
  ['power.draw'],
  ['power.draw.average', 'gpu.power.draw.average'],
  ['power.draw.instant', 'gpu.power.draw.instant'],
  ['power.limit', 'gpu.power.requested_limit'],
  ['enforced.power.limit', 'gpu.power.current_limit'],
  ['power.default_limit', 'gpu.power.default_limit'],
  ['clocks.current.sm', 'clocks.sm'],
  ['clocks.current.memory', 'clocks.mem'],
  ['clocks.max.sm'],
  ['clocks.max.memory', 'clocks.max.mem'],
  ['utilization.gpu'],
  ['utilization.memory'],
  ['memory.total'],
  ['memory.reserved'],
  ['memory.used'],
  ['memory.free'],
  ['ecc.mode.current'],
  ...ECC.map((name): [string] => [name]),
  ['ecc.errors.uncorrected.aggregate.sram.thresholdExceeded'],
  ['retired_pages.single_bit_ecc.count', 'retired_pages.sbe'],
  ['retired_pages.double_bit.count', 'retired_pages.dbe'],
  ['retired_pages.pending'],
  ['remapped_rows.correctable', 'remapped_rows.sbe'],
  ['remapped_rows.uncorrectable', 'remapped_rows.dbe'],
  ['remapped_rows.pending'],
  ['remapped_rows.failure'],
  ['clocks_event_reasons.active', 'clocks_throttle_reasons.active'],
  ['clocks_event_reasons_counters.sw_power_cap'],
  ['clocks_event_reasons_counters.sync_boost'],
  ['clocks_event_reasons_counters.sw_thermal_slowdown'],
  ['clocks_event_reasons_counters.hw_thermal_slowdown'],
  ['clocks_event_reasons_counters.hw_power_brake_slowdown'],
  ['pcie.link.gen.current'],
  ['pcie.link.gen.gpucurrent'],
  ['pcie.link.gen.max'],
  ['pcie.link.gen.gpumax'],
  ['pcie.link.width.current'],
  ['pcie.link.width.max'],
  ['gpu_recovery_action'],
  ['fabric.state'],
  ['fabric.status'],
  ['mig.mode.current'],
];

/** Every name that `--help-query-gpu` gives, aliases too: `"clocks.current.sm" or "clocks.sm"` stands on a line of its own. */
export function parseFieldHelp(lines: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const line of lines) {
    if (!/^"[^"\s]+"(?: or "[^"\s]+")*\s*$/.test(line)) continue;
    for (const [, name] of line.matchAll(/"([^"]+)"/g)) if (name !== undefined) names.add(name);
  }
  return names;
}

/** Wanted fields that this driver has. `known` undefined: its help says nothing, so it is asked; `refused` are those it did not take. */
export function selectFields(known: ReadonlySet<string> | undefined, refused: ReadonlySet<string>): readonly SmiField[] {
  return WANTED_FIELDS.flatMap((names) => {
    const query = names.find((name) => !refused.has(name) && (known === undefined || known.has(name)));
    return query === undefined ? [] : [{ key: names[0], query }];
  });
}

/** The name in `Field "x" is not a valid field to query.`: one such field makes the whole query fail. */
export function refusedField(lines: readonly string[]): string | undefined {
  for (const line of lines) {
    const [, name] = /Field "([^"]+)" is not a valid field to query/.exec(line) ?? [];
    if (name !== undefined) return name;
  }
  return undefined;
}
