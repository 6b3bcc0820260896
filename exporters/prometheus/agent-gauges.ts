import { Counter, Gauge, type Registry } from '@prometheus-io/client';
import type { Report, SourceStatus } from '../../agent/model.ts';
import { nodeGauge } from './node-gauge.ts';

export interface AgentGauges {
  set(report: Report): void;
  countFailure(exporter: string): void;
}

/** How the agent itself fares: its build, its looks, its collectors and exporters. */
export function agentGauges(registry: Registry, version: string): AgentGauges {
  const registers = [registry];
  new Gauge({
    name: 'railmedic_build_info',
    help: 'Version of railmedic and of the Node.js it runs on; always 1.',
    labelNames: ['version', 'node_version'],
    registers,
  }).set({ version, node_version: process.versions.node }, 1);
  const rules = new Gauge({ name: 'railmedic_rules', help: 'Rules evaluated at the last look.', registers });
  const looks = new Counter({ name: 'railmedic_looks_total', help: 'Looks taken at the node since the agent began.', registers });
  const failures = new Counter({
    name: 'railmedic_exporter_failures_total',
    help: 'Reports that an exporter could not deliver.',
    labelNames: ['exporter'],
    registers,
  });
  const setNode = nodeGauge(registry);
  const setCollectors = collectorGauges(registry);
  const countLostLines = kernelLogCounters(registry);
  let last: Report | undefined;
  return {
    set(report) {
      if (report === last) return;
      last = report;
      looks.inc();
      rules.set(report.rulesEvaluated);
      setNode(report);
      setCollectors(report.sources);
      countLostLines(report);
    },
    countFailure(exporter) {
      failures.inc({ exporter });
    },
  };
}

function collectorGauges(registry: Registry): (sources: readonly SourceStatus[]) => void {
  const gauge = (name: string, help: string): Gauge<'collector'> =>
    new Gauge({ name: `railmedic_collector_${name}`, help, labelNames: ['collector'], registers: [registry] });
  const success = gauge('success', '1 if the last look read the source or found that this node has none, 0 if it failed.');
  const absent = gauge('absent', '1 if this node has no such source, which is not a fault.');
  const duration = gauge('duration_seconds', 'How long the last look at the source took.');
  const lastSuccess = gauge('last_success_timestamp_seconds', 'When the source was last read, in Unix time.');
  const interval = gauge('interval_seconds', 'How often the source is read.');
  return (sources) => {
    for (const one of [success, absent, duration, lastSuccess, interval]) one.reset();
    for (const { name: collector, status, durationSeconds, lastSuccessSeconds, intervalSeconds } of sources) {
      success.set({ collector }, status === 'failed' ? 0 : 1);
      absent.set({ collector }, status === 'absent' ? 1 : 0);
      duration.set({ collector }, durationSeconds);
      if (lastSuccessSeconds !== undefined) lastSuccess.set({ collector }, lastSuccessSeconds);
      if (intervalSeconds !== undefined) interval.set({ collector }, intervalSeconds);
    }
  };
}

/** Each reading is counted once: that of a slow collector can stand for several looks. */
function kernelLogCounters(registry: Registry): (report: Report) => void {
  const registers = [registry];
  const lost = new Counter({
    name: 'railmedic_kernel_log_lost_lines_total',
    help: 'Kernel log lines that were overwritten before the agent read them.',
    registers,
  });
  const dropped = new Counter({
    name: 'railmedic_kernel_log_dropped_lines_total',
    help: 'Kernel log lines that were read but not judged, because too many came at once.',
    registers,
  });
  let countedAt: number | undefined;
  return ({ snapshot: { 'kernel-log': reading } }) => {
    if (reading.status !== 'ok' || reading.atSeconds === countedAt) return;
    countedAt = reading.atSeconds;
    lost.inc(reading.value.lostLines);
    dropped.inc(reading.value.droppedLines);
  };
}
