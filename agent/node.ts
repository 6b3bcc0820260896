import { openCluster, type Cluster } from './kubernetes/cluster.ts';
import { liveClock, replayClock, type Clock } from './clock.ts';
import { openCollectors } from './collectors/index.ts';
import type { KernelLogCollector } from './collectors/kernel-log.ts';
import type { Collector } from './collector.ts';
import { DEFAULT_CONFIG, type Config } from './config.ts';
import { openHost, type Host } from './host.ts';
import { readOwnFile } from './host/own-files.ts';
import type { NodeOptions } from './options.ts';
import { openReplay } from './replay.ts';
import { RULES } from '../rules/index.ts';
import type { State } from './state.ts';

/** A node that can be looked at: the live one, or a capture of one. */
export interface OpenNode {
  readonly host: Host;
  readonly clock: Clock;
  readonly name: string;
  readonly isReplay: boolean;
  readonly cluster: Cluster;
}

/**
 * `fastSeconds`: how much of a replay passes as fast as it can be read, before it goes on in real time. `atOnce`: a person
 * waits for the report, so that nothing may come later than at the first look.
 */
export async function openNode(options: NodeOptions, fastSeconds: number, atOnce = false): Promise<OpenNode> {
  const isReplay = options.capture !== undefined;
  const clock = isReplay ? replayClock(fastSeconds) : liveClock();
  const host = options.capture === undefined ? openHost(options.hostRoot, options.kernelLog) : await openReplay(options.capture, clock);
  const name = options.nodeName ?? host.hostname();
  return { host, clock, name, isReplay, cluster: await openCluster(options, name, atOnce) };
}

export async function readConfig(options: Pick<NodeOptions, 'config'>): Promise<Config> {
  if (options.config === undefined) return DEFAULT_CONFIG;
  // The YAML parser is loaded only when there is something to parse.
  const { parseConfig } = await import('./config/parse.ts');
  return parseConfig(await readOwnFile(options.config), options.config, RULES);
}

/** How far back the kernel log is read where no state says how far it was read before. */
export const LOOK_BACK_SECONDS = 900;

/** `lookBackSeconds` of kernel log before the first look, where `state` does not say how far it was read. */
export function collectorsFor(
  options: NodeOptions & { readonly interval: number },
  config: Config,
  clock: Clock,
  lookBackSeconds: number,
  state?: State,
  cluster?: Cluster,
): { readonly all: readonly Collector[]; readonly kernelLog: KernelLogCollector } {
  return openCollectors({
    nodeIp: options.nodeIp === undefined ? undefined : { address: options.nodeIp, from: '--node-ip' },
    imdsUrl: options.imds ? options.imdsUrl : undefined,
    nvidiaSmi: options.nvidiaSmi,
    intervalSeconds: options.interval,
    requiredMounts: config.required.mounts,
    lookBackSeconds,
    kernelLogPosition: state?.sequence === undefined ? undefined : { bootId: state.bootId, sequence: state.sequence },
    knownDevices: state?.devices ?? [],
    pods: cluster?.feed ?? 'no cluster was opened',
    now: () => clock.monotonicSeconds(),
  });
}

/** Boot id of the node; undefined where it cannot be read. */
export async function readBootId(host: Host): Promise<string | undefined> {
  const path = '/proc/sys/kernel/random/boot_id';
  return (await host.exists(path)) ? (await host.readText(path, 64)).trim() : undefined;
}
