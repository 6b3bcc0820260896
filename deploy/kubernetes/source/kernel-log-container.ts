import { KERNEL_LOG_DIRECTORY, KERNEL_LOG_SOCKET } from './host-mounts.ts';
import { imageOf } from './image.ts';
import { KERNEL_LOG_COPIER } from './kernel-log-copier.ts';
import type { Settings } from './settings.ts';
import { block, value, type TreeMap } from './tree.ts';

/** /dev/kmsg is in no container's device list but a privileged one's, whatever its user and capabilities. */
export function kernelLogContainer(settings: Settings): TreeMap {
  return {
    name: 'kernel-log',
    image: imageOf(settings),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    imagePullPolicy: value('.Values.image.pullPolicy', settings.image.pullPolicy),
    command: ['node', '--max-semi-space-size=1', '-e', KERNEL_LOG_COPIER, '/dev/kmsg', `${KERNEL_LOG_DIRECTORY}/${KERNEL_LOG_SOCKET}`],
    resources: block('.Values.kernelLogResources', settings.kernelLogResources),
    securityContext: { privileged: true, runAsUser: 0, runAsGroup: 0, readOnlyRootFilesystem: true },
    volumeMounts: [{ name: 'kernel-log', mountPath: KERNEL_LOG_DIRECTORY }],
  };
}
