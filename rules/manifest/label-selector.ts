import type { YamlMap } from '../../agent/model.ts';
import { listOf, mapOf } from './yaml-values.ts';

/** Whether a label selector takes pods of a template; an empty one takes all, none takes none. */
export function selects(selector: YamlMap | undefined, labels: Readonly<Record<string, string>>): boolean {
  if (!selector) return false;
  const equal = Object.entries(mapOf(selector['matchLabels']) ?? {}).every(([key, value]) => (key in labels ? labels[key] === value : isControllers(key)));
  return equal && listOf(selector['matchExpressions']).every((expression) => holds(mapOf(expression), labels));
}

function holds(expression: YamlMap | undefined, labels: Readonly<Record<string, string>>): boolean {
  const { key, operator, values } = expression ?? {};
  if (typeof key !== 'string') return false;
  const label = labels[key];
  const listed = label !== undefined && listOf(values).includes(label);
  if (label === undefined) return isControllers(key) || operator === 'NotIn' || operator === 'DoesNotExist';
  return operator === 'In' ? listed : operator === 'NotIn' ? !listed : operator === 'Exists';
}

/** Labels that a controller puts on its pods (`ray.io/cluster`, `job-name`) are not in the template: they may well match. */
function isControllers(key: string): boolean {
  return /^(job-name|controller-uid)$/.test(key) || key.includes('.');
}
