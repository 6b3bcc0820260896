import * as v from 'valibot';
import type { KubernetesParts } from './parts.ts';
import { FIELD_MANAGER } from './parts.ts';
import { ask } from './ask.ts';

const conditionSchema = v.object({
  type: v.string(),
  status: v.string(),
  reason: v.nullish(v.string(), ''),
  message: v.nullish(v.string(), ''),
  lastHeartbeatTime: v.nullish(v.string()),
  lastTransitionTime: v.nullish(v.string()),
});
const taintSchema = v.looseObject({ key: v.string(), value: v.optional(v.string()), effect: v.string() });
const nodeSchema = v.object({
  metadata: v.object({ uid: v.optional(v.string(), ''), resourceVersion: v.optional(v.string(), '') }),
  spec: v.optional(v.object({ taints: v.nullish(v.array(taintSchema)) }), {}),
  status: v.optional(v.object({ conditions: v.nullish(v.array(conditionSchema)) }), {}),
});

export type StandingCondition = v.InferOutput<typeof conditionSchema>;
export type Taint = v.InferOutput<typeof taintSchema>;

/** What of the Node object concerns us. */
export interface NodeObject {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly conditions: readonly StandingCondition[];
  readonly taints: readonly Taint[];
}

function parseNode(value: unknown, path: string): NodeObject {
  const parsed = v.safeParse(nodeSchema, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new Error(`cannot read the Node in the answer to ${path}: ${v.getDotPath(issue) ?? 'it'}: got ${issue.received}, expected ${issue.expected ?? 'something else'}`);
  }
  const { metadata, spec, status } = parsed.output;
  return { ...metadata, conditions: status.conditions ?? [], taints: spec.taints ?? [] };
}

export function nodePath(nodeName: string): string {
  return `/api/v1/nodes/${encodeURIComponent(nodeName)}`;
}

export async function readNode({ api }: Pick<KubernetesParts, 'api'>, signal: AbortSignal): Promise<NodeObject> {
  const path = nodePath(api.nodeName);
  return parseNode(await ask(api, { method: 'GET', path }, 'get on nodes', signal), `GET ${path}`);
}

/** Strategic merge: a list of conditions is merged by `type`, so that nobody else's entry is sent, let alone changed. */
export async function patchStatus({ api }: Pick<KubernetesParts, 'api'>, conditions: readonly object[], signal: AbortSignal): Promise<NodeObject> {
  const path = `${nodePath(api.nodeName)}/status`;
  const answer = await ask(
    api,
    {
      method: 'PATCH',
      path,
      query: { fieldManager: FIELD_MANAGER },
      body: { status: { conditions } },
      contentType: 'application/strategic-merge-patch+json',
    },
    'patch on nodes/status',
    signal,
  );
  return parseNode(answer, `PATCH ${path}`);
}
