import type { Judgement, ManifestWorkload, RayCluster, RayGroup } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { counted } from '../words.ts';
import { faultAt } from './place.ts';

/** minReplicas and maxReplicas are bounds for Ray's autoscaler; without it KubeRay holds `replicas`, whatever the load. */
export const autoscalingDisabled = defineRule({
  name: 'AutoscalingDisabled',
  title: 'Bounds for an autoscaler that is not switched on',
  severity: 'warning',
  page: 'rules/manifest/autoscaling-disabled.md',
  needs: ['manifests'],
  settings: {},
  *check({ manifests }) {
    for (const workload of manifests.workloads) {
      if (!workload.ray || isSwitchedOn(workload.ray)) continue;
      for (const group of workload.ray.groups) yield* judge(workload, workload.ray, group);
    }
  },
});

/** What is written and no boolean is a template's placeholder, and may be true. */
function isSwitchedOn({ object, path, enableInTreeAutoscaling }: RayCluster): boolean {
  if (enableInTreeAutoscaling) return enableInTreeAutoscaling.value;
  const written = object.get([...path, 'enableInTreeAutoscaling']);
  return written !== undefined && written !== null;
}

function* judge(workload: ManifestWorkload, ray: RayCluster, group: RayGroup): Iterable<Judgement> {
  const { minReplicas: min, maxReplicas: max, replicas, name } = group;
  if (group.role === 'head' || !min || !max || min.value >= max.value) return;
  const written = group.object.get([...group.path, 'replicas']);
  // A placeholder that something fills in later.
  const isKnown = replicas !== undefined || written === undefined || written === null;
  const held = Math.min(Math.max(replicas?.value ?? min.value, min.value), max.value);
  const workers = isKnown ? counted(held, 'worker') : 'as many workers as replicas says';
  const serve = workload.serve.find(({ autoscaling }) => Object.keys(autoscaling).length > 0);
  const isForGpus = group.pod?.containers.some(({ gpus, claims }) => gpus !== 0 || claims.length > 0) === true;
  const field = `${ray.path.join('.')}.enableInTreeAutoscaling`;
  yield faultAt(max, {
    message: `worker group ${name} has minReplicas ${min.value} and maxReplicas ${max.value}, and enableInTreeAutoscaling is not true: KubeRay holds ${workers} whatever the load${serve ? `, and replicas that Serve adds for ${serve.name === '' ? serve.application : serve.name} stay pending once these are full` : ''}`,
    found: `${field}: ${ray.enableInTreeAutoscaling ? 'false' : 'not written'}`,
    expected: `${field}: true, or minReplicas and maxReplicas equal`,
    snippet: 'enableInTreeAutoscaling: true   # beside headGroupSpec and workerGroupSpecs',
    evidence: { group: name, minReplicas: min.value, maxReplicas: max.value, ...(isKnown && { held }) },
    ...(!serve && !isForGpus && { severity: 'info' }),
  });
}
