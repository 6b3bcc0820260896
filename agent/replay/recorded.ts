import * as v from 'valibot';
import type { PodResources, Pods } from '../model.ts';

const text = v.string();
const amounts = v.record(text, v.number());
const texts = v.record(text, text);
/** What may be left out is undefined in the model, and JSON has no word for that. */
const pod = v.looseObject({
  namespace: text,
  name: text,
  uid: text,
  requests: amounts,
  claims: v.array(text),
  phase: text,
  hostNetwork: v.boolean(),
  conditions: v.array(v.looseObject({ type: text, status: text })),
  containers: v.array(
    v.looseObject({ name: text, isInit: v.boolean(), ready: v.boolean(), restarts: v.number(), probes: v.array(v.looseObject({ kind: text, what: text })) }),
  ),
});
const node = v.looseObject({
  name: text,
  labels: texts,
  taints: v.array(v.looseObject({ key: text, value: text, effect: text })),
  isCordoned: v.boolean(),
  allocatable: amounts,
});
const holder = v.strictObject({ namespace: text, pod: text, container: text, resource: text, deviceIds: v.array(text), isClaim: v.boolean() });

/** `pods` of capture.json: what the collector of that name hands over. */
export const podsSchema = v.pipe(
  v.looseObject({ seenAt: text, node, pods: v.array(pod), gone: v.optional(v.array(pod), []), free: amounts, unscheduled: v.array(pod) }),
  v.transform((value) => value as unknown as Pods),
);
/** `podResources` of capture.json. */
export const podResourcesSchema = v.pipe(
  v.strictObject({ holders: v.array(holder) }),
  v.transform((value): PodResources => value),
);
