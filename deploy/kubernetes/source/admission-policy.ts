import type { KubernetesObject } from './rbac.ts';
import { NAME } from './rbac.ts';

/** What the agent may write; the same words stand in exporters/, and a test holds them equal. */
const CONDITIONS = "['GpuFabricProblem', 'GpuProblem']";
const TAINT_KEY = "'railmedic.io/problem'";
const TAINT_VALUE = "'agent'";
const CONTROLLER = "'railmedic.io/agent'";

/**
 * The node of the pod that the token was issued to. The API server puts it into tokens of pods from Kubernetes 1.30 on
 * (ServiceAccountTokenPodNodeInfo: beta and on in 1.30, GA in 1.32), the release in which this kind of policy became v1.
 */
const TOKEN_NODE = "request.userInfo.?extra[?'authentication.kubernetes.io/node-name'].orValue([''])[0]";

const isNode = "request.resource.resource == 'nodes'";
const isEvent = "request.resource.resource == 'events'";
const isStatus = `${isNode} && request.?subResource.orValue('') == 'status'`;
const isMain = `${isNode} && request.?subResource.orValue('') == ''`;

/** Implication; CEL has none. */
const when = (condition: string, expression: string): string => `!(${condition}) || (${expression})`;
/** Compares what may be missing on either side. `dyn`: the policy does not care which type a field has. */
const same = (...path: readonly string[]): string => {
  const [first = '', ...others] = path;
  const field = (root: string): string => `dyn(${root}).?${[first, ...others].join('.?')}.orValue(null)`;
  return `${field('object')} == ${field('oldObject')}`;
};
/** Every key of a map but one is as it was, and none has come or gone. */
const sameBut = (field: string, but: string): string => {
  const now = `dyn(object).?${field}.orValue({})`;
  const old = `dyn(oldObject).?${field}.orValue({})`;
  const kept = (a: string, b: string): string => `${a}.all(key, key == '${but}' || (key in ${b} && ${a}[key] == ${b}[key]))`;
  return `${kept(now, old)} && ${kept(old, now)}`;
};
const sameWithout = (path: string, item: string, isOurs: string): string => {
  const list = (root: string): string => `dyn(${root}).?${path}.orValue([]).filter(${item}, !(${isOurs}))`;
  return `${list('object')} == ${list('oldObject')}`;
};

interface Validation {
  readonly expression: string;
  readonly message: string;
  readonly messageExpression?: string;
  readonly reason: 'Forbidden';
}

const METADATA_SAME = ['labels', 'annotations', 'finalizers', 'ownerReferences'].map((field) => same('metadata', field)).join(' && ');
/** A field of the Event, or the empty text. */
const eventField = (path: string): string => `dyn(object).?${path}.orValue('')`;

export const VALIDATIONS: readonly Validation[] = [
  {
    expression: "variables.node != ''",
    message: 'the token names no node: railmedic must run in a pod, on Kubernetes 1.30 or later (ServiceAccountTokenPodNodeInfo)',
    reason: 'Forbidden',
  },
  {
    expression: when(isNode, 'request.name == variables.node'),
    message: 'railmedic may write to its own Node only',
    messageExpression: "'railmedic on node ' + variables.node + ' may write to its own Node only, not to ' + request.name",
    reason: 'Forbidden',
  },
  {
    expression: when(isStatus, `${sameWithout('status.?conditions', 'c', `c.type in ${CONDITIONS}`)} && ${sameBut('status', 'conditions')}`),
    message: 'railmedic may change no more of the status of a Node than its conditions GpuFabricProblem and GpuProblem',
    reason: 'Forbidden',
  },
  {
    expression: when(isNode, METADATA_SAME),
    message: 'railmedic may change no labels, annotations, finalizers or owners of a Node',
    reason: 'Forbidden',
  },
  {
    expression: when(
      isMain,
      `${sameWithout('spec.?taints', 't', `t.key == ${TAINT_KEY} && dyn(t).?value.orValue('') == ${TAINT_VALUE}`)} && ` +
        `dyn(object).?spec.?taints.orValue([]).all(t, t.key != ${TAINT_KEY} || t.effect != 'NoExecute') && ${sameBut('spec', 'taints')}`,
    ),
    message: 'railmedic may change no more of a Node than its own taint railmedic.io/problem=agent, never with NoExecute',
    reason: 'Forbidden',
  },
  {
    expression: when(isEvent, `${eventField('reportingController')} == ${CONTROLLER}`),
    message: 'railmedic may write Events in its own name only (reportingController railmedic.io/agent)',
    reason: 'Forbidden',
  },
  {
    expression: when(
      isEvent,
      `(${eventField('regarding.?kind')} == 'Node' && ${eventField('regarding.?name')} == variables.node) || ` +
        `(${eventField('regarding.?kind')} == 'Pod' && ${eventField('regarding.?namespace')} == request.namespace && ` +
        `${eventField('related.?kind')} == 'Node' && ${eventField('related.?name')} == variables.node)`,
    ),
    message: 'railmedic may write Events about its own Node, and about pods in the name of that Node (related), only',
    reason: 'Forbidden',
  },
];

/**
 * Holds the agent to its own node, which RBAC cannot: a stolen token of one node writes nothing about another. It cannot look
 * up where a pod runs; an Event about a pod must name the agent's own Node as `related`, so that nobody is deceived about
 * who says it.
 */
export function admissionPolicyObjects(namespace: string): readonly KubernetesObject[] {
  const labels = { 'app.kubernetes.io/name': NAME };
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const name = 'railmedic-own-node';
  const rule = (apiGroup: string, resources: readonly string[], operations: readonly string[]): object => ({
    apiGroups: [apiGroup],
    apiVersions: ['v1'],
    operations,
    resources,
  });
  return [
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name, labels },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [rule('', ['nodes', 'nodes/status'], ['UPDATE']), rule('events.k8s.io', ['events'], ['CREATE', 'UPDATE'])],
        },
        matchConditions: [{ name: 'is-railmedic', expression: `request.userInfo.username == 'system:serviceaccount:${namespace}:${NAME}'` }],
        variables: [{ name: 'node', expression: TOKEN_NODE }],
        validations: VALIDATIONS,
      },
    },
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name, labels },
      spec: { policyName: name, validationActions: ['Deny'] },
    },
  ];
}
