import { createHash } from 'node:crypto';
import { agentContainer } from './agent-container.ts';
import { volumes } from './host-mounts.ts';
import { kernelLogContainer } from './kernel-log-container.ts';
import { LABELS, metadata, NAME, SELECTOR } from './names.ts';
import { isDefault, isRestricted, isSet, type Settings } from './settings.ts';
import { block, not, value, when, type TreeMap } from './tree.ts';

export function daemonSet(settings: Settings): TreeMap {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: metadata(settings.namespace),
    spec: {
      selector: { matchLabels: SELECTOR },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: value('.Values.maxUnavailable', settings.maxUnavailable) } },
      template: { metadata: podMetadata(settings), spec: podSpec(settings) },
    },
  };
}

function podMetadata({ config, podLabels, podAnnotations }: Settings): TreeMap {
  const mark = createHash('sha256').update(JSON.stringify(config)).digest('hex');
  return {
    labels: { ...LABELS, '...podLabels': block('.Values.podLabels', podLabels) },
    annotations: {
      'kubectl.kubernetes.io/default-container': NAME,
      // The agent reads its configuration when it starts: a changed one rolls out.
      'checksum/config': when(isSet('.Values.config', Object.keys(config).length > 0), value('toJson .Values.config | sha256sum', mark)),
      '...podAnnotations': block('.Values.podAnnotations', podAnnotations),
    },
  };
}

export function podSpec(settings: Settings): TreeMap {
  const isOnTheNode = not(isRestricted(settings));
  const runtimeClass = isSet('.Values.runtimeClassName', settings.runtimeClassName !== '');
  return {
    serviceAccountName: NAME,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    priorityClassName: when(isSet('.Values.priorityClassName', settings.priorityClassName !== ''), value('.Values.priorityClassName', settings.priorityClassName)),
    runtimeClassName: when(runtimeClass, value('.Values.runtimeClassName', settings.runtimeClassName)),
    // The metadata service answers no farther than one hop (a pod's network is the second); addresses and interfaces are the node's.
    hostNetwork: when(isOnTheNode, true),
    dnsPolicy: when(isOnTheNode, 'ClusterFirstWithHostNet'),
    // The pids that the kernel log and nvidia-smi name are the node's.
    hostPID: when(isOnTheNode, true),
    securityContext: {
      runAsNonRoot: when(isRestricted(settings), true),
      seccompProfile: { type: 'RuntimeDefault' },
    },
    terminationGracePeriodSeconds: 20,
    imagePullSecrets: block('.Values.imagePullSecrets', settings.imagePullSecrets),
    nodeSelector: block('.Values.nodeSelector', settings.nodeSelector),
    affinity: block('.Values.affinity', settings.affinity),
    tolerations: block('.Values.tolerations', settings.tolerations),
    // First, since containers are started in this order and the agent's first look wants to read the log.
    containers: [when(isDefault(settings), kernelLogContainer(settings)), agentContainer(settings)],
    volumes: [...volumes(settings), block('.Values.extraVolumes', settings.extraVolumes)],
  };
}
