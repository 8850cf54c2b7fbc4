import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** The bytes of one request, and of the answer to it. */
export interface Recorded {
  readonly request: Buffer;
  readonly answer: Buffer;
}

/** What stands where a gateway looks for Keyloom. */
export interface Recorder {
  readonly url: string;
  /** What was asked last, byte for byte. */
  last(): Recorded;
  /** How the gateway sends. */
  readonly seen: { connections: number; requests: number; pieces: number };
  close(): void;
}

const END = Buffer.from('\r\n\r\n');

/** Bytes of the first whole message; 0: there is none yet. */
function messageLength(bytes: Buffer): number {
  const end = bytes.indexOf(END);
  if (end < 0) return 0;
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, end)) ?? [];
  if (length === undefined) throw new Error('A message that does not say how long it is');
  const all = end + END.length + Number(length);
  return bytes.length < all ? 0 : all;
}

/** Calls with each whole message that comes, and with the number of pieces that it came in. */
function onMessage(socket: Socket, heard: (message: Buffer, pieces: number) => void): void {
  let bytes = Buffer.alloc(0);
  let pieces = 0;
  socket.on('error', () => socket.destroy());
  socket.on('data', (piece) => {
    bytes = Buffer.concat([bytes, piece]);
    pieces += 1;
    for (let length = messageLength(bytes); length > 0; length = messageLength(bytes)) {
      const message = Buffer.from(bytes.subarray(0, length));
      bytes = Buffer.from(bytes.subarray(length));
      heard(message, pieces);
      pieces = bytes.length > 0 ? 1 : 0;
    }
  });
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  let [resolve, reject]: [(value: T) => void, (error: Error) => void] = [() => {}, () => {}];
  const promise = new Promise<T>((resolved, rejected) => {
    [resolve, reject] = [resolved, rejected];
  });
  return { promise, resolve, reject };
}

/** Sends bytes over one connection that is kept, one request after the other. */
export function createSender(url: string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setNoDelay(true);
  let waiting: PromiseWithResolvers<Buffer> | null = null;
  onMessage(socket, (answer) => waiting?.resolve(answer));
  socket.on('close', () => waiting?.reject(new Error('The connection was closed')));
  return {
    send(request: Buffer): Promise<Buffer> {
      waiting = withResolvers();
      socket.write(request);
      return waiting.promise;
    },
    close: () => socket.destroy(),
  };
}

/** Passes each request on the first time that it is asked, and after that gives the same answer itself. */
export async function startRecorder(target: string): Promise<Recorder> {
  const sender = createSender(target);
  const known = new Map<string, Recorded>();
  const seen = { connections: 0, requests: 0, pieces: 0 };
  let last: Recorded | null = null;
  const answered = async (request: Buffer): Promise<Buffer> => {
    const body = request.toString('latin1', request.indexOf(END));
    const recorded = known.get(body) ?? { request, answer: await sender.send(request) };
    known.set(body, recorded);
    last = recorded;
    return recorded.answer;
  };
  const server = createServer((socket) => {
    seen.connections += 1;
    onMessage(socket, (request, pieces) => {
      seen.requests += 1;
      seen.pieces += pieces;
      answered(request).then(
        (answer) => socket.write(answer),
        () => socket.destroy(),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    last() {
      if (last === null) throw new Error('Nothing was asked yet');
      return last;
    },
    seen,
    close() {
      sender.close();
      server.close();
    },
  };
}
