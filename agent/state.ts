import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as v from 'valibot';
import { errnoOf, HostError } from './host/errors.ts';
import { readOwnFile, writeOwnFile } from './host/own-files.ts';
import type { KernelLogPosition } from './collectors/kernel-log.ts';
import type { Report } from './model.ts';
import type { RememberedEvent } from './standing.ts';

/** What must outlive a restart of the agent within one boot: where the kernel log was read to, which devices and events were seen, the node's group. */
export interface State {
  readonly bootId: string;
  /** Of the last record of the kernel log; undefined where none was ever read, as without the right to it. */
  readonly sequence?: number | undefined;
  readonly devices: readonly string[];
  readonly events: readonly RememberedEvent[];
  readonly nodeGroup?: string | undefined;
}

const texts = v.pipe(v.array(v.string()), v.readonly());
const cause = v.object({ cause: v.string(), likelihood: v.picklist(['confirmed', 'likely', 'possible']), why: v.string(), check: texts, fix: texts });
const symptom = v.object({
  subject: v.string(),
  message: v.string(),
  evidence: v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), texts])),
  causes: v.exactOptional(v.pipe(v.array(cause), v.readonly())),
  title: v.exactOptional(v.string()),
  severity: v.exactOptional(v.picklist(['critical', 'warning', 'info'])),
  happenedAt: v.exactOptional(v.string()),
});
const event = v.object({ rule: v.string(), symptom, since: v.string(), changedAt: v.string(), lastAt: v.string(), count: v.number() });
// Agents before 0.2 kept no events.
const schema = v.object({ bootId: v.string(), sequence: v.optional(v.number()), devices: v.array(v.string()), events: v.optional(v.array(event), []), nodeGroup: v.optional(v.string()) });
/** A storm of Xids on sixteen GPUs stays far below; the newest are kept. */
const MAX_EVENTS = 500;
const WRITE_EVERY_SECONDS = 10;

/** A small file, one for each node tree, in a directory that outlives the container (hostPath) but not the boot (/run). */
export class StateFile {
  readonly path: string;
  #written: string | undefined;
  #writtenAt = -Infinity;

  constructor(directory: string, hostRoot: string) {
    const tree = createHash('sha256').update(hostRoot).digest('hex').slice(0, 8);
    this.path = join(directory, `state-${tree}.json`);
  }

  /** The state of this boot; undefined when there is none yet. Throws when the file is there and cannot be used. */
  async read(bootId: string | undefined): Promise<State | undefined> {
    let text: string;
    try {
      text = await readOwnFile(this.path);
    } catch (error) {
      if (error instanceof HostError && error.code === 'ENOENT') return undefined;
      throw error;
    }
    const state = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
    if (!state.success) throw new Error(`cannot use ${this.path}: ${state.issues[0].message}; it is written anew`);
    return state.output.bootId === bootId ? state.output : undefined;
  }

  /** Writes what changed, at most every ten seconds; `last` writes in any case. */
  async write(state: State, nowSeconds: number, last = false): Promise<void> {
    if (!last && nowSeconds - this.#writtenAt < WRITE_EVERY_SECONDS) return;
    const text = JSON.stringify({ ...state, events: state.events.slice(-MAX_EVENTS) }, exactOrText);
    if (this.#written === text) return;
    this.#writtenAt = nowSeconds;
    await writeOwnFile(this.path, `${text}\n`);
    this.#written = text;
  }
}

/**
 * What this run leaves to the next, `before` being what it was left itself: that holds as long as nothing newer was seen.
 * Undefined where nobody knows the boot, without which it could be told to another.
 */
export function stateNow(report: Report | undefined, position: KernelLogPosition | undefined, events: readonly RememberedEvent[], before: State | undefined): State | undefined {
  const { host, infiniband } = report?.snapshot ?? {};
  const bootId = (host?.status === 'ok' ? host.value.bootId : undefined) ?? position?.bootId ?? before?.bootId;
  if (bootId === undefined) return undefined;
  const known = before?.bootId === bootId ? before : undefined;
  const seen = infiniband?.status === 'ok' ? infiniband.value : undefined;
  return {
    bootId,
    sequence: position?.bootId === bootId ? position.sequence : known?.sequence,
    devices: seen ? [...seen.devices.map((device) => device.name), ...seen.vanished].toSorted() : [...(known?.devices ?? [])],
    events,
    nodeGroup: report ? report.nodeGroup : before?.nodeGroup,
  };
}

/** As the report writes it: a bigint leaves as a number where that is exact. */
function exactOrText(_key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
}

/** Whether the directory takes a file; the reason when it does not. */
export async function whyNotWritable(directory: string): Promise<string | undefined> {
  try {
    await writeOwnFile(join(directory, 'probe'), '');
    return undefined;
  } catch (error) {
    return error instanceof HostError ? error.message : errnoOf(error);
  }
}
