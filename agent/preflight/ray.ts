import type { FieldPath, ManifestObject, PodGroup, RayCluster, RayGroup } from '../model.ts';
import { booleanSetting, numberSetting, settingsAt } from './settings.ts';
import { isMap } from './values.ts';

/** The cluster that a RayCluster, RayService, RayJob or RayCronJob describes; undefined for a RayJob that uses another's. */
export function readRay(object: ManifestObject, pods: readonly PodGroup[]): RayCluster | undefined {
  const path = clusterPath(object);
  if (!path) return undefined;
  const version = object.get([...path, 'rayVersion']);
  return {
    object,
    path,
    position: object.at(path),
    version: typeof version === 'string' ? version : undefined,
    enableInTreeAutoscaling: booleanSetting(object, [...path, 'enableInTreeAutoscaling']),
    groups: groupPaths(object, path).map((group) => readGroup(object, group, pods)),
  };
}

function clusterPath(object: ManifestObject): FieldPath | undefined {
  const paths: Readonly<Record<string, FieldPath>> = {
    RayCluster: ['spec'],
    RayService: ['spec', 'rayClusterConfig'],
    RayJob: ['spec', 'rayClusterSpec'],
    RayCronJob: ['spec', 'jobTemplate', 'rayClusterSpec'],
  };
  const path = object.apiVersion.startsWith('ray.io/') ? paths[object.kind] : undefined;
  return path && isMap(object.get(path)) ? path : undefined;
}

function groupPaths(object: ManifestObject, path: FieldPath): readonly FieldPath[] {
  const workers = object.get([...path, 'workerGroupSpecs']);
  const head = [...path, 'headGroupSpec'];
  const groups = Array.isArray(workers) ? workers.map((_, index) => [...path, 'workerGroupSpecs', index]) : [];
  return [...(isMap(object.get(head)) ? [head] : []), ...groups];
}

function readGroup(object: ManifestObject, path: FieldPath, pods: readonly PodGroup[]): RayGroup {
  const name = object.get([...path, 'groupName']);
  return {
    object,
    path,
    position: object.at(path),
    name: typeof name === 'string' ? name : 'head',
    role: path.at(-1) === 'headGroupSpec' ? 'head' : 'worker',
    replicas: numberSetting(object, [...path, 'replicas']),
    minReplicas: numberSetting(object, [...path, 'minReplicas']),
    maxReplicas: numberSetting(object, [...path, 'maxReplicas']),
    numOfHosts: numberSetting(object, [...path, 'numOfHosts'])?.value ?? 1,
    rayStartParams: settingsAt(object, [...path, 'rayStartParams']),
    pod: pods.find((pod) => pod.path.length === path.length + 1 && path.every((key, index) => pod.path[index] === key)),
  };
}
