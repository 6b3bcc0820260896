import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LAB = join(import.meta.dirname, 'lab');

/** The API server's address on the loopback device (lab/where.sh). */
export const API_URL = 'https://10.96.0.1';
export const NODE = 'node1';
export const NODE_IP = '10.77.0.1';

/** A real cluster of one node (lab/), and the person who administers it. */
export class Cluster {
  readonly #environment: NodeJS.ProcessEnv;
  readonly state: string;

  constructor(work: string) {
    this.state = join(work, 'state');
    this.#environment = { ...process.env, KUBE_WORK: work, KUBECONFIG: join(this.state, 'pki/admin.conf'), PATH: `${join(work, 'bin')}:${process.env['PATH']}` };
  }

  /** A script of lab/, its output shown. */
  lab(script: string, ...args: readonly string[]): void {
    execFileSync('bash', [join(LAB, script), ...args], { stdio: ['ignore', 'inherit', 'inherit'], env: this.#environment });
  }

  /** Standard output of kubectl as administrator; rejects with what it said on standard error. */
  async kubectl(...args: readonly string[]): Promise<string> {
    return (await run('kubectl', [...args], { env: this.#environment, maxBuffer: 64 << 20 })).stdout;
  }

  async apply(objects: unknown): Promise<string> {
    const child = run('kubectl', ['apply', '-f', '-'], { env: this.#environment, maxBuffer: 64 << 20 });
    child.child.stdin?.end(typeof objects === 'string' ? objects : JSON.stringify(objects));
    return (await child).stdout;
  }

  async json<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.kubectl(...args, '-o', 'json')) as T;
  }

  caFile(): string {
    return join(this.state, 'pki/ca.crt');
  }

  /** What the API server was asked, oldest first (its audit log). */
  audit(): readonly AuditEvent[] {
    const path = join(this.state, 'log/audit.jsonl');
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').split('\n').filter((line) => line.endsWith('}'));
    return lines.map((line) => JSON.parse(line) as AuditEvent);
  }
}

export interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly stage: string;
  readonly requestReceivedTimestamp: string;
  readonly responseStatus?: { readonly code: number };
}
