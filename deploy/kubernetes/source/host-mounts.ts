import { isDefault, isPrivileged, isRestricted, type Settings } from './settings.ts';
import { not, value, when, type Tree } from './tree.ts';

/** Below this the agent sees the node. */
export const HOST_ROOT = '/host';
export const KERNEL_LOG_DIRECTORY = '/run/kernel-log';
export const KERNEL_LOG_SOCKET = 'kmsg.sock';
export const STATE_DIRECTORY = '/run/railmedic';
export const CONFIG_DIRECTORY = '/etc/railmedic';
export const ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Read-only with all that is mounted below, which `readOnly` alone leaves writable (/sys/fs/cgroup); Kubernetes 1.30 and later.
 * All of /dev rather than /dev/infiniband: that may come when the driver is loaded later, and a container runtime makes a
 * host path that is missing. What lies there cannot be opened: no device is in the container's device list.
 */
const seen = (name: string): Tree => ({ name, mountPath: `${HOST_ROOT}/${name}`, readOnly: true, recursiveReadOnly: 'IfPossible' });

export function agentMounts(settings: Settings): readonly Tree[] {
  const isWhole = isPrivileged(settings);
  return [
    // Mounts that come later (a driver container, a required file system) show through.
    when(isWhole, { name: 'root', mountPath: HOST_ROOT, readOnly: true, mountPropagation: 'HostToContainer' }),
    when(not(isWhole), seen('sys')),
    when(not(isWhole), seen('proc')),
    when(not(isWhole), seen('dev')),
    when(isDefault(settings), { name: 'pod-resources', mountPath: `${HOST_ROOT}/var/lib/kubelet/pod-resources`, readOnly: true }),
    when(isDefault(settings), { name: 'kernel-log', mountPath: KERNEL_LOG_DIRECTORY, readOnly: true }),
    { name: 'state', mountPath: STATE_DIRECTORY },
    { name: 'config', mountPath: CONFIG_DIRECTORY, readOnly: true },
    { name: 'service-account', mountPath: ACCOUNT_DIRECTORY, readOnly: true },
  ];
}

export function volumes(settings: Settings): readonly Tree[] {
  const isWhole = isPrivileged(settings);
  const isPlain = isDefault(settings);
  const kubelet = value('printf "%s/pod-resources" .Values.kubeletRoot', `${settings.kubeletRoot}/pod-resources`);
  return [
    when(isWhole, { name: 'root', hostPath: { path: '/', type: 'Directory' } }),
    when(not(isWhole), { name: 'sys', hostPath: { path: '/sys', type: 'Directory' } }),
    when(not(isWhole), { name: 'proc', hostPath: { path: '/proc', type: 'Directory' } }),
    when(not(isWhole), { name: 'dev', hostPath: { path: '/dev', type: 'Directory' } }),
    when(isPlain, { name: 'pod-resources', hostPath: { path: kubelet, type: 'DirectoryOrCreate' } }),
    when(isPlain, { name: 'kernel-log', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }),
    // On the node it outlives the pod and ends with the boot, as a place in the kernel log does; a user that is not root
    // cannot write there.
    when(not(isRestricted(settings)), { name: 'state', hostPath: { path: STATE_DIRECTORY, type: 'DirectoryOrCreate' } }),
    when(isRestricted(settings), { name: 'state', emptyDir: { sizeLimit: '1Mi' } }),
    { name: 'config', configMap: { name: 'railmedic' } },
    accountVolume,
  ];
}

/** By hand and not automatic: what is mounted automatically is in every container, also in the privileged one. */
const accountVolume: Tree = {
  name: 'service-account',
  projected: {
    sources: [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
    ],
  },
};
