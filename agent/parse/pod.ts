import type { ContainerState, Pod, PodCondition, PodContainer } from '../model.ts';
import { deviceAmounts } from './device-resources.ts';
import { listOf, numberOf, objectOf, textOf, textsOf, type JsonObject } from './json-value.ts';
import { placementOf } from './pod-placement.ts';
import { probesOf } from './pod-probe.ts';
import { parseQuantity } from './quantity.ts';
import { workloadOf } from './workload.ts';

/** A message of the scheduler names every reason with its count of nodes; nothing that matters comes after so much. */
const MAX_MESSAGE = 1000;
/** Kubelet keeps so much of a termination message; where it is the end of the log, the cause stands last. */
const MAX_TERMINATION_MESSAGE = 4096;
/** A pod has a handful; the API sets no bound below the size of the object. */
const MAX_CONTAINERS = 64;

/** A Pod of the API, reduced to what is used of it; undefined where it has no name or uid. */
export function parsePod(json: unknown): Pod | undefined {
  const [metadata, spec, status] = ['metadata', 'spec', 'status'].map((key) => objectOf(objectOf(json)[key])) as [JsonObject, JsonObject, JsonObject];
  const [namespace, name, uid] = [textOf(metadata['namespace']), textOf(metadata['name']), textOf(metadata['uid'])];
  if (!namespace || !name || !uid) return undefined;
  return {
    namespace,
    name,
    uid,
    workload: workloadOf(metadata),
    role: textsOf(metadata['labels'])['ray.io/node-type'],
    requests: requestsOf(spec),
    claims: listOf(spec['resourceClaims']).flatMap((claim) => textOf(objectOf(claim)['name']) ?? []),
    phase: textOf(status['phase']) ?? 'Unknown',
    reason: textOf(status['reason']),
    message: textOf(status['message'], MAX_MESSAGE),
    createdAt: textOf(metadata['creationTimestamp']),
    deletedAt: textOf(metadata['deletionTimestamp']),
    hostNetwork: spec['hostNetwork'] === true,
    conditions: listOf(status['conditions']).map(conditionOf),
    containers: containersOf(spec, status),
    placement: textOf(spec['nodeName']) === undefined ? placementOf(spec) : undefined,
  };
}

/** What the scheduler counts: the containers together, or one init container if it asks for more. Limits stand for requests. */
function requestsOf(spec: JsonObject): Readonly<Record<string, number>> {
  const total: Record<string, number> = {};
  for (const container of listOf(spec['containers'])) {
    for (const [resource, amount] of Object.entries(askedBy(container))) total[resource] = (total[resource] ?? 0) + amount;
  }
  for (const container of listOf(spec['initContainers'])) {
    for (const [resource, amount] of Object.entries(askedBy(container))) total[resource] = Math.max(total[resource] ?? 0, amount);
  }
  return Object.fromEntries(Object.entries(total).filter(([, amount]) => amount > 0));
}

function askedBy(container: unknown): Readonly<Record<string, number>> {
  const { limits, requests } = objectOf(objectOf(container)['resources']);
  return { ...deviceAmounts(limits), ...deviceAmounts(requests) };
}

function conditionOf(json: unknown): PodCondition {
  const condition = objectOf(json);
  return {
    type: textOf(condition['type']) ?? '',
    status: textOf(condition['status']) ?? 'Unknown',
    reason: textOf(condition['reason']),
    message: textOf(condition['message'], MAX_MESSAGE),
    since: textOf(condition['lastTransitionTime']),
  };
}

function containersOf(spec: JsonObject, status: JsonObject): readonly PodContainer[] {
  const of = (specs: unknown, statuses: unknown, isInit: boolean): readonly PodContainer[] => {
    const seen = new Map(listOf(statuses).map((one) => [objectOf(one)['name'], objectOf(one)]));
    return listOf(specs)
      .slice(0, MAX_CONTAINERS)
      .map((one) => containerOf(objectOf(one), seen.get(objectOf(one)['name']) ?? {}, isInit));
  };
  return [...of(spec['initContainers'], status['initContainerStatuses'], true), ...of(spec['containers'], status['containerStatuses'], false)];
}

function containerOf(spec: JsonObject, status: JsonObject, isInit: boolean): PodContainer {
  return {
    name: textOf(spec['name']) ?? '',
    isInit,
    ready: status['ready'] === true,
    started: typeof status['started'] === 'boolean' ? status['started'] : undefined,
    restarts: numberOf(status['restartCount']) ?? 0,
    state: stateOf(status['state']),
    lastState: stateOf(status['lastState']),
    memoryLimitBytes: parseQuantity(objectOf(objectOf(spec['resources'])['limits'])['memory']),
    probes: probesOf(spec),
  };
}

function stateOf(json: unknown): ContainerState | undefined {
  const state = objectOf(json);
  const kind = (['waiting', 'running', 'terminated'] as const).find((one) => one in state);
  if (kind === undefined) return undefined;
  const facts = objectOf(state[kind]);
  return {
    kind,
    reason: textOf(facts['reason']),
    message: textOf(facts['message'], MAX_TERMINATION_MESSAGE),
    exitCode: numberOf(facts['exitCode']),
    signal: numberOf(facts['signal']),
    startedAt: textOf(facts['startedAt']),
    finishedAt: textOf(facts['finishedAt']),
  };
}
