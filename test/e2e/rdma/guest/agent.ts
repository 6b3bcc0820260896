import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { seconds } from './check.ts';

/** What the scenes read of `/api/v1/report`. */
export interface ReportView {
  readonly takenAt: string;
  readonly sources: readonly { readonly name: string; readonly status: string; readonly why?: string }[];
  readonly findings: readonly FindingView[];
}
export interface FindingView {
  readonly rule: string;
  readonly severity: 'critical' | 'warning' | 'info';
  readonly state: 'firing' | 'unknown' | 'resolved';
  readonly subject: string;
  readonly message: string;
  readonly since: string;
  readonly causes: readonly { readonly cause: string; readonly likelihood: string; readonly why: string }[];
}

const BUNDLE = '/share/dist/railmedic.js';
const ADDRESS = '127.0.0.1:9477';

export interface Exit {
  /** Null if it had to be killed. */
  readonly code: number | null;
  readonly seconds: number;
}

/** The agent as a node runs it, on the guest's own `/`. */
export class Agent {
  readonly #process: ChildProcess;
  readonly #exited: Promise<number | null>;
  readonly logPath: string;

  private constructor(process: ChildProcess, logPath: string) {
    this.#process = process;
    this.#exited = new Promise((resolve) => process.once('exit', resolve));
    this.logPath = logPath;
  }

  /** Resolves when the first look is reported. */
  static async start(name: string, config: string, intervalSeconds: number): Promise<Agent> {
    const logPath = `/share/out/agent-${name}.log`;
    const configPath = `/tmp/config-${name}.yaml`;
    writeFileSync(configPath, config);
    const log = openSync(logPath, 'w');
    const args = ['agent', '--interval', `${intervalSeconds}s`, '--no-imds', '--listen', ADDRESS, '--node-name', 'guest'];
    args.push('--config', configPath, '--state-dir', '/tmp/state', '--log-format', 'json');
    const process = spawn('node', [BUNDLE, ...args], { stdio: ['ignore', log, log] });
    closeSync(log);
    const agent = new Agent(process, logPath);
    await agent.#becomeReady();
    return agent;
  }

  async report(): Promise<ReportView> {
    return JSON.parse(await this.text('/api/v1/report')) as ReportView;
  }

  async text(path: string): Promise<string> {
    const answer = await fetch(`http://${ADDRESS}${path}`, { signal: AbortSignal.timeout(20_000) });
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return await answer.text();
  }

  /** The metrics of the newest look: they are rendered a moment after its report is served. */
  async metrics(): Promise<string> {
    await seconds(0.5);
    return await this.text('/metrics');
  }

  async status(path: string): Promise<number> {
    const answer = await fetch(`http://${ADDRESS}${path}`, { signal: AbortSignal.timeout(20_000) });
    await answer.arrayBuffer();
    return answer.status;
  }

  /** The report of the next look that this agent takes. */
  async nextLook(withinSeconds = 60): Promise<ReportView> {
    const { takenAt } = await this.report();
    const until = Date.now() + withinSeconds * 1000;
    for (;;) {
      await seconds(0.1);
      const report = await this.report();
      if (report.takenAt !== takenAt) return report;
      if (Date.now() > until) throw new Error(`no new look within ${withinSeconds} s: the last was taken at ${takenAt}`);
    }
  }

  /** Looks until a report holds what is asked, at most `looks` times; says how many it took, undefined if none held it. */
  async lookUntil(looks: number, holds: (report: ReportView) => boolean): Promise<{ report: ReportView; looks: number | undefined }> {
    let report = await this.nextLook();
    for (let taken = 1; ; taken += 1) {
      if (holds(report)) return { report, looks: taken };
      if (taken === looks) return { report, looks: undefined };
      report = await this.nextLook();
    }
  }

  async stop(): Promise<Exit> {
    const begun = performance.now();
    this.#process.kill('SIGTERM');
    const force = setTimeout(() => this.#process.kill('SIGKILL'), 30_000);
    const code = await this.#exited;
    clearTimeout(force);
    return { code, seconds: (performance.now() - begun) / 1000 };
  }

  async #becomeReady(): Promise<void> {
    const until = Date.now() + 60_000;
    for (;;) {
      if (this.#process.exitCode !== null) throw new Error(`the agent exited ${this.#process.exitCode}: see ${this.logPath}`);
      try {
        if ((await this.status('/readyz')) === 200) return;
      } catch (error) {
        if (Date.now() > until) throw new Error(`the agent does not answer: see ${this.logPath}`, { cause: error });
      }
      if (Date.now() > until) throw new Error(`the agent is not ready after 60 s: see ${this.logPath}`);
      await seconds(0.2);
    }
  }
}

export function firing(report: ReportView, rule: string, subject?: string): FindingView | undefined {
  return report.findings.find((finding) => finding.state === 'firing' && finding.rule === rule && (subject === undefined || finding.subject === subject));
}

/** Whether the report shows it neither as firing nor as unknown. */
export function isOver(report: ReportView, rule: string, subject?: string): boolean {
  const about = report.findings.filter((finding) => finding.rule === rule && (subject === undefined || finding.subject === subject));
  return about.every((finding) => finding.state === 'resolved');
}

/** Whatever would alert: firing or unknown, of warning or worse. */
export function serious(report: ReportView): readonly string[] {
  return report.findings
    .filter((finding) => finding.state !== 'resolved' && finding.severity !== 'info')
    .map((finding) => `${finding.state} ${finding.rule} ${finding.subject}: ${finding.message}`);
}

/** All findings in one line, for a failed check. */
export function summary(report: ReportView): string {
  const lines = report.findings.map((finding) => `${finding.severity} ${finding.state} ${finding.rule} ${finding.subject}: ${finding.message}`);
  return lines.length === 0 ? 'no findings' : lines.join('; ');
}

/** A sample of the text exposition by its name and labels, in any order of labels. */
export function sample(metrics: string, name: string, labels: Readonly<Record<string, string>>): bigint | undefined {
  for (const line of metrics.split('\n')) {
    if (!line.startsWith(`${name}{`) && !line.startsWith(`${name} `)) continue;
    if (Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`))) return BigInt(line.slice(line.lastIndexOf(' ') + 1));
  }
  return undefined;
}
