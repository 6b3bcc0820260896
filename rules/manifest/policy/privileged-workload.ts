import { containersWhere, EFA, GPUS, WORDS } from './cel.ts';
import { RAY_KINDS, type ManifestPolicy } from './policy.ts';

const ON_NODE = "t.spec.?volumes.orValue([]).exists(v, has(v.hostPath) && !v.hostPath.path.matches('^/(dev/infiniband|dev/shm|mnt|fsx|data|opt|home|tmp)(/|$)') && c.?volumeMounts.orValue([]).exists(m, m.name == v.name))";
const OTHER_CAPABILITIES = "c.?securityContext.?capabilities.?add.orValue([]).exists(n, !(n in ['IPC_LOCK', 'CAP_IPC_LOCK']))";

export const privilegedWorkloadPolicy: ManifestPolicy = {
  rule: 'PrivilegedWorkload',
  page: 'rules/manifest/privileged-workload.md',
  kinds: RAY_KINDS,
  // A script may mount or tune its node: only containers that run none are judged.
  faults: containersWhere(`c.?securityContext.?privileged.orValue(false) && (${GPUS} || ${EFA}) && !(${ON_NODE}) && !(${OTHER_CAPABILITIES}) && ${WORDS}.size() == 0 && !dyn(object).spec.?entrypoint.hasValue()`),
  message: 'privileged, which shows it every device of its node; EFA needs no more than the capability IPC_LOCK',
  misses: 'workloads other than Ray clusters, and containers with a command of their own',
};
