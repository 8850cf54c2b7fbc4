import type { Duplex } from 'node:stream';
import { MessageType } from 'graphql-ws';
import type { Delivery } from '../streams/subscriber.ts';

const tails = new WeakMap<Pick<Delivery, 'cursor' | 'latin1'>, Buffer>();

/** All of a `next` message behind its id: the same bytes for all who get it. */
function tailOf(delivery: Pick<Delivery, 'cursor' | 'latin1'>): Buffer {
  const known = tails.get(delivery);
  if (known) return known;
  const made = Buffer.from(`"type":"${MessageType.Next}","payload":${delivery.latin1}}`, 'latin1');
  tails.set(delivery, made);
  return made;
}

/** The beginning of each message of an operation. */
export const prefixOf = (id: string): Buffer => Buffer.from(`{"id":${JSON.stringify(id)},`);

const TEXT = 0x81;
/** Small ones are cheaper copied than written in two pieces. */
const COPIED_BYTES = 512;

/** Head of one whole text frame of a server (RFC 6455, 5.2) and as much behind it as asked for. */
function headed(length: number, room: number): { readonly frame: Buffer; readonly at: number } {
  const at = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(at + room);
  frame[0] = TEXT;
  if (at === 2) frame[1] = length;
  else if (at === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  return { frame, at };
}

/**
 * Writes a `next` message past the WebSocket library, which would encode and keep a text of its own for each client: here
 * those who wait hold the same bytes. Only for connections without compression, where frames may be written at any time.
 */
export function writeNext(
  socket: Duplex,
  prefix: Buffer,
  delivery: Pick<Delivery, 'cursor' | 'latin1'>,
  done = (): void => {},
): void {
  const tail = tailOf(delivery);
  const length = prefix.length + tail.length;
  const isCopied = length <= COPIED_BYTES;
  const { frame, at } = headed(length, isCopied ? length : prefix.length);
  prefix.copy(frame, at);
  if (isCopied) {
    tail.copy(frame, at + prefix.length);
    socket.write(frame, done);
    return;
  }
  socket.cork();
  socket.write(frame);
  socket.write(tail, done);
  socket.uncork();
}
