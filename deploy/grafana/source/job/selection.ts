import { per, where } from '../promql.ts';

/** The pods of the chosen job. Needs the agent's own labels namespace and pod: `honorLabels: true` in the scrape. */
const PODS = 'railmedic_pod_info{namespace="$namespace", workload="$workload"}';

/** Only series of nodes on which the job has a pod. */
export function onJobNodes(series: string): string {
  return where(series, PODS);
}

/** Only series of GPUs that a pod of the job holds. */
export function onJobGpus(series: string): string {
  const devices = `(railmedic_pod_device_info{namespace="$namespace", device=~"GPU-.+"} and on (${per(['namespace', 'pod'])}) ${PODS})`;
  return where(series, `label_replace(${devices}, "uuid", "$1", "device", "(.+)")`, ['uuid']);
}
