import { stringify } from 'yaml';
import { metadata, PORT_NAME, SELECTOR } from './names.ts';
import type { Settings } from './settings.ts';
import { block, value, YamlText, type Tree, type TreeMap } from './tree.ts';

/** Labelled for what the modes need: host paths, and the host's network and processes, are no part of a stricter level. */
export function namespaceObject({ namespace }: Settings): TreeMap {
  const { labels } = metadata(undefined);
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels: { ...labels, 'pod-security.kubernetes.io/enforce': 'privileged' } },
  };
}

export function serviceAccount({ namespace, serviceAccountAnnotations }: Settings): TreeMap {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { ...metadata(namespace), annotations: block('.Values.serviceAccountAnnotations', serviceAccountAnnotations) },
    automountServiceAccountToken: false,
  };
}

export function configMap({ namespace, config }: Settings): TreeMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(namespace), data: { 'config.yaml': new YamlText('.Values.config', stringify(config)) } };
}

/** Headless: for whoever finds targets by Endpoints, and for a ServiceMonitor. */
export function service({ namespace, port }: Settings): TreeMap {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(namespace),
    spec: {
      clusterIP: 'None',
      selector: SELECTOR,
      ports: [{ name: PORT_NAME, port: value('.Values.port', port), targetPort: PORT_NAME, protocol: 'TCP' }],
    },
  };
}

/**
 * Bounds the pod in mode restricted. A pod on the host's network is outside of every NetworkPolicy: there, security groups or
 * the node's firewall decide who reaches the port.
 */
export function networkPolicy({ namespace, networkPolicy: { from } }: Settings): TreeMap {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(namespace),
    spec: {
      podSelector: { matchLabels: SELECTOR },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ ports: [{ port: PORT_NAME, protocol: 'TCP' }], from: block('.Values.networkPolicy.from', from) }],
      egress: EGRESS,
    },
  };
}

const EGRESS = [
  // Name service
  { ports: [{ port: 53, protocol: 'UDP' }, { port: 53, protocol: 'TCP' }] },
  // The API server (behind a Service 443, itself mostly 6443 or 443), and Alertmanager
  { ports: [{ port: 443, protocol: 'TCP' }, { port: 6443, protocol: 'TCP' }, { port: 9093, protocol: 'TCP' }] },
  // The metadata service
  { to: [{ ipBlock: { cidr: '169.254.169.254/32' } }], ports: [{ port: 80, protocol: 'TCP' }] },
];

export function podMonitor({ namespace, podMonitor: { interval, labels } }: Settings): TreeMap {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PodMonitor',
    metadata: withLabels(namespace, '.Values.podMonitor.labels', labels),
    spec: { selector: { matchLabels: SELECTOR }, podMetricsEndpoints: [endpoint(value('.Values.podMonitor.interval', interval))] },
  };
}

export function serviceMonitor({ namespace, serviceMonitor: { interval, labels } }: Settings): TreeMap {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata: withLabels(namespace, '.Values.serviceMonitor.labels', labels),
    spec: { selector: { matchLabels: SELECTOR }, endpoints: [endpoint(value('.Values.serviceMonitor.interval', interval))] },
  };
}

/** The agent's `namespace` and `pod` name the pod that uses a device; without this they would be those of the agent's own pod. */
function endpoint(interval: Tree): TreeMap {
  return { port: PORT_NAME, path: '/metrics', interval, honorLabels: true };
}

function withLabels(namespace: string, helm: string, labels: Settings['podLabels']): TreeMap {
  const { labels: own, ...rest } = metadata(namespace);
  return { ...rest, labels: { ...own, '...labels': block(helm, labels) } };
}
