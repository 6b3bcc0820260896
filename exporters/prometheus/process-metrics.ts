import { collectDefaultMetrics, type Registry } from '@prometheus-io/client';

/** Longer than an agent lives; the largest delay a timer takes. */
const NEVER_MS = 2_147_483_647;

/**
 * Left out of the client's own: names that `promtool check metrics` objects to (a gauge called `_total`, a type in the name),
 * what is only worth its cost to a web server, and the histogram of the event loop's delay: it wakes the process ten times a
 * second, a twentieth of all CPU that the agent takes, and what it says is the time between two wakings, not a delay.
 */
const LEFT_OUT = [
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
  'nodejs_eventloop_lag_max_seconds',
  'nodejs_eventloop_lag_mean_seconds',
  'nodejs_eventloop_lag_min_seconds',
  'nodejs_eventloop_lag_p50_seconds',
  'nodejs_eventloop_lag_p90_seconds',
  'nodejs_eventloop_lag_p99_seconds',
  'nodejs_eventloop_lag_stddev_seconds',
  'nodejs_eventloop_utilization_histogram',
  'nodejs_eventloop_utilization_summary',
  'nodejs_heap_space_size_available_bytes',
  'nodejs_heap_space_size_total_bytes',
  'nodejs_heap_space_size_used_bytes',
];

/** CPU, memory, descriptors, event loop and garbage collection of the agent itself. */
export function addProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({
    register: registry,
    eventLoopMonitoringPrecision: NEVER_MS,
    eventLoopUtilizationTimeout: NEVER_MS,
  });
  for (const name of LEFT_OUT) registry.removeSingleMetric(name);
}
