import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export interface Bounds {
  /** Connections without a request, kept alive or silent, that may stay. */
  readonly idle: number;
  /** Connections in all. */
  readonly all: number;
}

/** Fifty scrapers that connect at once have their requests on the way; a reader over a slow link takes this long for a body. */
const PATIENCE_MS = 1000;
/** Scrapers and browsers send one request at a time; each that waits for its turn costs some kilobytes. */
const MOST_AT_ONCE = 8;

interface Connection {
  readonly sinceMs: number;
  readonly requests: number;
}

/**
 * Closes the connection that has been without a request longest when there are too many such, and the one that has taken
 * longest over its answer when there are too many in all: neither connections kept alive, nor silent ones, nor clients that
 * never read may keep the kubelet's probe out, which would end the agent.
 */
export function boundConnections(server: Server, bounds: Bounds): void {
  // A map keeps the order in which its members came: the first is the oldest.
  const waiting = new Map<Socket, Connection>();
  const answering = new Map<Socket, Connection>();
  const end = (socket: Socket): void => {
    waiting.delete(socket);
    answering.delete(socket);
    socket.destroy();
  };
  const makeRoom = (): void => {
    const total = waiting.size + answering.size;
    const idle = patientlyOldest(waiting);
    if (idle && (waiting.size > bounds.idle || total > bounds.all)) return end(idle);
    if (total <= bounds.all) return;
    const slow = patientlyOldest(answering);
    if (slow) end(slow);
  };
  server.maxConnections = bounds.all + MOST_AT_ONCE;
  server.on('drop', makeRoom);
  server.on('connection', (socket) => {
    waiting.set(socket, { sinceMs: performance.now(), requests: 0 });
    socket.once('close', () => end(socket));
    makeRoom();
  });
  server.on('request', ({ socket }, response) => {
    if (socket.destroyed) return;
    const { sinceMs = performance.now(), requests = 0 } = answering.get(socket) ?? {};
    waiting.delete(socket);
    if (requests >= MOST_AT_ONCE) return end(socket);
    answering.set(socket, { sinceMs, requests: requests + 1 });
    response.once('close', () => {
      const left = (answering.get(socket)?.requests ?? 1) - 1;
      if (left > 0) answering.set(socket, { sinceMs, requests: left });
      if (left > 0 || socket.destroyed) return;
      answering.delete(socket);
      waiting.set(socket, { sinceMs: performance.now(), requests: 0 });
    });
  });
}

/** The first that came, if it has had its time. */
function patientlyOldest(connections: ReadonlyMap<Socket, Connection>): Socket | undefined {
  const [first] = connections;
  return first && performance.now() - first[1].sinceMs >= PATIENCE_MS ? first[0] : undefined;
}
