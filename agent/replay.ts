import { join } from 'node:path';
import type { Host, HttpAnswer, HttpRequest } from './host.ts';
import { errnoOf, HostError } from './host/errors.ts';
import { readTree } from './host/tree.ts';
import { BadCapture, parseDescription, type Description } from './replay/description.ts';
import { replayFiles } from './replay/files.ts';
import { Errno, layLooks } from './replay/looks.ts';
import { replayPrograms } from './replay/programs.ts';

export { BadCapture } from './replay/description.ts';

/** Monotonic seconds since the replay began. */
export interface ReplayTime {
  monotonicSeconds(): number;
}

/**
 * A recorded node in the place of a live one. The format: test/captures/README.md. Throws
 * BadCapture for a directory that is none. Paths in its errors are the node's, so that a report reads alike everywhere.
 */
export async function openReplay(directory: string, clock: ReplayTime): Promise<Host> {
  const file = join(directory, 'capture.json');
  const tree = await readTree(directory).catch((cause: unknown) => {
    throw new BadCapture(`cannot replay ${directory}: got ${errnoOf(cause)}, expected the directory of a capture`, { cause });
  });
  const entry = tree.get('/capture.json');
  if (entry?.kind !== 'file') {
    const found = [...tree.keys()].find((path) => path.lastIndexOf('/') === 0);
    const holds = found === undefined ? 'nothing' : `${found.slice(1)} and the like`;
    throw new BadCapture(`cannot read ${file}: got ENOENT (the directory holds ${holds}), expected the description of a capture`);
  }
  const description = parseDescription(entry.text, file);
  const seconds = (): number => clock.monotonicSeconds();
  return {
    root: directory,
    ...replayFiles(layLooks(tree, description, file), description.probes, seconds),
    ...replayPrograms(description.commands, seconds),
    fetch: (request) => answer(request, description.http),
    unaryCall: (socket) => Promise.reject(new HostError('call', socket, new Errno('ENOENT'))),
    recorded: {
      ...(description.pods && { pods: description.pods }),
      ...(description.podResources && { 'pod-resources': description.podResources }),
    },
    wallTime: () => new Date(Date.parse(description.takenAt) + seconds() * 1000),
    hostname: () => description.hostname,
    interfaces: () => description.interfaces.map((entry) => ({ ...entry, mac: entry.mac })),
    close() {},
  };
}

async function answer(request: HttpRequest, recorded: Description['http']): Promise<HttpAnswer> {
  const { pathname, search } = new URL(request.url);
  const method = request.method ?? 'GET';
  const found = recorded.find((exchange) => exchange.method === method && exchange.url === pathname + search);
  const error = recorded.length === 0 ? 'ETIMEDOUT' : found?.error;
  if (error !== undefined) throw new HostError('fetch', request.url, new Errno(error));
  return { status: found?.status ?? 404, body: found?.body ?? '' };
}
