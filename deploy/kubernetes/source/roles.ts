import { admissionPolicyObjects } from './admission-policy.ts';
import { AGENT_ROLE, agentRules, rbacObjects, type KubernetesObject, type RbacOptions } from './rbac.ts';
import { isSet, type Settings } from './settings.ts';
import { when, type Condition, type Tree, type TreeMap } from './tree.ts';

/** The roles and their bindings; what only some need is granted with the setting that needs it. */
export function roles(settings: Settings): readonly TreeMap[] {
  return rbacObjects(settings.namespace)
    .filter(({ kind }) => kind !== 'ServiceAccount')
    .map((object) => {
      const tree = asTree(object);
      return isAgentRole(object) ? { ...tree, rules: [...asRules(agentRules()), ...optional(taints(settings), { taint: true }), ...optional(logs(settings), { podLogs: true })] } : tree;
    });
}

export function admissionPolicy({ namespace }: Settings): readonly TreeMap[] {
  return admissionPolicyObjects(namespace).map(asTree);
}

/** The configuration says it, and the right to do it follows. */
const taints = ({ config }: Settings): Condition => {
  const exporters = config['exporters'] as { readonly kubernetes?: { readonly taint?: boolean } } | undefined;
  return isSet('dig "exporters" "kubernetes" "taint" false .Values.config', exporters?.kubernetes?.taint === true);
};
const logs = ({ podLogs }: Settings): Condition => isSet('.Values.podLogs', podLogs);

/** What an option adds. */
export function addedRules(options: RbacOptions): readonly Tree[] {
  const always = agentRules().map((rule) => JSON.stringify(rule));
  return asRules(agentRules(options).filter((rule) => !always.includes(JSON.stringify(rule))));
}

function optional(condition: Condition, options: RbacOptions): readonly Tree[] {
  return addedRules(options).map((rule) => when(condition, rule));
}

export function isAgentRole({ kind, metadata }: KubernetesObject): boolean {
  return kind === 'ClusterRole' && (metadata as { readonly name?: string } | undefined)?.name === AGENT_ROLE;
}

const asTree = (object: KubernetesObject): TreeMap => object as TreeMap;
const asRules = (rules: readonly object[]): readonly Tree[] => rules as readonly TreeMap[];
