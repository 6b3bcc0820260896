import type { Client } from '@grpc/grpc-js';
import type { UnaryBounds } from '../host.ts';
import { HostError } from './errors.ts';

const clients = new Map<string, Client>();

/** One gRPC call over a unix socket, bytes in and bytes out. The library is loaded when a socket is first called. */
export async function unaryCall(socket: string, method: string, message: Buffer, bounds: UnaryBounds): Promise<Buffer> {
  try {
    return await exchange(await clientFor(socket, bounds.maxBytes), method, message, bounds.timeoutSeconds);
  } catch (cause) {
    // A kubelet that restarted has another socket under the same name; a connection that answered wrongly is not kept.
    clients.get(socket)?.close();
    clients.delete(socket);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HostError('call', socket, isLate(cause) ? late(bounds.timeoutSeconds, cause) : new Error(why, { cause }));
  }
}

async function clientFor(socket: string, maxBytes: number): Promise<Client> {
  const known = clients.get(socket);
  if (known) return known;
  // CommonJS: the bundle, unlike Node, has its exports only here.
  const { default: grpc } = await import('@grpc/grpc-js');
  const client = new grpc.Client(`unix:${socket}`, grpc.credentials.createInsecure(), {
    'grpc.max_receive_message_length': maxBytes,
    'grpc.enable_retries': 0,
    // Else a kubelet that comes back is not tried again for up to two minutes.
    'grpc.max_reconnect_backoff_ms': 5000,
    // The socket's path is no name of a host, and Go's servers refuse it as one.
    'grpc.default_authority': 'localhost',
    // Never through the proxy of the environment.
    'grpc.enable_http_proxy': 0,
  });
  clients.set(socket, client);
  return client;
}

function exchange(client: Client, method: string, message: Buffer, timeoutSeconds: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const same = (bytes: Buffer): Buffer => bytes;
  const deadline = Date.now() + timeoutSeconds * 1000;
  client.makeUnaryRequest(method, same, same, message, { deadline }, (error, answer) => {
    if (error) reject(error);
    else resolve(answer ?? Buffer.alloc(0));
  });
  return promise;
}

/** DEADLINE_EXCEEDED. */
function isLate(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 4;
}

function late(seconds: number, cause: unknown): Error {
  return Object.assign(new Error(`no answer within ${seconds} s`, { cause }), { code: 'ETIMEDOUT' });
}
