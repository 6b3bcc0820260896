import { expect, test } from 'vitest';
import { CLAIMS, DAEMON_SETS, MAKERS, NODES, OTHERS, PODS, RESOURCE_SLICES, TRAIN_JOBS } from '../../../agent/preflight/cluster/kinds.ts';
import { PERSON_RULES } from '../../../deploy/kubernetes/source/rbac.ts';

test('the role of a person may list all that --cluster lists, and nothing that changes', () => {
  for (const { group, resource } of [PODS, NODES, DAEMON_SETS, CLAIMS, RESOURCE_SLICES, ...MAKERS, ...OTHERS, ...TRAIN_JOBS]) {
    const rule = PERSON_RULES.find(({ apiGroups, resources, verbs }) => apiGroups.includes(group) && resources.includes(resource) && verbs.includes('list'));
    expect(rule, `list on ${resource} of ${group}`).toBeDefined();
  }
  for (const { verbs } of PERSON_RULES) expect(verbs.filter((verb) => !['get', 'list', 'watch'].includes(verb))).toEqual([]);
});
