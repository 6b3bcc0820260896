import { createServer, type Server as SocketServer } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';

/** A protobuf field: a text, bytes, or an inner message of fields. */
export type Field = readonly [number: number, value: string | Buffer | readonly Field[] | bigint];

export function protobuf(fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'bigint') return Buffer.concat([varint(BigInt(number) << 3n), varint(value)]);
      const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.isBuffer(value) ? value : protobuf(value);
      return Buffer.concat([varint((BigInt(number) << 3n) | 2n), varint(BigInt(bytes.length)), bytes]);
    }),
  );
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

/** ListPodResourcesResponse: a trainer with two GPUs (two NUMA nodes) and one EFA, and a pod with a claimed GPU. */
export const LIST = protobuf([
  [1, [
    [1, 'grpo-worker-0'],
    [2, 'ml'],
    [3, [
      [1, 'trainer'],
      [2, [[1, 'nvidia.com/gpu'], [2, 'GPU-11111111-2222-3333-4444-000000000000'], [3, [[1, [[1, 0n]]]]]]],
      [2, [[1, 'nvidia.com/gpu'], [2, 'GPU-11111111-2222-3333-4444-000000000001']]],
      [2, [[1, 'vpc.amazonaws.com/efa'], [2, 'rdmap16s27']]],
      [3, 7n],
    ]],
  ]],
  [1, [
    [1, 'vllm-0'],
    [2, 'serve'],
    [3, [
      [1, 'server'],
      [5, [[2, 'gpu-claim'], [3, 'serve'], [4, [[1, [[1, 'k8s.gpu.nvidia.com/device=gpu-2']]], [2, 'gpu.nvidia.com'], [3, 'ip-10-0-3-7'], [4, 'gpu-2']]]]],
    ]],
  ]],
]);

/** Kubelet's PodResources service at a socket. `answer` undefined: it never answers. */
export async function fakeKubelet(socket: string, answer: Buffer | undefined): Promise<{ readonly calls: string[]; close(): void }> {
  const calls: string[] = [];
  const server = new Server();
  const same = (bytes: Buffer): Buffer => bytes;
  const path = '/v1.PodResourcesLister/List';
  const method = { path, requestStream: false, responseStream: false, requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same } as const;
  server.addService(
    { list: method },
    {
      list: (_call: unknown, callback: (error: null, answer: Buffer) => void) => {
        calls.push(path);
        if (answer) callback(null, answer);
      },
    },
  );
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()));
  await promise;
  return {
    calls,
    close: () => server.forceShutdown(),
  };
}

/** A socket that accepts and says `text`, whatever is asked of it. */
export async function babblingSocket(socket: string, text: string): Promise<{ close(): void }> {
  const server: SocketServer = createServer((connection) => {
    connection.on('error', () => connection.destroy());
    if (text !== '') connection.write(text);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(socket, resolve);
  await promise;
  return { close: () => server.close() };
}
