import { configMap, networkPolicy, podMonitor, service, serviceAccount, serviceMonitor } from './access.ts';
import { daemonSet } from './daemon-set.ts';
import { admissionPolicy, roles } from './roles.ts';
import { isSet, type Settings } from './settings.ts';
import type { Condition, TreeMap } from './tree.ts';

/** A file of the chart and of the kustomize base: its objects, and under which condition they are there. */
export interface ObjectFile {
  readonly name: string;
  readonly objects: readonly TreeMap[];
  readonly condition?: Condition;
}

/** All objects but the namespace, in the order in which they are to be made. */
export function objectFiles(settings: Settings): readonly ObjectFile[] {
  return [
    { name: 'service-account', objects: [serviceAccount(settings)] },
    { name: 'rbac', objects: roles(settings) },
    { name: 'config-map', objects: [configMap(settings)] },
    { name: 'service', objects: [service(settings)] },
    { name: 'network-policy', objects: [networkPolicy(settings)], condition: isSet('.Values.networkPolicy.enabled', settings.networkPolicy.enabled) },
    { name: 'daemon-set', objects: [daemonSet(settings)] },
    { name: 'pod-monitor', objects: [podMonitor(settings)], condition: isSet('.Values.podMonitor.enabled', settings.podMonitor.enabled) },
    { name: 'service-monitor', objects: [serviceMonitor(settings)], condition: isSet('.Values.serviceMonitor.enabled', settings.serviceMonitor.enabled) },
    { name: 'admission-policy', objects: admissionPolicy(settings), condition: isSet('.Values.admissionPolicy', settings.admissionPolicy) },
  ];
}

/** The files that are there with these settings. */
export function presentFiles(settings: Settings): readonly ObjectFile[] {
  return objectFiles(settings).filter(({ condition }) => condition?.holds !== false);
}

