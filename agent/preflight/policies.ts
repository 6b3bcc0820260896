import { stringify } from 'yaml';
import { VERSION } from '../assets.ts';
import type { ManifestPolicy, PolicyKind } from '../../rules/manifest/policy/policy.ts';

export interface PolicyOptions {
  /** Refuse what a policy finds, instead of a warning to who applies it. */
  readonly deny: boolean;
}

/** `LatestImage` to `railmedic-latest-image`. */
export function policyName(rule: string): string {
  return `railmedic${rule.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** A ValidatingAdmissionPolicy and its binding for each, as YAML to apply. Kubernetes 1.30 or later. */
export function policyYaml(policies: readonly ManifestPolicy[], options: PolicyOptions): string {
  const head = [
    `# Made by railmedic ${VERSION} preflight --emit-policy; do not edit, make it anew.`,
    `# ${options.deny ? 'What these find is refused.' : 'What these find is a warning to who applies it, and nothing is refused.'} Each says no more than the rule of its name:`,
    '# railmedic explain RULE tells why, railmedic preflight FILE says where. Kubernetes 1.30 or later.',
  ].join('\n');
  const objects = policies.flatMap((policy) => policyObjects(policy, options));
  return `${head}\n${objects.map((object) => `---\n${stringify(object, { lineWidth: 0 })}`).join('')}`;
}

export function policyObjects(policy: ManifestPolicy, { deny }: PolicyOptions): readonly object[] {
  const name = policyName(policy.rule);
  const metadata = { name, labels: { 'app.kubernetes.io/name': 'railmedic' }, annotations: { 'railmedic.io/page': policy.page } };
  const apiVersion = 'admissionregistration.k8s.io/v1';
  return [
    { apiVersion, kind: 'ValidatingAdmissionPolicy', metadata, spec: policySpec(policy, deny) },
    { apiVersion, kind: 'ValidatingAdmissionPolicyBinding', metadata: { name, labels: metadata.labels }, spec: { policyName: name, validationActions: [deny ? 'Deny' : 'Warn'] } },
  ];
}

export interface PolicySpec {
  readonly matchConditions: readonly { readonly name: string; readonly expression: string }[];
  readonly variables: readonly { readonly name: string; readonly expression: string }[];
  readonly validations: readonly { readonly expression: string; readonly message: string; readonly messageExpression: string }[];
}

/** `failurePolicy: Ignore`: an object of a form that nobody foresaw must not be kept from its cluster. */
export function policySpec({ rule, kinds, faults, message, page }: ManifestPolicy, deny = false): PolicySpec & Readonly<Record<string, unknown>> {
  const rest = `${message} (railmedic explain ${rule}, ${page})`;
  return {
    failurePolicy: 'Ignore',
    matchConstraints: { resourceRules: resourceRules(kinds, deny) },
    matchConditions: [
      // What a controller makes was judged where a person wrote it.
      { name: 'written-by-a-person', expression: '!dyn(object).metadata.?ownerReferences.orValue([]).exists(o, o.?controller.orValue(false))' },
      { name: 'spec-changed', expression: 'oldObject == null || dyn(object).spec != dyn(oldObject).spec' },
      { name: 'not-ignored', expression: `!(${ignored('dyn(object)', rule)})` },
    ],
    variables: [
      { name: 'rays', expression: byKind(kinds, ({ rays }) => rays ?? '[]') },
      { name: 'found', expression: byKind(kinds, ({ templates }) => templates) },
      { name: 'templates', expression: `variables.found.filter(t, !(${ignored('t', rule)}))` },
      { name: 'faults', expression: faults },
    ],
    validations: [{ expression: "variables.faults == ''", message: `${rule}: ${rest}`, messageExpression: `'${rule}: ' + variables.faults + ': ${rest.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'` }],
  };
}

/** The annotation that silences the rule, with a reason. */
function ignored(holder: string, rule: string): string {
  return `${holder}.?metadata.?annotations[?'railmedic.io/ignore.${rule}'].orValue('').matches('[^ ]')`;
}

/**
 * Where a policy refuses, changes are refused of kinds that only people change: Ray's autoscaler writes the replicas of a
 * RayCluster, and must not be stopped by what was wrong before.
 */
function resourceRules(kinds: readonly PolicyKind[], deny: boolean): readonly object[] {
  const groups = Map.groupBy(kinds, ({ group, versions }) => `${group} ${versions.join(',')}`);
  return [...groups.values()].map((of) => {
    const group = of[0]?.group ?? '';
    const operations = deny && group !== 'apps' ? ['CREATE'] : ['CREATE', 'UPDATE'];
    return { apiGroups: [group], apiVersions: of[0]?.versions ?? [], operations, resources: of.map(({ resource }) => resource) };
  });
}

/** One expression that takes each kind's own; kinds with the same share a branch. */
function byKind(kinds: readonly PolicyKind[], expression: (kind: PolicyKind) => string): string {
  const branches = [...Map.groupBy(kinds, expression)];
  return branches.reduceRight<string>((rest, [text, of], index) => {
    if (index === branches.length - 1) return text;
    const names = of.map(({ kind }) => `'${kind}'`).join(', ');
    return `dyn(object).kind in [${names}] ? (${text}) : (${rest})`;
  }, '[]');
}
