import type { Exporter } from '../agent/model.ts';
import { ask } from './kubernetes/ask.ts';
import { Delivery } from './kubernetes/delivery.ts';
import { nodePath, readNode, type Taint } from './kubernetes/node-object.ts';
import { FIELD_MANAGER, type KubernetesParts } from './kubernetes/parts.ts';
import type { Status } from './node-condition/memory.ts';
import { CONDITION_TYPES, type ConditionType } from './node-condition/types.ts';

export const TAINT_KEY = 'railmedic.io/problem';
/** Says who set it. A taint of the same key with another value is a person's, and stays. */
export const TAINT_VALUE = 'agent';

export interface TaintOptions extends KubernetesParts {
  /** Never NoExecute: what runs goes on to run. */
  readonly effect: 'NoSchedule' | 'PreferNoSchedule';
  /** How long a condition must be True first. */
  readonly afterSeconds: number;
  /** As this process stands behind them. */
  readonly statuses: () => ReadonlyMap<ConditionType, Status>;
}

export interface TaintExporter extends Exporter {
  /** Resolves when no call is out. */
  settled(): Promise<void>;
}

/**
 * Taints the Node while one of its conditions is True and takes the taint back when all are False: Unknown changes nothing,
 * and neither does the end of the agent. A taint that someone took away is not set again before the condition has cleared.
 */
export function taintExporter(options: TaintOptions): TaintExporter {
  const delivery = new Delivery('taint', options);
  let trueSince: number | undefined;
  /** What the Node is known to have been brought to. */
  let reached: boolean | undefined;
  return {
    name: 'taint',
    publish() {
      const statuses = [...options.statuses().values()];
      const now = options.nowSeconds();
      trueSince = statuses.includes('True') ? (trueSince ?? now) : undefined;
      const wanted = wants(statuses, trueSince === undefined ? 0 : now - trueSince, options.afterSeconds);
      if (wanted === undefined || wanted === reached) return Promise.resolve();
      delivery.start(async (signal) => {
        await bring(options, wanted, signal);
        reached = wanted;
      });
      return Promise.resolve();
    },
    settled: () => delivery.settled(),
    close: () => delivery.close(),
  };
}

/** Undefined: leave it as it is. */
function wants(statuses: readonly Status[], trueSeconds: number, afterSeconds: number): boolean | undefined {
  if (statuses.includes('True')) return trueSeconds >= afterSeconds ? true : undefined;
  return statuses.length === CONDITION_TYPES.length && statuses.every((status) => status === 'False') ? false : undefined;
}

/** Taints are one list that many write: it is replaced only while the Node is still as it was read. */
async function bring(options: TaintOptions, wanted: boolean, signal: AbortSignal): Promise<void> {
  const { taints, resourceVersion } = await readNode(options, signal);
  const ours = ({ key, value }: Taint): boolean => key === TAINT_KEY && value === TAINT_VALUE;
  const isThere = taints.some((taint) => (wanted ? taint.key === TAINT_KEY : ours(taint)));
  if (isThere === wanted) return;
  const next = wanted ? [...taints, { key: TAINT_KEY, value: TAINT_VALUE, effect: options.effect }] : taints.filter((taint) => !ours(taint));
  const path = nodePath(options.api.nodeName);
  const call = {
    method: 'PATCH' as const,
    path,
    query: { fieldManager: FIELD_MANAGER },
    body: { metadata: { resourceVersion }, spec: { taints: next } },
    contentType: 'application/merge-patch+json',
  };
  await ask(options.api, call, 'patch on nodes (only the taint needs it)', signal);
  options.note(wanted ? 'warn' : 'info', wanted ? `the Node is tainted ${TAINT_KEY}=${TAINT_VALUE}:${options.effect}` : `the taint ${TAINT_KEY} is taken back`);
}
