import type { Exporter, Report } from '../agent/model.ts';
import { statusOf } from './kubernetes/ask.ts';
import { Delivery } from './kubernetes/delivery.ts';
import { patchStatus, readNode, type NodeObject } from './kubernetes/node-object.ts';
import type { KubernetesParts } from './kubernetes/parts.ts';
import { Judge, type Floor } from './node-condition/judge.ts';
import { ConditionMemory, type Status, type Wanted } from './node-condition/memory.ts';
import { SUBJECTS, type ConditionType } from './node-condition/types.ts';
import { clock } from './words.ts';

export interface NodeConditionOptions extends KubernetesParts {
  /** Findings from this severity on make a condition True. */
  readonly severity: Floor;
}

export interface NodeConditionExporter extends Exporter {
  /** What this process stands behind; a condition that it has not judged yet is not in it. */
  statuses(): ReadonlyMap<ConditionType, Status>;
  /** Resolves when no call is out. */
  settled(): Promise<void>;
}

const HEARTBEAT_SECONDS = 300;
/** Other findings under the same status are worth a request, but not one at every look. */
const TEXT_CHANGE_SECONDS = 60;

/**
 * Keeps the two conditions of this Node. They are not taken back when the agent ends: whoever reads them sees by
 * `lastHeartbeatTime` that nobody has looked for longer than five minutes.
 */
export function nodeConditionExporter(options: NodeConditionOptions): NodeConditionExporter {
  const writer = new ConditionWriter(options);
  return {
    name: 'node-condition',
    publish(report) {
      writer.take(report);
      return Promise.resolve();
    },
    statuses: () => writer.statuses(),
    settled: () => writer.delivery.settled(),
    close: () => writer.delivery.close(),
  };
}

class ConditionWriter {
  readonly delivery: Delivery;
  readonly #options: NodeConditionOptions;
  readonly #conditions: readonly { readonly judge: Judge; readonly memory: ConditionMemory }[];
  /** Whether it is known what stood on the Node. */
  #isAdopted = false;
  #written = new Map<ConditionType, Wanted>();
  #writtenAt = -Infinity;
  #heartbeatAt = -Infinity;
  #saidForeign = false;

  constructor(options: NodeConditionOptions) {
    this.#options = options;
    this.delivery = new Delivery('node-condition', options);
    this.#conditions = SUBJECTS.map((subject) => ({
      judge: new Judge(subject, options.severity, options.rules),
      memory: new ConditionMemory(subject, options.severity, options.rules),
    }));
  }

  statuses(): ReadonlyMap<ConditionType, Status> {
    return new Map(this.#conditions.flatMap(({ memory }) => (memory.ours ? [[memory.subject.type, memory.ours.status] as const] : [])));
  }

  take(report: Report): void {
    const now = this.#options.nowSeconds();
    const verdicts = this.#conditions.map(({ judge, memory }) => ({ memory, verdict: judge.judge(report, now) }));
    if (!this.#isAdopted) return this.delivery.start((signal) => this.#adopt(report, signal));
    for (const { memory, verdict } of verdicts) memory.next(verdict, report, now);
    if (this.delivery.isFree && this.#isDue(now)) this.delivery.start((signal) => this.#write(report, signal));
  }

  async #adopt(report: Report, signal: AbortSignal): Promise<void> {
    const { conditions } = await readNode(this.#options, signal);
    for (const { memory } of this.#conditions) {
      memory.adopt(conditions.find(({ type }) => type === memory.subject.type), report.takenAt);
    }
    this.#written.clear();
    this.#isAdopted = true;
  }

  #wanted(): readonly (readonly [ConditionType, Wanted])[] {
    return this.#conditions.flatMap(({ memory }) => (memory.ours ? [[memory.subject.type, memory.ours] as const] : []));
  }

  #isDue(now: number): boolean {
    const wanted = this.#wanted();
    const turned = wanted.some(([type, { status }]) => this.#written.get(type)?.status !== status);
    const changed = wanted.some(([type, { reason, identity, lastTransitionTime }]) => {
      const written = this.#written.get(type);
      return written?.reason !== reason || written.identity !== identity || written.lastTransitionTime !== lastTransitionTime;
    });
    if (wanted.length === 0) return false;
    return turned || (changed && now - this.#writtenAt >= TEXT_CHANGE_SECONDS) || now >= this.#heartbeatAt;
  }

  async #write(report: Report, signal: AbortSignal): Promise<void> {
    const wanted = this.#wanted();
    try {
      const node = await patchStatus(this.#options, wanted.map(([type, one]) => this.#entry(type, one, report)), signal);
      this.#acknowledge(wanted, node);
    } catch (error) {
      // A Node that is made anew has none of our entries: what stands there is asked again.
      if (statusOf(error) === 404) this.#isAdopted = false;
      throw error;
    }
  }

  /** Without the time of transition where the server has it: so nothing can move it, not even a second agent. */
  #entry(type: ConditionType, { status, reason, message, lastTransitionTime }: Wanted, report: Report): object {
    const isKnown = this.#written.get(type)?.lastTransitionTime === lastTransitionTime;
    return { type, status, reason, message, lastHeartbeatTime: clock(report.takenAt), ...(!isKnown && { lastTransitionTime }) };
  }

  #acknowledge(wanted: readonly (readonly [ConditionType, Wanted])[], node: NodeObject): void {
    const now = this.#options.nowSeconds();
    this.#writtenAt = now;
    this.#heartbeatAt = now + HEARTBEAT_SECONDS * (0.9 + 0.2 * this.#options.random());
    for (const [type, one] of wanted) {
      const stands = node.conditions.find((condition) => condition.type === type)?.lastTransitionTime ?? '';
      this.#written.set(type, { ...one, lastTransitionTime: stands });
      if (stands !== '' && stands !== one.lastTransitionTime) this.#sayForeign(type, stands);
    }
  }

  #sayForeign(type: ConditionType, stands: string): void {
    if (this.#saidForeign) return;
    this.#saidForeign = true;
    const { nodeName } = this.#options.api;
    this.#options.note('warn', `someone else turned the condition ${type} of Node ${nodeName} at ${stands}: do two agents speak for it? said once`);
  }
}
