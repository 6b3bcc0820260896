import type { NodeRequirement, PodPlacement, PodToleration } from '../model.ts';
import { listOf, objectOf, textOf, textsOf, type JsonObject } from './json-value.ts';

/** What a pod without a node asks of one, beside resources. */
export function placementOf(spec: JsonObject): PodPlacement {
  const required = objectOf(objectOf(objectOf(spec['affinity'])['nodeAffinity'])['requiredDuringSchedulingIgnoredDuringExecution']);
  return {
    nodeSelector: textsOf(spec['nodeSelector']),
    nodeAffinity: listOf(required['nodeSelectorTerms']).map((term) => listOf(objectOf(term)['matchExpressions']).map(requirementOf)),
    tolerations: listOf(spec['tolerations']).map(tolerationOf),
  };
}

function requirementOf(json: unknown): NodeRequirement {
  const requirement = objectOf(json);
  return {
    key: textOf(requirement['key']) ?? '',
    operator: textOf(requirement['operator']) ?? '',
    values: listOf(requirement['values']).flatMap((value) => textOf(value) ?? []),
  };
}

function tolerationOf(json: unknown): PodToleration {
  const toleration = objectOf(json);
  return {
    key: textOf(toleration['key']),
    operator: textOf(toleration['operator']) ?? 'Equal',
    value: textOf(toleration['value']) ?? '',
    effect: textOf(toleration['effect']),
  };
}
