import { Registry } from '@prometheus-io/client';
import type { Exporter, KubernetesRequestCount, Reading, Report, Snapshot } from '../agent/model.ts';
import { agentGauges } from './prometheus/agent-gauges.ts';
import { alertmanagerGauges, type AlertmanagerState } from './prometheus/alertmanager-gauges.ts';
import { exposition, type Family } from './prometheus/exposition.ts';
import { fabricGauges } from './prometheus/fabric-gauges.ts';
import { findingGauges } from './prometheus/finding-gauges.ts';
import { GpuEventCounters } from './prometheus/gpu-event-counters.ts';
import { gpuFamilies } from './prometheus/gpu-families.ts';
import { requestFamily } from './prometheus/kubernetes-requests.ts';
import { InfinibandCounters } from './prometheus/infiniband-counters.ts';
import { netdevFamilies } from './prometheus/netdev-counters.ts';
import { NvidiaSmiCounters } from './prometheus/nvidia-smi-counters.ts';
import { podFamilies } from './prometheus/pod-families.ts';
import { addProcessMetrics } from './prometheus/process-metrics.ts';

export interface PrometheusOptions {
  readonly version: string;
  /** Whether the agent's own CPU, memory and event loop are in it (`process_…`, `nodejs_…`); true without it. */
  readonly processMetrics?: boolean;
  /** What was asked of the API server so far; asked for at each report. */
  readonly requestCounts?: () => readonly KubernetesRequestCount[];
}

export interface Rendered {
  readonly contentType: string;
  readonly body: Buffer;
}

export interface PrometheusExporter extends Exporter {
  /** What `/metrics` answers; made at each report, so that a scrape costs nothing. */
  render(): Rendered;
  /** Counts a report that the named exporter could not deliver; seen from the next report on. */
  countFailure(exporter: string): void;
  /** From now on the metrics say how each Alertmanager fares; called once. */
  watchAlertmanagers(states: () => readonly AlertmanagerState[]): void;
}

/** Figures of the agent itself cost more than all others (they list every open descriptor) and are asked for by nobody at night. */
const OWN_EVERY_MS = 30_000;

export function prometheusExporter({ version, processMetrics = true, requestCounts = () => [] }: PrometheusOptions): PrometheusExporter {
  const registry = new Registry();
  const own = new KeptFamilies();
  const fabric = new KeptFamilies();
  const findings = new KeptFamilies();
  if (processMetrics) addProcessMetrics(own.registry);
  let ownAt = -Infinity;
  const agent = agentGauges(registry, version);
  const setFabric = fabricGauges(fabric.registry);
  const setFindings = findingGauges(findings.registry);
  const counters = new InfinibandCounters();
  const gpuEvents = new GpuEventCounters();
  const nvidiaSmi = new NvidiaSmiCounters();
  let body: Buffer = Buffer.from('# railmedic has not looked at the node yet\n');
  return {
    name: 'prometheus',
    async publish(report: Report) {
      const { infiniband, netdev, query, dmon } = valuesOf(report.snapshot);
      agent.set(report);
      const isOwnDue = performance.now() - ownAt >= OWN_EVERY_MS;
      if (isOwnDue) ownAt = performance.now();
      const families = [
        ...(await own.families(isOwnDue)),
        ...(await fabric.families(setFabric(infiniband?.devices ?? []))),
        ...(await findings.families(setFindings(report.findings))),
        ...(await clientFamilies(registry)),
        ...counters.families(infiniband?.devices ?? []),
        ...netdevFamilies(netdev?.interfaces ?? []),
        ...gpuFamilies(query, dmon),
        ...gpuEvents.families(query, report.snapshot['kernel-log']),
        ...nvidiaSmi.families(report.snapshot['nvidia-smi']),
        ...podFamilies(report.podDevices, report.snapshot.pods),
        requestFamily(requestCounts()),
      ];
      body = exposition(families);
    },
    render: () => ({ contentType: registry.contentType, body }),
    countFailure: (exporter) => agent.countFailure(exporter),
    watchAlertmanagers: (states) => alertmanagerGauges(registry, states),
    close() {
      for (const one of [registry, own.registry, fabric.registry, findings.registry]) one.clear();
      return Promise.resolve();
    },
  };
}

/** Gauges of the client library that seldom change: their text is made anew only when it is said that they did. */
class KeptFamilies {
  readonly registry = new Registry();
  #families: readonly Family[] | undefined;

  async families(haveChanged: boolean): Promise<readonly Family[]> {
    if (haveChanged || !this.#families) this.#families = await clientFamilies(this.registry);
    return this.#families;
  }
}

function valuesOf(snapshot: Snapshot) {
  return {
    infiniband: valueOf(snapshot.infiniband),
    netdev: valueOf(snapshot.netdev),
    query: valueOf(snapshot['nvidia-query']),
    dmon: valueOf(snapshot['nvidia-dmon']),
  };
}

function valueOf<T>(reading: Reading<T>): T | undefined {
  return reading.status === 'ok' ? reading.value : undefined;
}

async function clientFamilies(registry: Registry): Promise<readonly Family[]> {
  const metrics = registry.getMetricsAsArray();
  return Promise.all(
    metrics.map(async ({ name }) => ({ name, text: `${await registry.getSingleMetricAsString(name)}\n` })),
  );
}
