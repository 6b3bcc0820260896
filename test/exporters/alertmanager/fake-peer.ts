import { alertmanagerExporter, type AlertmanagerExporter, type AlertmanagerOptions, type PostAnswer } from '../../../exporters/alertmanager.ts';

export interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL?: string;
}

/** When the clock of these tests begins. */
export const BEGIN = Date.parse('2026-11-23T20:01:05.000Z');

/** Time that passes when a test says so. */
export class FakeClock {
  #nowMs = 0;
  readonly #timers = new Set<{ readonly atMs: number; readonly run: () => void }>();
  readonly random = (): number => 1;
  readonly wallMs = (): number => BEGIN + this.#nowMs;
  readonly monotonicMs = (): number => this.#nowMs;

  readonly later = (ms: number, run: () => void): (() => void) => {
    const timer = { atMs: this.#nowMs + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Runs what falls due on the way, and lets it finish. */
  async pass(seconds: number): Promise<void> {
    const endMs = this.#nowMs + seconds * 1000;
    for (;;) {
      const [next] = [...this.#timers].filter(({ atMs }) => atMs <= endMs).toSorted((a, b) => a.atMs - b.atMs);
      if (!next) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
      await settled();
    }
    this.#nowMs = endMs;
  }
}

/** When everything that is ready to run has run. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** An Alertmanager behind a function: answers as it is told and keeps what it took. */
export class FakePeer {
  answer: (alerts: readonly PostedAlert[]) => PostAnswer | Promise<PostAnswer> = () => ({ status: 200, body: '' });
  attempts = 0;
  /** Bodies that it answered with success. */
  readonly taken: (readonly PostedAlert[])[] = [];
  readonly name: string;

  constructor(name = 'http://alertmanager:9093') {
    this.name = name;
  }

  readonly post = async (body: string): Promise<PostAnswer> => {
    this.attempts += 1;
    const alerts = JSON.parse(body) as readonly PostedAlert[];
    const answer = await this.answer(alerts);
    if (answer.status === 200) this.taken.push(alerts);
    return answer;
  };

  /** What it took since it was last asked: `rule subject until` for each. */
  heard(): readonly string[] {
    return this.taken.splice(0).flat().map(({ labels, endsAt }) => `${labels['alertname']} ${labels['subject']} until ${endsAt.slice(11, 19)}`);
  }
}

export interface Setup {
  readonly exporter: AlertmanagerExporter;
  readonly clock: FakeClock;
  readonly notes: string[];
  readonly failures: () => number;
}

export function setUp(peers: readonly FakePeer[], options: Partial<AlertmanagerOptions> = {}): Setup {
  const clock = new FakeClock();
  const notes: string[] = [];
  let failures = 0;
  const exporter = alertmanagerExporter({
    peers,
    labels: { cluster: 'prod-1' },
    refreshSeconds: 60,
    intervalSeconds: 5,
    clock,
    note: (level, message, fields) => notes.push(`${level} ${message} ${JSON.stringify(fields)}`),
    onFailure: () => (failures += 1),
    ...options,
  });
  return { exporter, clock, notes, failures: () => failures };
}
