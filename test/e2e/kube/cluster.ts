import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Api } from './api.ts';

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
  #api: Api | undefined;

  constructor(work: string) {
    this.state = join(work, 'state');
    this.#environment = { ...process.env, KUBE_WORK: work, KUBECONFIG: join(this.state, 'pki/admin.conf'), PATH: `${join(work, 'bin')}:${process.env['PATH']}` };
  }

  /** As its administrator. */
  get api(): Api {
    this.#api ??= new Api(API_URL, this.pki, { certificate: 'admin' });
    return this.#api;
  }

  get pki(): string {
    return join(this.state, 'pki');
  }

  /** A script of lab/, its output shown. Rejects where it fails. */
  async lab(script: string, ...args: readonly string[]): Promise<void> {
    // Its own process group: an interrupt at the terminal is ours to answer, with `down`.
    const child = spawn('bash', [join(LAB, script), ...args], { stdio: ['ignore', 'inherit', 'inherit'], env: this.#environment, detached: true });
    const [status] = (await once(child, 'exit')) as [number | null];
    if (status !== 0) throw new Error(`lab/${script} ${args.join(' ')} ended with status ${status}`);
  }

  /** There is one address for the API server, and one for the node. Throws where they are taken. */
  refuseSecond(): void {
    const taken = execFileSync('ip', ['-4', 'addr', 'show', 'dev', 'lo'], { encoding: 'utf8' }).includes(` ${new URL(API_URL).hostname}/`);
    if (taken) throw new Error(`a cluster is up already: KUBE_WORK=${dirname(this.state)} ${join(LAB, 'cluster.sh')} down`);
  }

  /** For the last moment. */
  down(): void {
    execFileSync('bash', [join(LAB, 'cluster.sh'), 'down'], { stdio: 'inherit', env: this.#environment });
  }

  /** Standard output of a program of the lab (kubectl, ctr, etcdctl), as administrator; rejects with what it said. */
  async program(name: string, ...args: readonly string[]): Promise<string> {
    return (await run(name, [...args], { env: this.#environment, maxBuffer: 64 << 20 })).stdout;
  }

  async kubectl(...args: readonly string[]): Promise<string> {
    return this.program('kubectl', ...args);
  }

  /** Without client-side validation: manifests have fields that came after the lab's 1.20, and the server leaves them out. */
  async apply(objects: readonly object[]): Promise<string> {
    const child = run('kubectl', ['apply', '--validate=false', '-f', '-'], { env: this.#environment, maxBuffer: 64 << 20 });
    child.child.stdin?.end(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    return (await child).stdout;
  }

  caFile(): string {
    return join(this.pki, 'ca.crt');
  }

  /** The lines of the API server's audit log with this text in them, oldest first; a watch is there once it has ended. */
  audit(text: string): readonly AuditEvent[] {
    const path = join(this.state, 'log/audit.jsonl');
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').split('\n').filter((line) => line.includes(text) && line.endsWith('}'));
    return lines.map((line) => JSON.parse(line) as AuditEvent);
  }
}

export interface AuditEvent {
  readonly auditID: string;
  readonly verb: string;
  readonly requestURI: string;
  /** Empty where nobody was known. */
  readonly user: { readonly username?: string };
  readonly userAgent?: string;
  readonly stage: string;
  readonly requestReceivedTimestamp: string;
  readonly responseStatus?: { readonly code: number };
}
