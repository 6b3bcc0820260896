import type { Container } from '../../agent/model.ts';
import { defineRule } from '../define.ts';
import { spotOf } from './environment.ts';
import { OTHER_TRANSPORTS, OUTDATED_VARIABLES } from './outdated-variables.ts';
import { faultAt } from './place.ts';

export const environmentOutdated = defineRule({
  name: 'EnvironmentOutdated',
  title: 'An EFA or NCCL variable that today does nothing, or does harm',
  severity: 'info',
  page: 'rules/manifest/environment-outdated.md',
  needs: ['manifests'],
  settings: {},
  *check({ manifests }) {
    for (const container of manifests.workloads.flatMap(({ pods }) => pods.flatMap(({ containers }) => containers))) {
      const isOthers = usesOthers(container);
      for (const { name, values, status, isHarmful, isOfPlugin } of OUTDATED_VARIABLES) {
        if (isOfPlugin && isOthers) continue;
        const set = container.environment.findLast((candidate) => candidate.name === name);
        if (!set || (values && !values.test(set.value ?? ''))) continue;
        const written = set.value === undefined ? name : `${name}=${set.value}`;
        yield faultAt(spotOf(set), {
          message: `container ${container.name} sets ${written}: ${status}`,
          found: written,
          expected: `${name} not set`,
          evidence: { container: container.name, variable: name, ...(set.value !== undefined && { value: set.value }) },
          ...(isHarmful && { severity: 'warning', title: 'An EFA variable that AWS says not to use' }),
        });
      }
    }
  },
});

/** By its image, what it runs and the names of its variables. */
function usesOthers({ image = '', commands, environment }: Container): boolean {
  const texts = [image, ...environment.map(({ name }) => name), ...commands.flatMap(({ words }) => words.map(({ text }) => text))];
  return texts.some((text) => OTHER_TRANSPORTS.test(text));
}
