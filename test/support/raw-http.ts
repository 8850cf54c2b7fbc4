import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  /** By names in lower case; what is said twice is joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Only against hanging. */
const WAIT_MS = 30_000;
const END = '\r\n\r\n';

/** The first whole answer in the text, and what follows it; null: there is none yet. What only says that the body is awaited is no answer. */
function answerIn(text: string): readonly [RawAnswer, string] | null {
  const end = text.indexOf(END);
  if (end < 0) return null;
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = Number(first.split(' ')[1]);
  if (status === 100) return answerIn(text.slice(end + END.length));
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const mark = line.indexOf(':');
    const name = line.slice(0, mark).toLowerCase();
    headers[name] = [headers[name], line.slice(mark + 1).trim()].filter((each) => each !== undefined).join(', ');
  }
  const from = end + END.length;
  const length = Number(headers['content-length']);
  if (!Number.isInteger(length)) throw new Error(`An answer that does not say how long it is: ${text.slice(0, 300)}`);
  if (text.length < from + length) return null;
  return [{ status, headers, body: text.slice(from, from + length) }, text.slice(from + length)];
}

/** One connection, kept while the server keeps it. */
export class RawConnection {
  readonly #port: number;
  #socket: Socket | null = null;
  #text = '';
  #heard: () => void = () => {};

  constructor(url: string) {
    this.#port = Number(new URL(url).port);
  }

  /** Sends the pieces one after the other; a little time apart, so that they are read one by one. */
  async ask(pieces: readonly string[], apartMs = 5): Promise<RawAnswer> {
    const socket = this.#open();
    for (const [i, piece] of pieces.entries()) {
      if (i > 0) await sleep(apartMs);
      socket.write(piece, 'latin1');
    }
    return this.next();
  }

  /** The next answer that comes. */
  async next(): Promise<RawAnswer> {
    for (;;) {
      const found = answerIn(this.#text);
      if (found) {
        this.#text = found[1];
        // The next one opens another.
        if (found[0].headers.connection === 'close') this.close();
        return found[0];
      }
      if (this.#socket === null) throw new Error(`The connection was closed after ${JSON.stringify(this.#text)}`);
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`No answer, but ${JSON.stringify(this.#text)}`)), WAIT_MS);
        this.#heard = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  write(piece: string): void {
    this.#open().write(piece, 'latin1');
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  #open(): Socket {
    if (this.#socket) return this.#socket;
    this.#text = '';
    const socket = connect(this.#port, '127.0.0.1').setNoDelay(true).setEncoding('latin1');
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('data', (text: string) => {
      this.#text += text;
      this.#heard();
    });
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = null;
      this.#heard();
    });
    return socket;
  }
}
