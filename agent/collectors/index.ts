import type { Collector } from '../collector.ts';
import { addressesCollector } from './addresses.ts';
import { deviceFilesCollector } from './device-files.ts';
import { fabricProcessesCollector } from './fabric-processes.ts';
import { hostCollector } from './host.ts';
import { IMDS_URL, imdsCollector } from './imds.ts';
import { infinibandCollector } from './infiniband.ts';
import { kernelLogCollector, type KernelLogCollector } from './kernel-log.ts';
import { mountsCollector } from './mounts.ts';
import { netdevCollector } from './netdev.ts';
import { nvidiaCollectors } from './nvidia.ts';
import { pciCollector } from './pci.ts';
import { podResourcesCollector } from './pod-resources.ts';
import { podsCollector, type PodFeed } from './pods.ts';

/** What the collectors are told from outside the node: options, configuration, and the state of an earlier run. */
export interface CollectorSettings {
  readonly nodeIp: { readonly address: string; readonly from: string } | undefined;
  readonly imdsUrl: string | undefined;
  readonly nvidiaSmi: string | undefined;
  readonly intervalSeconds: number;
  readonly requiredMounts: readonly { readonly path: string; readonly type?: string | undefined }[];
  readonly lookBackSeconds: number;
  readonly kernelLogPosition: { readonly bootId: string; readonly sequence: number } | undefined;
  readonly knownDevices: readonly string[];
  /** Where pods come from; in words why there are none. */
  readonly pods: PodFeed | string;
  /** Monotonic seconds of a replay; without it those of this machine. */
  readonly now?: () => number;
}

/** Every collector, in the order in which the report lists the sources. A new one is one line here. */
export function openCollectors(settings: CollectorSettings): { readonly all: readonly Collector[]; readonly kernelLog: KernelLogCollector } {
  const kernelLog = kernelLogCollector({ position: settings.kernelLogPosition, lookBackSeconds: settings.lookBackSeconds });
  const all: readonly Collector[] = [
    infinibandCollector({ knownBefore: settings.knownDevices }),
    pciCollector(),
    deviceFilesCollector(),
    netdevCollector(),
    addressesCollector({ nodeIp: settings.nodeIp }),
    imdsCollector({ url: settings.imdsUrl, onlyOnEc2: settings.imdsUrl === IMDS_URL }),
    kernelLog,
    hostCollector(),
    fabricProcessesCollector(),
    mountsCollector(settings.requiredMounts),
    ...nvidiaCollectors({
      nvidiaSmi: settings.nvidiaSmi,
      intervalSeconds: settings.intervalSeconds,
      ...(settings.now && { timing: { now: settings.now } }),
    }),
    podsCollector(settings.pods),
    podResourcesCollector(),
  ];
  return { all, kernelLog };
}
