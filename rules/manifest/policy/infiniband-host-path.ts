import { EFA, templatesWhere } from './cel.ts';
import { ALL_KINDS, type ManifestPolicy } from './policy.ts';

const VOLUME = "t.spec.?volumes.orValue([]).filter(v, has(v.hostPath) && v.hostPath.path.matches('^/dev/infiniband(/|$)'))";

export const infinibandHostPathPolicy: ManifestPolicy = {
  rule: 'InfinibandHostPath',
  page: 'rules/manifest/infiniband-host-path.md',
  kinds: ALL_KINDS,
  faults: templatesWhere(
    `${VOLUME}.exists(v, t.spec.containers.exists(c, c.?volumeMounts.orValue([]).exists(m, m.name == v.name))) && t.spec.containers.exists(c, ${EFA})`,
    `'volume ' + ${VOLUME}[0].name`,
  ),
  message: 'hostPath /dev/infiniband lies over the device files that the EFA device plugin gives the pod; on P6 types libfabric then finds no EFA, and NCCL falls back to TCP without a word',
  misses: 'pods that show only by a resource claim, their settings or their instance type that they are for EFA',
};
