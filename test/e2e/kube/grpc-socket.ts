import { createServer, type Server, type Socket } from 'node:net';

const PREFACE_BYTES = 24;
const HEAD_BYTES = 9;
const [DATA, HEADERS, SETTINGS, PING] = [0, 1, 4, 6];
const [END_STREAM, ACK, END_HEADERS] = [1, 1, 4];

/**
 * As much of a gRPC server as a device plugin needs, by the bytes: kubelet 1.20 names the socket's path as `:authority`, which
 * Node's own HTTP/2, and so @grpc/grpc-js, refuses. The first call of a connection (ListAndWatch) is answered with `first` and
 * stays open, each later one (Allocate) with `later`.
 */
export function serveGrpc(path: string, first: Buffer, later: Buffer): Server {
  return createServer((socket) => {
    let held = Buffer.alloc(0);
    let isGreeted = false;
    // Kubelet keeps its call open for as long as it runs, which is until this process ends.
    socket.unref();
    socket.on('error', () => socket.destroy());
    socket.on('data', (piece: Buffer) => {
      held = Buffer.concat([held, piece]);
      if (!isGreeted && held.length >= PREFACE_BYTES) {
        isGreeted = true;
        held = held.subarray(PREFACE_BYTES);
        socket.write(frame(SETTINGS, 0, 0, Buffer.alloc(0)));
      }
      if (!isGreeted) return;
      while (held.length >= HEAD_BYTES && held.length >= HEAD_BYTES + held.readUIntBE(0, 3)) {
        const end = HEAD_BYTES + held.readUIntBE(0, 3);
        take(socket, held.subarray(0, end), first, later);
        held = held.subarray(end);
      }
    });
  }).listen(path);
}

function take(socket: Socket, bytes: Buffer, first: Buffer, later: Buffer): void {
  const [type = 0, flags = 0, stream] = [bytes[3], bytes[4], bytes.readUInt32BE(5)];
  if (type === SETTINGS && (flags & ACK) === 0) socket.write(frame(SETTINGS, ACK, 0, Buffer.alloc(0)));
  if (type === PING && (flags & ACK) === 0) socket.write(frame(PING, ACK, 0, bytes.subarray(HEAD_BYTES)));
  const isCall = (type === DATA || type === HEADERS) && (flags & END_STREAM) !== 0;
  if (!isCall) return;
  socket.write(frame(HEADERS, END_HEADERS, stream, Buffer.concat([STATUS_200, header('content-type', 'application/grpc')])));
  socket.write(frame(DATA, 0, stream, message(stream === 1 ? first : later)));
  if (stream !== 1) socket.write(frame(HEADERS, END_HEADERS | END_STREAM, stream, header('grpc-status', '0')));
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** `:status 200` of HPACK's static table. */
const STATUS_200 = Buffer.from([0x88]);

/** A literal that is not indexed, without Huffman coding (RFC 7541, 6.2.2). */
function header(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)]);
}

/** Uncompressed, with its length before it. */
function message(bytes: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}
