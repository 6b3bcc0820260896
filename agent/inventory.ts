/** What the machine is, for the head of a report. Every fact may be missing: in a container most of its sources are. */
export interface Inventory {
  readonly system: string | undefined;
  readonly os: string | undefined;
  readonly cpu: string | undefined;
  readonly memory: string | undefined;
  readonly network: string | undefined;
}

const LIMIT_MS = 5000;

/**
 * Read once, off the loop: most calls of systeminformation spawn processes. It never rejects; what does not answer within
 * five seconds is left out. `graphics()` is not asked: it runs nvidia-smi synchronously, which a hung driver blocks for ever.
 */
export async function readInventory(): Promise<Inventory> {
  // Loaded when asked for: the agent, which never asks, is two megabytes smaller.
  const { default: si } = await import('systeminformation');
  const [system, os, cpu, memory, interfaces] = await Promise.all([
    within(si.system()),
    within(si.osInfo()),
    within(si.cpu()),
    within(si.mem()),
    within(si.networkInterfaces()),
  ]);
  const networks = Array.isArray(interfaces) ? interfaces : [];
  return {
    system: words(system?.manufacturer, system?.model),
    os: words(os?.distro, os?.release, os?.kernel && `kernel ${os.kernel}`),
    cpu: words(cpu?.manufacturer, cpu?.brand, cpu?.cores ? `${cpu.cores} CPUs` : undefined),
    memory: memory?.total ? `${(memory.total / 2 ** 30).toFixed(0)} GiB memory` : undefined,
    network: words(...networks.filter((one) => !one.internal && one.ip4).map((one) => `${one.iface} ${one.ip4}`)),
  };
}

/** The facts that are there, a line each pair, for a terminal. */
export function inventoryLines(inventory: Inventory): readonly string[] {
  const { system, os, cpu, memory, network } = inventory;
  return [[system, os], [cpu, memory, network]].map((facts) => facts.filter(Boolean).join(', ')).filter(Boolean);
}

function words(...parts: readonly (string | undefined)[]): string | undefined {
  const known = parts.map((part) => part?.trim()).filter((part) => part !== undefined && part !== '' && part !== 'unknown');
  return known.length > 0 ? known.join(' ') : undefined;
}

async function within<T>(answer: Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), LIMIT_MS);
  try {
    return await Promise.race([answer, late]);
  } catch {
    // A fact that cannot be had is left out of the inventory; no rule depends on it.
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
