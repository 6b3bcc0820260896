import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as v from 'valibot';
import { errnoOf, HostError } from './host/errors.ts';
import { readOwnFile, writeOwnFile } from './host/own-files.ts';

/** What must outlive a restart of the agent within one boot: where the kernel log was read to, which devices were seen. */
export interface State {
  readonly bootId: string;
  readonly sequence: number;
  readonly devices: readonly string[];
}

const schema = v.object({ bootId: v.string(), sequence: v.number(), devices: v.array(v.string()) });
const WRITE_EVERY_SECONDS = 10;

/** A small file, one for each node tree, in a directory that outlives the container (hostPath) but not the boot (/run). */
export class StateFile {
  readonly path: string;
  #written: State | undefined;
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
    if (this.#written && JSON.stringify(this.#written) === JSON.stringify(state)) return;
    if (!last && nowSeconds - this.#writtenAt < WRITE_EVERY_SECONDS) return;
    this.#writtenAt = nowSeconds;
    await writeOwnFile(this.path, `${JSON.stringify(state)}\n`);
    this.#written = state;
  }
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
