import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Closes the connection that has been without a request longest when more than `most` are: neither connections kept alive nor
 * silent ones may keep the kubelet's probe out, which would end the agent.
 */
export function boundWaiting(server: Server, most: number): void {
  // A set keeps the order in which its members came.
  const waiting = new Set<Socket>();
  server.on('connection', (socket) => {
    waiting.add(socket);
    socket.once('close', () => waiting.delete(socket));
    const [longest] = waiting;
    if (waiting.size > most) longest?.destroy();
  });
  server.on('request', ({ socket }, response) => {
    waiting.delete(socket);
    response.once('close', () => {
      if (!socket.destroyed) waiting.add(socket);
    });
  });
}
