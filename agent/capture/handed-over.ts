import type { PodResources, Pods, SourceName } from '../model.ts';
import type { Mask } from '../parse/mask.ts';
import type { CaptureFacts } from './layout.ts';

/** Labels that say what kind of node it is; the others are the owner's and can say anything. */
const KEPT_LABELS = /^(node\.kubernetes\.io\/instance-type|topology\.kubernetes\.io\/(region|zone)|kubernetes\.io\/(arch|os)|karpenter\.sh\/.*|eks\.amazonaws\.com\/(nodegroup|capacityType))$/;

/** What sources handed over that are neither files nor programs: the last of each. */
export class HandedOver {
  #pods: Pods | undefined;
  #podResources: PodResources | undefined;

  note(name: SourceName, value: unknown): void {
    if (name === 'pods') this.#pods = value as Pods;
    if (name === 'pod-resources') this.#podResources = value as PodResources;
  }

  /** For capture.json. Names of pods and jobs stay, as they do in the report; what containers said is masked like a command line. */
  facts(mask: Mask | undefined): Pick<CaptureFacts, 'pods' | 'podResources'> {
    const pods = this.#pods && { ...this.#pods, node: { ...this.#pods.node, labels: keptLabels(this.#pods.node.labels) } };
    return {
      ...(pods && { pods: masked(pods, mask) as NonNullable<CaptureFacts['pods']> }),
      ...(this.#podResources && { podResources: masked(this.#podResources, mask) as NonNullable<CaptureFacts['podResources']> }),
    };
  }
}

function keptLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => KEPT_LABELS.test(key)));
}

function masked(value: unknown, mask: Mask | undefined): unknown {
  if (typeof value === 'string') return mask?.commandLine(value) ?? value;
  if (Array.isArray(value)) return value.map((item) => masked(item, mask));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, masked(item, mask)]));
}
