import type { Exporter, Report } from '../agent/model.ts';
import { Allowance } from './event/allowance.ts';
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
  #saidHeldBack = false;

  constructor(options: EventOptions) {
    this.#options = options;
    this.delivery = new Delivery('event', options);
    this.#told = new ToldEvents(options.severity);
    this.#sender = new EventSender(options);
  }

  take(report: Report): void {
    if (!this.delivery.isFree) return;
    const due = this.#told.due(report);
    if (due.length > 0) this.delivery.start((signal) => this.#send(due, report, signal));
  }

  async #send(due: readonly Announcement[], report: Report, signal: AbortSignal): Promise<void> {
    const name = this.#options.api.nodeName;
    this.#nodeUid ??= (await readNode(this.#options, signal)).uid;
    for (const announcement of due) {
      signal.throwIfAborted();
      if (!this.#allowance.take(targetKey(announcement.target), this.#options.nowSeconds())) {
        this.#sayHeldBack();
        continue;
      }
      await this.#sendOne(announcement, { name, uid: this.#nodeUid }, report.takenAt, signal);
      this.#told.markTold(announcement);
    }
  }

  async #sendOne(announcement: Announcement, node: { readonly name: string; readonly uid: string }, at: string, signal: AbortSignal): Promise<void> {
    const { target } = announcement;
    try {
      await this.#sender.send(announcement, node, at, signal);
    } catch (error) {
      // A pod's namespace that is being deleted takes no Events (403), or is gone (404): no reason to hold back the others.
      const isPodGone = target.kind === 'Pod' && [403, 404].includes(statusOf(error) ?? 0);
      if (!isPodGone) throw error;
      this.#options.note('info', `event: none on pod ${target.namespace}/${target.name}`, { error: String(error) });
    }
  }

  #sayHeldBack(): void {
    if (this.#saidHeldBack) return;
    this.#saidHeldBack = true;
    this.#options.note('warn', 'event: findings change more often than Events may be made; what still holds later is told later, said once');
  }
}
