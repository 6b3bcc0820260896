import type { Judgement, ManifestWorkload, PodGroup, Volume } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { EFA_RESOURCE, resourcesKey, resourcesText } from './device-resources.ts';
import { asksForEfa, efaSettings, knownInstanceTypes, p6TypeOf, surelyAsksForEfa } from './efa.ts';
import { efaShare } from './instance-fit.ts';
import { faultAt } from './place.ts';

/** The mount lays every verbs device of the node over the ones that the device plugin chose. */
export const infinibandHostPath = defineRule({
  name: 'InfinibandHostPath',
  title: '/dev/infiniband of the node is mounted over the devices of the pod',
  severity: 'warning',
  page: 'rules/manifest/infiniband-host-path.md',
  needs: ['manifests'],
  settings: {},
  *check({ manifests }) {
    for (const workload of manifests.workloads) {
      for (const pod of workload.pods) {
        const volume = pod.volumes.find(({ hostPath }) => /^\/dev\/infiniband(\/|$)/.test(hostPath ?? ''));
        if (volume && isForEfa(pod)) yield* judge(workload, pod, volume);
      }
    }
  },
});

/** On machines with InfiniBand of their own the mount is a known way; only for EFA it is known to break. */
function isForEfa(pod: PodGroup): boolean {
  return p6TypeOf(pod) !== undefined || knownInstanceTypes(pod).some(({ maxEfa }) => maxEfa > 0) || pod.containers.some((container) => surelyAsksForEfa(pod, container) || efaSettings(container).length > 0);
}

function* judge(workload: ManifestWorkload, pod: PodGroup, volume: Volume): Iterable<Judgement> {
  const container = pod.containers.find(({ mounts }) => mounts.some((mount) => mount.volume === volume));
  // A monitor that computes nothing may look at all devices of its node.
  if (!container || (workload.object.kind === 'DaemonSet' && pod.containers.every(({ gpus, efa }) => gpus === 0 && efa === 0))) return;
  // Pods of one node that say nothing of EFA have no use for it, and beside a claim it may be asked for twice.
  const needsNone = asksForEfa(pod, container) || (workload.isMultiNode === false && efaSettings(container).length === 0);
  const { hostPath = '' } = volume;
  yield faultAt(volume, {
    message: `container ${container.name} mounts the node's ${hostPath} over the device files of its pod: ${effectOn(pod)}`,
    found: `hostPath ${hostPath}`,
    expected: needsNone ? 'neither volume nor mount: the device plugin brings the device files' : `neither volume nor mount, but ${EFA_RESOURCE} in limits and requests`,
    snippet: [`# remove volume ${volume.name} and its volumeMount: the device plugin brings the files`, ...(needsNone ? [] : [resourcesText(EFA_RESOURCE, efaShare(pod) || undefined, resourcesKey(pod))])].join('\n'),
    evidence: { container: container.name, volume: volume.name, hostPath, instanceTypes: pod.instanceTypes },
    ...(p6TypeOf(pod) !== undefined && { severity: 'critical' }),
  });
}

function effectOn(pod: PodGroup): string {
  const p6 = p6TypeOf(pod);
  if (p6 !== undefined) return `on ${p6} that brings NVLink's mlx5 devices along, libfabric then finds no EFA (fi_info -61) and NCCL falls back to TCP without a word`;
  const [type] = knownInstanceTypes(pod);
  const here = type ? `EFA still works on ${type.name}, but ` : '';
  return `${here}the pod sees devices that the device plugin did not give it, and on P6 types it would lose EFA without a word`;
}
