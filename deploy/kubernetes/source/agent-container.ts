import { agentMounts, CONFIG_DIRECTORY, HOST_ROOT, KERNEL_LOG_DIRECTORY, KERNEL_LOG_SOCKET, STATE_DIRECTORY } from './host-mounts.ts';
import { imageOf } from './image.ts';
import { NAME, PORT_NAME } from './names.ts';
import { isDefault, isPrivileged, isRestricted, isSet, type Settings } from './settings.ts';
import { block, both, choose, not, value, when, type Tree, type TreeMap } from './tree.ts';

/** The process that listens, parses and talks to the API server. */
export function agentContainer(settings: Settings): TreeMap {
  return {
    name: NAME,
    image: imageOf(settings),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    imagePullPolicy: value('.Values.image.pullPolicy', settings.image.pullPolicy),
    args: ['agent', block('.Values.extraArgs', settings.extraArgs)],
    env: environment(settings),
    ports: [{ name: PORT_NAME, containerPort: value('.Values.port', settings.port), protocol: 'TCP' }],
    // /healthz says whether the loop turns and nothing else: a hung nvidia-smi, a silent card or an API server that is away
    // must not restart the one that reports them.
    livenessProbe: { httpGet: probe(settings, '/healthz'), initialDelaySeconds: 10, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 3 },
    readinessProbe: { httpGet: probe(settings, '/readyz'), periodSeconds: 10, timeoutSeconds: 5 },
    resources: block('.Values.resources', settings.resources),
    securityContext: securityContext(settings),
    volumeMounts: [...agentMounts(settings), block('.Values.extraVolumeMounts', settings.extraVolumeMounts)],
  };
}

/** Root without a capability opens what belongs to root (the kubelet's socket); nobody else can without being let in. */
function securityContext(settings: Settings): Tree {
  const isHidden = both(isDefault(settings), isSet('.Values.processes', settings.processes));
  const mayNotAll = not(isPrivileged(settings));
  return {
    privileged: choose(isPrivileged(settings), true, false),
    runAsUser: choose(isRestricted(settings), 65532, 0),
    runAsGroup: choose(isRestricted(settings), 65532, 0),
    runAsNonRoot: when(isRestricted(settings), true),
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: when(mayNotAll, false),
    capabilities: when(mayNotAll, {
      drop: ['ALL'],
      // To see which process holds which device: proc(5) asks for the first to follow /proc/<pid>/fd/<n> of a process with other
      // rights, for the second to list that directory where it belongs to another user.
      add: when(isHidden, ['SYS_PTRACE', 'DAC_READ_SEARCH']),
    }),
    seccompProfile: when(mayNotAll, { type: 'RuntimeDefault' }),
  };
}

export const POD_LOGS = { name: 'RAILMEDIC_POD_LOGS', value: 'true' };

function environment(settings: Settings): readonly Tree[] {
  const field = (name: string, fieldPath: string): Tree => ({ name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } });
  return [
    // With the right to read them (roles.ts), or not at all. First, where kustomize puts what a component adds.
    when(isSet('.Values.podLogs', settings.podLogs), POD_LOGS),
    field('RAILMEDIC_NODE_NAME', 'spec.nodeName'),
    field('RAILMEDIC_NODE_IP', 'status.hostIP'),
    { name: 'RAILMEDIC_HOST_ROOT', value: HOST_ROOT },
    { name: 'RAILMEDIC_STATE_DIR', value: STATE_DIRECTORY },
    { name: 'RAILMEDIC_CONFIG', value: `${CONFIG_DIRECTORY}/config.yaml` },
    { name: 'RAILMEDIC_LISTEN', value: listenAddress(settings) },
    { name: 'RAILMEDIC_INTERVAL', value: value('.Values.interval | quote', settings.interval) },
    { name: 'RAILMEDIC_LOG_FORMAT', value: value('.Values.logFormat | quote', settings.logFormat) },
    when(isDefault(settings), { name: 'RAILMEDIC_KERNEL_LOG', value: `${KERNEL_LOG_DIRECTORY}/${KERNEL_LOG_SOCKET}` }),
    // Read by the NVIDIA container runtime, which puts nvidia-smi and the devices into the container; else they mean nothing.
    { name: 'NVIDIA_VISIBLE_DEVICES', value: 'all' },
    { name: 'NVIDIA_DRIVER_CAPABILITIES', value: 'utility' },
    block('.Values.extraEnv', settings.extraEnv),
  ];
}

/** In brackets, so that an IPv6 node's address can be followed by a port. In the pod's own network all addresses are the pod's. */
function listenAddress(settings: Settings): Tree {
  const port = 'int .Values.port';
  const isLoopback = isSet('eq .Values.listen "loopback"', settings.listen === 'loopback');
  return choose(
    isLoopback,
    value(`printf "127.0.0.1:%d" (${port}) | quote`, `127.0.0.1:${settings.port}`),
    choose(
      isRestricted(settings),
      value(`printf ":%d" (${port}) | quote`, `:${settings.port}`),
      value(`printf "[$(RAILMEDIC_NODE_IP)]:%d" (${port}) | quote`, `[$(RAILMEDIC_NODE_IP)]:${settings.port}`),
    ),
  );
}

function probe(settings: Settings, path: string): TreeMap {
  return {
    path,
    port: PORT_NAME,
    host: when(isSet('eq .Values.listen "loopback"', settings.listen === 'loopback'), '127.0.0.1'),
  };
}
