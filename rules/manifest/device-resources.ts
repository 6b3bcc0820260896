import type { Container, PodGroup } from '../../agent/model.ts';
import type { Fault } from './place.ts';

export const GPU_RESOURCE = 'nvidia.com/gpu';
export const EFA_RESOURCE = 'vpc.amazonaws.com/efa';

/** What a container's resources are called where they are written: a TrainJob has them for each node. */
export function resourcesKey({ object, isPartial }: PodGroup): 'resources' | 'resourcesPerNode' {
  return isPartial && object.kind === 'TrainJob' ? 'resourcesPerNode' : 'resources';
}

/** A container's `resources` for a snippet; without a number it says where the number is found. */
export function resourcesText(resource: string, count: number | undefined, key: 'resources' | 'resourcesPerNode' = 'resources'): string {
  const line = `    ${resource}: ${count ?? '<count of the instance type>'}`;
  return [`${key}:`, '  limits:', line, '  requests:', line].join('\n');
}

/** The API server refuses a request of an extended resource that is not its limit; undefined: they are equal. */
export function unequalFault(pod: PodGroup, { name, limits, requests }: Container, resource: string): Fault | undefined {
  const request = requests[resource];
  const limit = limits[resource];
  if (request === undefined || request === limit || (resource in limits && limit === undefined)) return undefined;
  return {
    message: `container ${name} requests ${request} ${resource} and ${limit === undefined ? 'sets no limit' : `limits them to ${limit}`}: the API server refuses the pod, the two must be equal for such resources`,
    found: `requests ${request}, limits ${limit ?? 'nothing'}`,
    expected: 'the same number in requests and limits',
    snippet: resourcesText(resource, request, resourcesKey(pod)),
    severity: 'critical',
  };
}
