import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Absent, type Collector } from './collector.ts';
import type { Host } from './host.ts';
import { makeDirectory, writeLink, writeText } from './host/write.ts';
import { layOut, type CaptureEntry, type CaptureFacts, type CaptureLook } from './capture/layout.ts';
import { SeenNode } from './capture/look.ts';
import { maskLook } from './capture/masked.ts';
import type { Exchanges } from './capture/notes.ts';
import { HandedOver } from './capture/handed-over.ts';
import { Recorder } from './capture/recorder.ts';
import type { SourceName, Sources } from './model.ts';
import { createMask, type Mask, type Masked } from './parse/mask.ts';

export interface CaptureOptions {
  /** Fresh ones: what they read is what the capture holds, and some read a thing only once. */
  readonly collectors: readonly Collector[];
  readonly seconds: number;
  readonly interval: number;
  /** Identifiers are replaced by placeholders. IMDS tokens are left out even without it. */
  readonly mask: boolean;
  readonly description?: string;
  readonly signal?: AbortSignal;
  onProgress?(progress: { readonly look: number; readonly looks: number }): void;
}

export interface CaptureSummary {
  readonly files: number;
  readonly looks: number;
  readonly masked: readonly Masked[];
  /** What could not be read: a source or a path, and why. */
  readonly errors: readonly { readonly what: string; readonly error: string }[];
}

/** Read for the person who opens the capture; no collector asks for them. */
const FOR_PEOPLE = ['/etc/os-release', '/proc/version', '/proc/sys/kernel/osrelease'];

/**
 * Records the node into a new or an empty directory, as everything that reads a node can replay it: runs the collectors
 * over the given time and writes what they read. Two looks at least, so that counters move. When the signal aborts, what
 * was seen so far is written.
 */
export async function recordCapture(host: Host, directory: string, options: CaptureOptions): Promise<CaptureSummary> {
  await makeDirectory(directory);
  const recorder = new Recorder(host);
  const seen = new SeenNode(host);
  const handedOver = new HandedOver();
  const looks: CaptureLook[] = [];
  const failures = new Map<string, string>();
  const takenAt = host.wallTime();
  const count = Math.max(2, Math.floor(options.seconds / options.interval) + 1);
  const start = performance.now();
  for (let index = 0; index < count && !(index > 0 && options.signal?.aborted); index += 1) {
    const seconds = Math.round(performance.now() - start) / 1000;
    await takeLook(recorder.host, options.collectors, index, failures, handedOver);
    const remade = await seen.add(recorder.take());
    looks.push({ seconds, entries: new Map(seen.entries), errors: seen.errors, remade });
    options.onProgress?.({ look: index + 1, looks: count });
    const wait = start + (index + 1) * options.interval * 1000 - performance.now();
    if (index + 1 < count) await delay(Math.max(wait, 1), undefined, { signal: options.signal }).catch(() => undefined);
  }
  const mask = options.mask ? createMask([host.hostname()]) : undefined;
  const facts = { ...describe(host, takenAt, recorder.exchanges, options.description, mask), ...handedOver.facts(mask) };
  const masked = looks.map((look) => maskLook(look, mask));
  const counts = mask?.counts() ?? [];
  const files = layOut(masked, { ...facts, ...(counts.length > 0 && { masked: counts.map((entry) => ({ ...entry })) }) });
  await writeCapture(directory, files);
  const unread = Object.entries(masked.at(-1)?.errors ?? {}).map(([what, error]) => ({ what, error }));
  const errors = [...failures].map(([what, error]) => ({ what, error: mask?.text(error) ?? error }));
  return { files: files.size, looks: looks.length, masked: counts, errors: [...errors, ...unread] };
}

/** Writes the files of a capture below a directory that holds none of them. */
export async function writeCapture(directory: string, files: ReadonlyMap<string, CaptureEntry>): Promise<void> {
  for (const [path, entry] of files) {
    if ('text' in entry) await writeText(join(directory, path), entry.text);
    else if ('link' in entry) await writeLink(join(directory, path), entry.link);
  }
}

/** Slow sources are read at the first look only, as often as the agent would in so short a time. */
async function takeLook(
  host: Host,
  collectors: readonly Collector[],
  index: number,
  failures: Map<string, string>,
  handedOver: HandedOver,
): Promise<void> {
  const due = collectors.filter((collector) => index === 0 || collector.schedule === undefined);
  const extras = index === 0 ? FOR_PEOPLE.map((path) => host.readText(path).catch(() => '')) : [];
  await Promise.all([
    ...extras,
    ...due.map(async (collector) => {
      try {
        handedOver.note(collector.name, await within(collector, host));
      } catch (error) {
        if (!(error instanceof Absent)) failures.set(collector.name, error instanceof Error ? error.message : String(error));
      }
    }),
  ]);
}

/** A collector that hangs on a sick card is left behind. */
async function within(collector: Collector, host: Host): Promise<Sources[SourceName]> {
  const signal = AbortSignal.timeout(collector.timeoutSeconds * 1000);
  const { promise, reject } = Promise.withResolvers<never>();
  const late = (): void => reject(new Error(`no answer within ${collector.timeoutSeconds} s`));
  signal.addEventListener('abort', late, { once: true });
  try {
    return await Promise.race([collector.collect(host, signal), promise]);
  } finally {
    signal.removeEventListener('abort', late);
  }
}

function describe(host: Host, takenAt: Date, exchanges: Exchanges, description: string | undefined, mask: Mask | undefined): CaptureFacts {
  const text = (value: string): string => mask?.text(value) ?? value;
  const spoken = (value: string): string => mask?.commandLine(value) ?? value;
  return {
    description: description ?? 'Recorded by railmedic capture.',
    takenAt: takenAt.toISOString(),
    hostname: mask?.hostname(host.hostname()) ?? host.hostname(),
    interfaces: host.interfaces().map(({ name, address, mac, internal }) => ({
      name: text(name),
      address: text(address),
      ...(mac !== undefined && { mac: text(mac) }),
      internal,
    })),
    http: [...exchanges.http.values()]
      .toSorted((a, b) => (a.url < b.url ? -1 : 1))
      .map(({ method, url, answer }) => ({ method, url: text(url), ...httpAnswer(url, answer, text) })),
    commands: [...exchanges.commands.values()].map(({ path, args, stdout, stderr, exitCode }) => ({
      program: basename(path),
      args: args.map(spoken),
      stdout: spoken(stdout),
      stderr: spoken(stderr),
      exitCode,
    })),
    probes: [...exchanges.probes].map(([path, error]) => ({ path: text(path), ...(error !== undefined && { error }) })),
  };
}

type HttpFacts = { status: number; body: string } | { error: string };

/** An IMDS token opens the instance's credentials for up to six hours. */
function httpAnswer(url: string, answer: string | { status: number; body: string }, text: (value: string) => string): HttpFacts {
  if (typeof answer === 'string') return { error: /^E[A-Z0-9]+$/.test(answer) ? answer : 'EIO' };
  const isToken = url === '/latest/api/token' && answer.status === 200;
  const body = isToken ? 'x'.repeat(answer.body.length) : text(answer.body);
  return { status: answer.status, body };
}
