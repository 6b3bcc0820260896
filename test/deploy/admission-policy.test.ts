import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Environment } from '@marcbachmann/cel-js';
import { describe, expect, test } from 'vitest';
import { admissionPolicyObjects, VALIDATIONS } from '../../deploy/kubernetes/source/admission-policy.ts';
import { agentRules, rbacObjects } from '../../deploy/kubernetes/source/rbac.ts';
import { eventObject } from '../../exporters/event/object.ts';
import { REPORTING_CONTROLLER } from '../../exporters/event/types.ts';
import { CONDITION_TYPES } from '../../exporters/node-condition/types.ts';
import { TAINT_KEY, TAINT_VALUE } from '../../exporters/taint.ts';
import { fabric } from '../exporters/kubernetes/node-fixture.ts';

interface Fields {
  [key: string]: unknown;
}

const [policy, binding] = admissionPolicyObjects('railmedic') as unknown as readonly [Policy, Fields];
interface Policy {
  readonly spec: {
    readonly failurePolicy: string;
    readonly matchConstraints: { readonly resourceRules: readonly Fields[] };
    readonly matchConditions: readonly { readonly expression: string }[];
    readonly variables: readonly { readonly name: string; readonly expression: string }[];
  };
}

const environment = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true });
const evaluate = (expression: string, context: Fields): unknown => environment.evaluate(expression, context);

const NODE_CLAIM = 'authentication.kubernetes.io/node-name';
const extra = (node: string): Fields => ({ 'authentication.kubernetes.io/pod-name': ['railmedic-x'], [NODE_CLAIM]: [node] });

interface Attempt {
  readonly resource: 'nodes' | 'events';
  readonly subResource?: string;
  readonly operation?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly extra?: Fields | undefined;
  readonly object: unknown;
  readonly oldObject?: unknown;
}

/** The message of the first validation that says no, as the API server gives it; undefined when all pass. */
function refusal(attempt: Attempt): string | undefined {
  const { resource, subResource, operation = 'UPDATE', name = 'node-a', namespace, object, oldObject = null } = attempt;
  const claims = 'extra' in attempt ? attempt.extra : extra('node-a');
  const request = {
    resource: { group: '', version: 'v1', resource },
    ...(subResource !== undefined && { subResource }),
    operation,
    name,
    ...(namespace !== undefined && { namespace }),
    userInfo: { username: 'system:serviceaccount:railmedic:railmedic', ...(claims && { extra: claims }) },
  };
  const context: Fields = { request, object, oldObject };
  context['variables'] = Object.fromEntries(policy.spec.variables.map((variable) => [variable.name, evaluate(variable.expression, context)]));
  const no = VALIDATIONS.find(({ expression }) => evaluate(expression, context) !== true);
  if (!no) return undefined;
  return no.messageExpression === undefined ? no.message : String(evaluate(no.messageExpression, context));
}

function node(change: { metadata?: Fields; spec?: Fields; status?: Fields } = {}): Fields {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-a', resourceVersion: '7', labels: { zone: 'a' }, ...change.metadata },
    spec: { providerID: 'aws:///a/i-1', taints: [{ key: 'nvidia.com/gpu', effect: 'NoSchedule' }], ...change.spec },
    status: {
      capacity: { 'nvidia.com/gpu': '8' },
      conditions: [
        { type: 'MemoryPressure', status: 'False' },
        { type: 'Ready', status: 'True', lastHeartbeatTime: '2026-11-23T20:00:00Z' },
      ],
      ...change.status,
    },
  };
}
const conditions = (...added: readonly Fields[]): Fields => ({ status: { conditions: [...((node()['status'] as Fields)['conditions'] as Fields[]), ...added] } });
const fault = { type: 'GpuProblem', status: 'True', reason: 'GpuLost' };
const status = (object: Fields, more: Partial<Attempt> = {}): string | undefined =>
  refusal({ resource: 'nodes', subResource: 'status', object, oldObject: node(), ...more });
const main = (object: Fields, oldObject = node()): string | undefined => refusal({ resource: 'nodes', object, oldObject });
const taint = { key: 'railmedic.io/problem', value: 'agent', effect: 'NoSchedule' };
const tainted = (...taints: readonly Fields[]): Fields => node({ spec: { taints: [{ key: 'nvidia.com/gpu', effect: 'NoSchedule' }, ...taints] } });

const OWN_NODE = 'railmedic on node node-a may write to its own Node only, not to ';
const STATUS = 'railmedic may change no more of the status of a Node than its conditions GpuFabricProblem and GpuProblem';
const METADATA = 'railmedic may change no labels, annotations, finalizers or owners of a Node';
const SPEC = 'railmedic may change no more of a Node than its own taint railmedic.io/problem=agent, never with NoExecute';
const NO_NODE = 'the token names no node: railmedic must run in a pod, on Kubernetes 1.30 or later (ServiceAccountTokenPodNodeInfo)';

