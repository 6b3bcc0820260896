import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** USER_HZ: what /proc/<pid>/stat counts in, whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100;
const keepAlive = new Agent({ keepAlive: true, maxSockets: 1 });

/** The command that a program's first line makes of it when it is called by its name, with this very Node.js. */
export function commandOf(program: string): readonly [string, ...string[]] {
  const words = readFileSync(program, 'utf8').split('\n', 1)[0]?.split(' ').slice(2) ?? [];
  return ['env', ...words.map((word) => (word === 'node' ? process.execPath : word)), program];
}

/** A server under measurement. */
export class Child {
  readonly name: string;
  readonly #url: string;
  readonly #process: ChildProcess;
  #said = '';

  constructor(name: string, port: number, command: readonly [string, ...string[]]) {
    this.name = name;
    this.#url = `http://127.0.0.1:${port}/metrics`;
    const [path, ...args] = command;
    this.#process = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (text: Buffer) => (this.#said = `${this.#said}${text.toString()}`.slice(-2000)));
    }
  }

  /** Waits until it answers; throws with what it said when it does not within 20 s. */
  async ready(): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      if (this.#process.exitCode !== null) break;
      const answered = await this.scrape().catch(() => undefined);
      if (answered?.includes('infiniband') === true) return;
      await delay(200);
    }
    throw new Error(`${this.name} does not answer at ${this.#url}; it said:\n${this.#said}`);
  }

  scrape(): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = get(this.#url, { agent: keepAlive }, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () => resolve(Buffer.concat(pieces).toString()));
      });
      request.on('error', reject);
    });
  }

  /** User and system time so far. */
  cpuMs(): number {
    const fields = readFileSync(`/proc/${this.#process.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1000;
  }

  residentMB(): number {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.#process.pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes) / 1024;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill();
    await ended;
  }
}
