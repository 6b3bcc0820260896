import type { Container, Manifests, Spot, Variable } from '../../agent/model.ts';
import { listOf, mapOf } from './yaml-values.ts';

/** What a variable is in the end: the last of its name. */
export function variable(container: Container, name: string): Variable | undefined {
  return container.environment.findLast((candidate) => candidate.name === name);
}

/** Whether variables come from a Secret, or from a ConfigMap that is not in the input: any name may be set there. */
export function hasHiddenVariables({ object, path }: Container, manifests: Manifests): boolean {
  return listOf(object.get([...path, 'envFrom'])).some((source) => {
    const reference = mapOf(mapOf(source)?.['configMapRef']);
    return !manifests.objects.some(({ kind, name, namespace }) => kind === 'ConfigMap' && name === reference?.['name'] && namespace === object.namespace);
  });
}

/** The place of a variable. All that one script sets stand at one path: its name is added, so that findings stay apart. */
export function spotOf(set: Variable): Spot {
  const { object, path, position, from, name } = set;
  return { object, position, path: from === 'script' ? [...path, name] : path };
}
