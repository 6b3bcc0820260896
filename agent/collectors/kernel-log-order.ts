import type { KmsgRecord } from '../parse/kmsg.ts';

/** A record that is new, and how many were overwritten between it and the one before. */
export interface FreshRecord {
  readonly record: KmsgRecord;
  readonly lostBefore: number;
}

/** The last record that was handed over. After a restart of this process only its sequence number is known. */
export interface LastSeen {
  readonly sequence: number;
  readonly microseconds: number | undefined;
}

/** A log that begins anew with more than this is no log that a kernel could have kept. */
const MAX_BEHIND = 20_000;

/**
 * Tells new records from those seen before, by their sequence numbers. A kernel's only go up; those of a log that was
 * replaced (a plain file, a node that booted again) start over, and then everything in it is new.
 */
export class KernelLogOrder {
  last: LastSeen | undefined;
  /** Whether the log was found to go on from what was seen before this process began: then nothing is judged by its age. */
  continued = false;
  /** Records at or before the last one seen: old, unless the log turns out to have begun anew. */
  #behind: KmsgRecord[] = [];

  constructor(last: LastSeen | undefined) {
    this.last = last;
  }

  take(record: KmsgRecord): readonly FreshRecord[] {
    const { last } = this;
    if (last === undefined) return this.#advance([], record, 0);
    if (record.sequence < last.sequence) {
      if (this.#behind.length < MAX_BEHIND) this.#behind.push(record);
      return [];
    }
    const isSame = last.microseconds === undefined || record.microseconds === last.microseconds;
    const goesOn = record.sequence === last.sequence ? isSame : this.#behind.length === 0 || isLater(record, last);
    if (!goesOn) return this.#advance(this.#behind, record, 0);
    if (last.microseconds === undefined) this.continued = true;
    this.#behind = [];
    return record.sequence === last.sequence ? [] : this.#advance([], record, record.sequence - last.sequence - 1);
  }

  /** To be called at the end of the log: what lies behind the last record, with nothing after it, is a new log. */
  end(): readonly FreshRecord[] {
    const behind = this.#behind;
    const newest = behind.pop();
    return newest === undefined ? [] : this.#advance(behind, newest, 0);
  }

  #advance(restarted: readonly KmsgRecord[], record: KmsgRecord, lostBefore: number): readonly FreshRecord[] {
    this.last = { sequence: record.sequence, microseconds: record.microseconds };
    this.#behind = [];
    return [...restarted.map((old) => ({ record: old, lostBefore: 0 })), { record, lostBefore }];
  }
}

function isLater(record: KmsgRecord, last: LastSeen): boolean {
  return last.microseconds === undefined || record.microseconds >= last.microseconds;
}
