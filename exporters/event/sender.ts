import { ask, statusOf } from '../kubernetes/ask.ts';
import { FIELD_MANAGER, settleSeconds, type KubernetesParts } from '../kubernetes/parts.ts';
import { eventName, eventObject, microTime, type NodeName } from './object.ts';
import { targetKey, type Announcement } from './types.ts';

/** client-go takes the same news within six minutes for one series (tools/events/event_broadcaster.go). */
const SERIES_SECONDS = 360;
/** How much later than its rules could first judge a fault may be old news: looks come late, sources too. */
const OLD_NEWS_SECONDS = 60;

interface Sent {
  readonly name: string;
  readonly namespace: string;
  readonly count: number;
  readonly atSeconds: number;
}

/** Makes one Event, or counts up the one that tells the same. */
export class EventSender {
  readonly #parts: KubernetesParts;
  readonly #startedAt: number;
  readonly #sent = new Map<string, Sent>();
  /** Where Events about Nodes belong: `kube-system` up to Kubernetes 1.20, `default` since. */
  #nodeNamespace = 'default';

  constructor(parts: KubernetesParts) {
    this.#parts = parts;
    this.#startedAt = parts.nowSeconds();
  }

  async send(announcement: Announcement, node: NodeName, at: string, signal: AbortSignal): Promise<void> {
    const now = this.#parts.nowSeconds();
    for (const [key, { atSeconds }] of this.#sent) if (now - atSeconds >= SERIES_SECONDS) this.#sent.delete(key);
    const key = seriesKey(announcement, node);
    const before = this.#sent.get(key);
    const again = before && (await this.#countUp(before, at, now, signal));
    const sent = again ?? (await this.#create(announcement, node, now, signal));
    if (sent) this.#sent.set(key, sent);
  }

  /** Undefined where the Event is gone: the API server keeps them for an hour, or for less. */
  async #countUp({ name, namespace, count }: Sent, at: string, now: number, signal: AbortSignal): Promise<Sent | undefined> {
    const body = { series: { count: count + 1, lastObservedTime: microTime(at) } };
    const call = {
      method: 'PATCH' as const,
      path: `${eventsPath(namespace)}/${encodeURIComponent(name)}`,
      query: { fieldManager: FIELD_MANAGER },
      body,
      contentType: 'application/strategic-merge-patch+json',
    };
    try {
      await ask(this.#parts.api, call, 'patch on events in events.k8s.io', signal);
      return { name, namespace, count: count + 1, atSeconds: now };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  /** Undefined where it had been told before. */
  async #create(announcement: Announcement, node: NodeName, now: number, signal: AbortSignal): Promise<Sent | undefined> {
    const [first] = announcement.findings;
    const rule = this.#parts.rules.find(({ name }) => name === announcement.rule);
    // An event carries its own time; anything else is found anew by an agent that starts, and then its beginning is not known.
    const occasion = rule?.lasts === 'event' ? first.since : '';
    const name = eventName(announcement, node, occasion);
    const sent = await this.#post(announcement, node, name, now, signal);
    if (sent || occasion !== '' || now - this.#startedAt < (rule ? settleSeconds(rule) : 0) + OLD_NEWS_SECONDS) return sent;
    return this.#post(announcement, node, eventName(announcement, node, first.changedAt), now, signal);
  }

  /** Undefined where an Event of this name is there. */
  async #post(announcement: Announcement, node: NodeName, name: string, now: number, signal: AbortSignal): Promise<Sent | undefined> {
    const { target } = announcement;
    const namespace = target.kind === 'Node' ? this.#nodeNamespace : target.namespace;
    const body = eventObject(announcement, node, name, namespace);
    const query = { fieldManager: FIELD_MANAGER };
    try {
      await ask(this.#parts.api, { method: 'POST', path: eventsPath(namespace), query, body }, 'create on events in events.k8s.io', signal);
      return { name, namespace, count: 1, atSeconds: now };
    } catch (error) {
      const status = statusOf(error);
      if (status === 409) return undefined;
      if (status !== 422 || target.kind !== 'Node' || namespace !== 'default') throw error;
      this.#nodeNamespace = 'kube-system';
      return this.#post(announcement, node, name, now, signal);
    }
  }
}

function eventsPath(namespace: string): string {
  return `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/events`;
}

function seriesKey({ type, rule, target, findings }: Announcement, { uid }: NodeName): string {
  return JSON.stringify([type, rule, targetKey(target), uid, findings.map(({ subject }) => subject).toSorted()]);
}
