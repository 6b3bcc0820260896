import type { Container, Judgement, ManifestWorkload, PodGroup } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { p6TypeOf, surelyAsksForEfa } from './efa.ts';
import { faultAt } from './place.ts';

/** Files of the host that only a privileged container can use, or that show it is meant to work on its node. */
const NODE_PATHS = /^\/($|sys(\/|$)|proc(\/|$)|dev\/?$|dev\/(?!shm|infiniband)|lib\/modules|run\/containerd|var\/run\/docker|run\/docker|var\/lib\/kubelet)/;
/** Programs that change their node, and therefore need more than IPC_LOCK. */
const NODE_PROGRAMS = /(^|\/)(mount|umount|modprobe|insmod|sysctl|dockerd|podman|buildah|nsenter|chroot|losetup|mkfs\S*|fusermount\d?|mount-s3|s3fs|goofys|sshfs|ncu|nsys|perf|dcgmi|nvidia-cuda-mps-control|iptables|tc|setcap)$/;

export const privilegedWorkload = defineRule({
  name: 'PrivilegedWorkload',
  title: 'A privileged workload that needs only IPC_LOCK',
  severity: 'warning',
  page: 'rules/manifest/privileged-workload.md',
  needs: ['manifests'],
  settings: {},
  *check({ manifests }) {
    for (const workload of manifests.workloads) {
      // Benchmarks, health checks and monitors look at their node; who trains or serves, or is a Ray cluster, does not.
      if ((workload.purpose === 'other' && !workload.ray) || workload.object.kind === 'DaemonSet') continue;
      for (const pod of workload.pods) for (const container of pod.containers) yield* judge(workload, pod, container);
    }
  },
});

function* judge(workload: ManifestWorkload, pod: PodGroup, container: Container): Iterable<Judgement> {
  const { privileged, name } = container;
  if (privileged?.value !== true || worksOnNode(workload, container)) return;
  const efa = surelyAsksForEfa(pod, container);
  // Whatever registers memory needs the lock limit, EFA, RoCE and InfiniBand alike.
  const locks = efa || mayUseRdma(pod, container);
  const type = p6TypeOf(pod);
  yield faultAt(privileged, {
    message: `container ${name} is privileged: it sees every GPU and every device of its node beside those it asked for${type === undefined ? '' : `, on ${type} NVLink's mlx5 devices among them, with which libfabric finds no EFA`}; ${efa ? 'EFA needs no more than IPC_LOCK' : locks ? 'RDMA devices need no more than IPC_LOCK' : 'nothing that is written here needs it'}`,
    found: 'privileged: true',
    expected: locks ? 'capabilities with IPC_LOCK, without privileged' : 'no privileged',
    snippet: ['securityContext:', '  privileged: false', ...(locks ? ['  capabilities:', '    add: ["IPC_LOCK"]'] : [])].join('\n'),
    evidence: { container: name, asksForEfa: efa },
  });
}

/** By a claim that is not plainly for GPUs, or a resource such as `rdma/hca`. */
function mayUseRdma({ deviceClasses }: PodGroup, { claims, limits, requests }: Container): boolean {
  return (claims.length > 0 && deviceClasses.some((name) => !/(^|[^a-z])(gpu|mig|compute-domain)/.test(name))) || [...Object.keys(limits), ...Object.keys(requests)].some((name) => /rdma|roce|infiniband/.test(name));
}

function worksOnNode({ entrypoint }: ManifestWorkload, { mounts, commands, capabilities, gpus, efa, claims }: Container): boolean {
  if (mounts.some(({ volume }) => NODE_PATHS.test(volume?.hostPath ?? ''))) return true;
  if (capabilities.some((name) => /^(CAP_)?(SYS_ADMIN|NET_ADMIN|SYS_MODULE|SYS_RAWIO|ALL)$/.test(name))) return true;
  // Without a device of its own it gets at the GPUs only by its privilege.
  if (gpus === 0 && efa === 0 && claims.length === 0) return true;
  return [...commands, ...entrypoint].some(({ words }) => words.slice(0, 3).some(({ text }) => NODE_PROGRAMS.test(text)));
}