describe('a patch of nodes/status', () => {
  test('passes with our conditions on our Node: added, changed, taken away', () => {
    expect(status(node(conditions(fault)))).toBeUndefined();
    expect(status(node(conditions({ ...fault, status: 'False' })), { oldObject: node(conditions(fault)) })).toBeUndefined();
    expect(status(node(), { oldObject: node(conditions(fault, { type: 'GpuFabricProblem', status: 'True' })) })).toBeUndefined();
    expect(status(node({ metadata: { resourceVersion: '8', managedFields: [{ manager: 'railmedic' }] } }))).toBeUndefined();
    const bare = { metadata: { name: 'node-a' }, spec: {}, status: {} };
    expect(status({ ...bare, status: { conditions: [fault] } }, { oldObject: bare })).toBeUndefined();
  });

  test.each([
    ['another Node', status(node(conditions(fault)), { name: 'node-b' }), `${OWN_NODE}node-b`],
    ['a token without a node', status(node(), { extra: { other: ['x'] } }), NO_NODE],
    ['a token without anything', status(node(), { extra: undefined }), NO_NODE],
    ['an empty node and name', status(node(), { extra: extra(''), name: '' }), NO_NODE],
    ["kubelet's condition", status(node({ status: { conditions: [{ type: 'MemoryPressure', status: 'True' }, { type: 'Ready', status: 'True', lastHeartbeatTime: '2026-11-23T20:00:00Z' }] } })), STATUS],
    ['a condition of AWS', status(node(conditions({ type: 'AcceleratedHardwareReady', status: 'False' }))), STATUS],
    ['a condition less', status(node({ status: { conditions: [{ type: 'MemoryPressure', status: 'False' }] } })), STATUS],
    ['capacity', status(node({ status: { capacity: { 'nvidia.com/gpu': '800' } } })), STATUS],
    ['a field more', status(node({ status: { volumesAttached: [] } })), STATUS],
    ['a field less', status({ ...node(), status: { conditions: (node()['status'] as Fields)['conditions'] } }), STATUS],
    ['a label', status(node({ metadata: { labels: { zone: 'b' } } })), METADATA],
    ['labels taken away', status({ ...node(), metadata: { name: 'node-a' } }), METADATA],
    ['an annotation', status(node({ metadata: { annotations: { 'cluster-autoscaler.kubernetes.io/scale-down-disabled': 'true' } } })), METADATA],
    ['a finalizer', status(node({ metadata: { finalizers: ['x/y'] } })), METADATA],
  ])('is refused with %s', (_, answer, expected) => {
    expect(answer).toBe(expected);
  });
});

describe('a patch of nodes', () => {
  test('passes with our taint, set or taken back', () => {
    expect(main(tainted(taint))).toBeUndefined();
    expect(main(tainted(), tainted(taint))).toBeUndefined();
    expect(main({ ...node(), spec: { taints: [taint] } }, { ...node(), spec: {} })).toBeUndefined();
  });

  test.each([
    ['another taint', main(tainted({ key: 'x', effect: 'NoSchedule' })), SPEC],
    ['a taint that a person kept', main(tainted(), tainted({ ...taint, value: 'kept' })), SPEC],
    ['another taint less', main(node({ spec: { taints: [taint] } })), SPEC],
    ['NoExecute, which would end pods', main(tainted({ ...taint, effect: 'NoExecute' })), SPEC],
    ['cordon', main(node({ spec: { unschedulable: true } })), SPEC],
    ['a label', main(node({ metadata: { labels: { zone: 'a', x: 'y' } } })), METADATA],
  ])('is refused with %s', (_, answer, expected) => {
    expect(answer).toBe(expected);
  });
});

describe('an Event', () => {
  const pod = { kind: 'Pod' as const, namespace: 'ml', name: 'w-0', uid: 'u' };
  const nodeName = { name: 'node-a', uid: 'n' };
  const finding = fabric('FabricOneWayTraffic');
  const onNode = eventObject({ type: 'Warning', rule: finding.rule, target: { kind: 'Node' }, findings: [finding] }, nodeName, 'e', 'default') as Fields;
  const onPod = eventObject({ type: 'Warning', rule: finding.rule, target: pod, findings: [finding] }, nodeName, 'e', 'ml') as Fields;
  const send = (object: Fields, more: Partial<Attempt> = {}): string | undefined => refusal({ resource: 'events', operation: 'CREATE', name: 'e', namespace: 'default', object, ...more });
  const ABOUT = 'railmedic may write Events about its own Node, and about pods in the name of that Node (related), only';

  test('passes as the agent makes it, and when it is counted up', () => {
    expect(send(onNode)).toBeUndefined();
    expect(send(onNode, { namespace: 'kube-system' })).toBeUndefined();
    expect(send(onPod, { namespace: 'ml' })).toBeUndefined();
    expect(send({ ...onNode, series: { count: 2 } }, { operation: 'UPDATE', oldObject: onNode })).toBeUndefined();
  });

  test.each([
    ['about another Node', send({ ...onNode, regarding: { kind: 'Node', name: 'node-b' } }), ABOUT],
    ['about nothing', send({ ...onNode, regarding: undefined }), ABOUT],
    ['about a Deployment', send({ ...onPod, regarding: { kind: 'Deployment', namespace: 'ml', name: 'x' } }, { namespace: 'ml' }), ABOUT],
    ['about a pod in the name of another Node', send({ ...onPod, related: { kind: 'Node', name: 'node-b' } }, { namespace: 'ml' }), ABOUT],
    ['about a pod in nobody’s name', send({ ...onPod, related: undefined }, { namespace: 'ml' }), ABOUT],
    ['about a pod of another namespace', send(onPod, { namespace: 'prod' }), ABOUT],
    ["in kubelet's name", send({ ...onNode, reportingController: 'kubelet' }), 'railmedic may write Events in its own name only (reportingController railmedic.io/agent)'],
    ['by a token without a node', send(onNode, { extra: {} }), NO_NODE],
  ])('is refused %s', (_, answer, expected) => {
    expect(answer).toBe(expected);
  });
});

