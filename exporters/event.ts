import type { Exporter, Report } from '../agent/model.ts';
import { Allowance } from './event/allowance.ts';
import type { NodeName } from './event/object.ts';
import { EventSender } from './event/sender.ts';
import { ToldEvents } from './event/told.ts';
import { targetKey, type Announcement } from './event/types.ts';
import { statusOf } from './kubernetes/ask.ts';
import { Delivery } from './kubernetes/delivery.ts';
import { readNode } from './kubernetes/node-object.ts';
import type { KubernetesParts } from './kubernetes/parts.ts';
import type { Floor } from './node-condition/judge.ts';

export interface EventOptions extends KubernetesParts {
  /** Findings from this severity on make Events. */
  readonly severity: Floor;
}

export interface EventExporter extends Exporter {
  /** Resolves when no call is out. */
  settled(): Promise<void>;
}

/** Events of events.k8s.io/v1 when a finding begins, gets worse or ends: on the Node, and on each pod that it concerns. */
export function eventExporter(options: EventOptions): EventExporter {
  const writer = new EventWriter(options);
  return {
    name: 'event',
    publish(report) {
      writer.take(report);
      return Promise.resolve();
    },
    settled: () => writer.delivery.settled(),
    close: () => writer.delivery.close(),
  };
}

class EventWriter {
  readonly delivery: Delivery;
  readonly #options: EventOptions;
  readonly #told: ToldEvents;
  readonly #sender: EventSender;
  readonly #allowance = new Allowance();
  #nodeUid: string | undefined;
  /** As the report last named it; the Node may have been read later. */
  #reportedUid: string | undefined;
  #saidHeldBack = false;

  constructor(options: EventOptions) {
    this.#options = options;
    this.delivery = new Delivery('event', options);
    this.#told = new ToldEvents(options.severity);
    this.#sender = new EventSender(options);
  }

  take(report: Report): void {
    this.#told.see(report);
    if (!this.delivery.isFree) return;
    const due = this.#told.due(report);
    if (due.length > 0) this.delivery.start((signal) => this.#send(due, report, signal));
  }

  async #send(due: readonly Announcement[], report: Report, signal: AbortSignal): Promise<void> {
    const node = await this.#node(report, signal);
    for (const announcement of due) {
      signal.throwIfAborted();
      if (!this.#allowance.take(targetKey(announcement.target), this.#options.nowSeconds())) {
        this.#sayHeldBack();
        continue;
      }
      await this.#sendOne(announcement, node, report.takenAt, signal);
      this.#told.markTold(announcement);
    }
  }

  /** Read once, and again when the report comes to name another: a Node that was deleted and made anew has a new uid. */
  async #node({ snapshot: { pods } }: Report, signal: AbortSignal): Promise<NodeName> {
    const reported = pods.status === 'ok' ? pods.value.node.uid : undefined;
    if (reported !== undefined && reported !== this.#reportedUid) {
      if (reported !== this.#nodeUid) this.#nodeUid = undefined;
      this.#reportedUid = reported;
    }
    this.#nodeUid ??= (await readNode(this.#options, signal)).uid;
    return { name: this.#options.api.nodeName, uid: this.#nodeUid };
  }

  async #sendOne(announcement: Announcement, node: NodeName, at: string, signal: AbortSignal): Promise<void> {
    const { target } = announcement;
    try {
      await this.#sender.send(announcement, node, at, signal);
    } catch (error) {
      if (target.kind !== 'Pod' || !isRefusedForGood(statusOf(error))) throw error;
      this.#options.note('info', `event: none on pod ${target.namespace}/${target.name}`, { error: String(error) });
    }
  }

  #sayHeldBack(): void {
    if (this.#saidHeldBack) return;
    this.#saidHeldBack = true;
    this.#options.note('warn', 'event: findings change more often than Events may be made; what still holds later is told later, said once');
  }
}

/**
 * A pod's namespace that is being deleted takes no Events (403) or is gone (404), an admission webhook refuses with whatever
 * status it likes (400 where it names none): no reason to hold back the others. Excepted is what concerns every call alike.
 */
function isRefusedForGood(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500 && ![401, 408, 429].includes(status);
}
