import { toJob } from '../links.ts';
import { figure, GREEN, PLAIN, timeline } from '../panels.ts';
import { byNode, named } from '../promql.ts';
import { RANKED, RANKS } from '../severity.ts';
import { table } from '../tables.ts';

/** How sick this node is, and what it is. */
export function nodeFigures() {
  const firing = (severity: string): string => `count(${byNode(['rule', 'subject'], `railmedic_finding{state="firing", severity="${severity}"}`)}) or vector(0)`;
  return [
    figure({
      title: 'Critical',
      description: 'Findings of severity critical that are firing on this node now.',
      span: 3,
      height: 5,
      expr: firing('critical'),
      thresholds: [GREEN, { value: 1, color: 'red' }],
    }),
    figure({
      title: 'Warnings',
      description: 'Findings of severity warning that are firing on this node now.',
      span: 3,
      height: 5,
      expr: firing('warning'),
      thresholds: [GREEN, { value: 1, color: 'orange' }],
    }),
    figure({
      title: 'Last look',
      description: 'How old the newest report of the agent is. It looks every few seconds: minutes mean that it is stuck or not scraped.',
      span: 3,
      height: 5,
      unit: 's',
      expr: `time() - max(${named('railmedic_collector_last_success_timestamp_seconds')})`,
      thresholds: [GREEN, { value: 60, color: 'orange' }, { value: 300, color: 'red' }],
    }),
    figure({
      title: 'GPUs',
      description: 'GPUs that nvidia-smi lists. Fewer than the instance type has: one is lost, see GpuLost.',
      span: 3,
      height: 5,
      expr: `count(${byNode(['uuid'], 'railmedic_gpu_info')}) or vector(0)`,
      thresholds: [PLAIN],
    }),
    figure({
      title: 'Fabric devices',
      description: 'Devices in /sys/class/infiniband. Fewer than the instance type has: see EfaDriverNotBound and FabricDeviceVanished.',
      span: 3,
      height: 5,
      expr: `count(${byNode(['device'], 'railmedic_infiniband_device_info')}) or vector(0)`,
      thresholds: [PLAIN],
    }),
    nodeJobs(),
  ];
}

function nodeJobs() {
  return table({
    title: 'Who runs here',
    description: 'Pods with a GPU or a fabric device on this node. Click a job to see its nodes side by side. Empty where the agent does not see pods.',
    span: 9,
    height: 5,
    queries: [{ expr: byNode(['namespace', 'pod', 'workload_kind', 'workload'], 'railmedic_pod_info') }],
    columns: [
      { field: 'workload', title: 'Job', links: [toJob('row')] },
      { field: 'workload_kind', title: 'Kind', width: 110 },
      { field: 'namespace', title: 'Namespace' },
      { field: 'pod', title: 'Pod' },
    ],
    sort: ['Job'],
    noValue: 'No pod is known here',
  });
}

/** When each finding began and ended. */
export function findingHistory() {
  return timeline({
    title: 'Findings over time',
    description: 'A bar for each finding: red critical, orange warning, blue info, purple cannot be judged (what was looked at could not be read; it heals by nothing but a look that succeeds). What began first is most often the cause.',
    span: 24,
    height: 8,
    queries: [{ expr: byNode(['rule', 'subject'], RANKED), legend: '{{rule}} {{subject}}' }],
    mappings: RANKS,
    noValue: 'No finding in this time',
  });
}
