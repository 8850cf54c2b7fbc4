import type { Duplex } from 'node:stream';
import { MessageType } from 'graphql-ws';
import { latin1Of } from '../graphql/engine/write-answer.ts';
import type { Delivery } from '../streams/subscriber.ts';

type Told = Pick<Delivery, 'cursor' | 'latin1'>;

const tails = new WeakMap<Told, Buffer>();
const HEAD = `"type":"${MessageType.Next}","payload":`;

/** All of a `next` message behind its id: the same bytes for all who get it. */
function tailOf(delivery: Told): Buffer {
  const known = tails.get(delivery);
  if (known) return known;
  const made = Buffer.from(`${HEAD}${delivery.latin1}}`, 'latin1');
  tails.set(delivery, made);
  return made;
}

/** The beginning of each message of an operation, its bytes one character each. */
export const prefixOf = (id: string): string => latin1Of(`{"id":${JSON.stringify(id)},`);

const TEXT = 0x81;
/** Small ones are cheaper copied than shared. */
const COPIED_BYTES = 1_024;

/** Head of one whole text frame of a server (RFC 6455, 5.2), its bytes one character each. */
function headOf(length: number): string {
  if (length < 126) return String.fromCharCode(TEXT, length);
  if (length < 65_536) return String.fromCharCode(TEXT, 126, length >> 8, length & 0xff);
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(length));
  return String.fromCharCode(TEXT, 127, ...size);
}

/**
 * Writes a `next` message past the WebSocket library, which would encode and keep a text of its own for each client: here
 * those who wait hold the same bytes, and a small message is one text, of which no buffer is made at all while the socket takes it.
 * Only for connections without compression, where frames may be written at any time.
 */
export function writeNext(socket: Duplex, prefix: string, delivery: Told, done?: () => void): void {
  const length = prefix.length + HEAD.length + delivery.latin1.length + 1;
  const head = headOf(length) + prefix;
  if (length <= COPIED_BYTES) {
    socket.write(`${head}${HEAD}${delivery.latin1}}`, 'latin1', done);
    return;
  }
  socket.cork();
  socket.write(head, 'latin1');
  socket.write(tailOf(delivery), done);
  socket.uncork();
}