describe('the policy', () => {
  test('concerns the agent alone and denies', () => {
    const isOurs = (username: string): unknown => evaluate(policy.spec.matchConditions[0]?.expression ?? '', { request: { userInfo: { username } } });
    expect(isOurs('system:serviceaccount:railmedic:railmedic')).toBe(true);
    expect(isOurs('system:node:node-a')).toBe(false);
    expect(isOurs('system:serviceaccount:other:railmedic')).toBe(false);
    expect(policy.spec.failurePolicy).toBe('Fail');
    expect(binding['spec']).toEqual({ policyName: 'railmedic-own-node', validationActions: ['Deny'] });
  });

  test('covers everything that the agent may write', () => {
    const writes = agentRules({ podLogs: true, taint: true }).filter(({ verbs }) => verbs.some((verb) => !['get', 'list', 'watch'].includes(verb)));
    const covered = policy.spec.matchConstraints.resourceRules.flatMap(({ apiGroups, resources }) =>
      (resources as string[]).map((resource) => `${String((apiGroups as string[])[0])}/${resource}`),
    );
    for (const { apiGroups, resources } of writes) for (const resource of resources) expect(covered).toContain(`${apiGroups[0]}/${resource}`);
  });

  test('uses the words that the exporters write', () => {
    const text = JSON.stringify(VALIDATIONS);
    expect(text).toContain(`['${CONDITION_TYPES.join("', '")}']`);
    for (const word of [TAINT_KEY, TAINT_VALUE, REPORTING_CONTROLLER]) expect(text).toContain(`'${word}'`);
  });
});

describe('the roles', () => {
  test('the agent may do just this', () => {
    expect(agentRules()).toEqual([
      { apiGroups: [''], resources: ['nodes'], verbs: ['get'] },
      { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
      { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
    ]);
    expect(agentRules({ podLogs: true }).slice(4)).toEqual([{ apiGroups: [''], resources: ['pods/log'], verbs: ['get'] }]);
    expect(agentRules({ taint: true }).slice(4)).toEqual([{ apiGroups: [''], resources: ['nodes'], verbs: ['patch'] }]);
  });

  test('only the agent is bound, and to its own role', () => {
    const bindings = rbacObjects('gpu-health').filter(({ kind }) => String(kind).endsWith('Binding'));
    expect(bindings).toEqual([
      expect.objectContaining({
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'railmedic-agent' },
        subjects: [{ kind: 'ServiceAccount', name: 'railmedic', namespace: 'gpu-health' }],
      }),
    ]);
  });

  test('none has a wildcard, secrets or exec; a person’s cluster role only reads', () => {
    const objects = rbacObjects('railmedic', { podLogs: true, taint: true });
    expect(JSON.stringify(objects)).not.toMatch(/"\*"|secrets|pods\/exec|escalate|impersonate|"bind"/);
    const person = objects.find(({ kind, metadata }) => kind === 'ClusterRole' && (metadata as Fields)['name'] === 'railmedic-person');
    const verbs = ((person?.['rules'] ?? []) as { verbs: string[] }[]).flatMap((rule) => rule.verbs);
    expect(verbs).not.toEqual([]);
    expect(verbs.every((verb) => ['get', 'list', 'watch'].includes(verb))).toBe(true);
  });
});

describe('the condition types of AWS', () => {
  const root = join(import.meta.dirname, '..', '..');
  const written = globSync(['agent/**/*.ts', 'exporters/**/*.ts', 'rules/**/*.ts', 'deploy/**/*.{ts,yaml,yml,json,tpl}'], { cwd: root });

  test('stand in no source and no manifest', () => {
    expect(written.length).toBeGreaterThan(200);
    for (const path of written) {
      const text = readFileSync(join(root, path), 'utf8');
      expect(text, path).not.toMatch(/AcceleratedHardwareReady|NetworkingReady|StorageReady|KernelReady|ContainerRuntimeReady/);
    }
  });

  test('cannot be written: the list of types is closed', () => {
    expect(CONDITION_TYPES).toEqual(['GpuFabricProblem', 'GpuProblem']);
  });
});
