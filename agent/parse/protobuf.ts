/** One field of a protobuf message: a number, or the bytes of a text or an inner message. */
export interface ProtobufField {
  readonly number: number;
  readonly value: bigint | Buffer;
}

const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;
/** The longest varint there is: ten bytes of seven bits. */
const MAX_VARINT_BYTES = 10;

/** The fields of a message in the order of the wire (https://protobuf.dev/programming-guides/encoding/). Throws where it is none. */
export function* protobufFields(message: Buffer): Iterable<ProtobufField> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let count = 0; count < MAX_VARINT_BYTES; count += 1) {
      const byte = message[at];
      if (byte === undefined) throw broken(message, at, 'the end of the message within a number');
      at += 1;
      value |= BigInt(byte & 0x7f) << BigInt(7 * count);
      if (byte < 0x80) return value;
    }
    throw broken(message, at, `a number of more than ${MAX_VARINT_BYTES} bytes`);
  };
  const bytes = (length: number): Buffer => {
    if (length > message.length - at) throw broken(message, at, `a field of ${length} bytes where ${message.length - at} are left`);
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = varint();
    const number = Number(tag >> 3n);
    const type = Number(tag & 7n);
    if (type === VARINT) yield { number, value: varint() };
    else if (type === BYTES) yield { number, value: bytes(Number(varint())) };
    else if (type === FIXED_64) yield { number, value: bytes(8) };
    else if (type === FIXED_32) yield { number, value: bytes(4) };
    else throw broken(message, at, `wire type ${type}`);
  }
}

function broken(message: Buffer, at: number, found: string): Error {
  return new Error(`cannot parse a protobuf message of ${message.length} bytes: at byte ${at}: got ${found}, expected a field`);
}
