import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

// A process of listeners: plain sockets that count messages, since full clients would cost more than the servers measured.

/** What it is told, as JSON in its first argument. */
export interface ListenOrder {
  readonly url: string;
  readonly token: string;
  readonly query: string;
  readonly listeners: number;
  /** Of them, those that stop reading once they listen. */
  readonly stalled: number;
  /** Where to begin; null: now. */
  readonly after: string | null;
  /** Whether each listens to a service of its own, `svc-<number>`. */
  readonly own?: boolean;
}

/** What it is asked afterwards, one line of JSON each; each is answered by a line. */
export type ListenAsk =
  | { readonly do: 'publish'; readonly body: string; readonly rounds: number }
  /** Waits until all have received so many messages since they connected. */
  | { readonly do: 'await'; readonly messages: number }
  | { readonly do: 'drop' };

export interface Round {
  /** From the publication to the first and the last listener, and to its own answer, milliseconds. */
  readonly first: number;
  readonly last: number;
  readonly answered: number;
}

interface Listener {
  readonly socket: Socket;
  readonly isFirst: boolean;
  acknowledged: boolean;
  messages: number;
  cursor: string | null;
  /** The last commit it was told of; 0: none yet. */
  seq: number;
  /** Commits that did not follow on the one before. */
  gaps: number;
  /** What may be the beginning of a number. */
  tail: string;
}

const order = JSON.parse(process.argv[2] ?? '') as ListenOrder;
const { hostname, port, pathname } = new URL(order.url);
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

/** A text frame of a client (RFC 6455, 5.2), masked with zeros. */
function frame(message: object): Buffer {
  const payload = Buffer.from(JSON.stringify(message));
  const head = payload.length < 126 ? Buffer.from([0x81, 0x80 | payload.length]) : Buffer.from([0x81, 0xfe, 0, 0]);
  if (payload.length >= 126) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

/** A frame for people: of a close frame its code and reason. */
const wordsOf = (data: Buffer): string =>
  data[0] === 0x88 ? `${data.readUInt16BE(2)} ${data.subarray(4).toString()}` : data.toString('latin1');

const HANDSHAKE =
  `GET ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\nupgrade: websocket\r\nconnection: Upgrade\r\n` +
  `sec-websocket-version: 13\r\nsec-websocket-key: ${randomBytes(16).toString('base64')}\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n`;
const INIT = frame({ type: 'connection_init', payload: { authorization: `Bearer ${order.token}` } });
const PING = Buffer.from([0x89, 0]);
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
const NEXT = Buffer.from('"type":"next"');
const LAST_CURSOR = /.*"cursor":"([^"]+)"/s;

let waiting: {
  readonly messages: number;
  missing: number;
  first: number;
  readonly done: (first: number) => void;
} | null = null;

function count(listener: Listener, data: Buffer): void {
  for (let at = data.indexOf(NEXT); at >= 0; at = data.indexOf(NEXT, at + NEXT.length)) {
    listener.messages += 1;
    if (waiting && listener.messages === waiting.messages) {
      if (waiting.first === 0) waiting.first = performance.now();
      waiting.missing -= 1;
      if (waiting.missing === 0) waiting.done(waiting.first);
    }
  }
  // One of them tells where all are: looking for it costs as much as all the rest.
  if (!listener.isFirst) return;
  const cursor = LAST_CURSOR.exec(data.toString('latin1'))?.[1];
  if (cursor) listener.cursor = cursor;
}

const SEQ = /"seq":(\d+)[,}]/g;
const LONGEST_SEQ = 24;

/** Whoever follows all commits of a team is told of each number once. */
function checkOrder(listener: Listener, data: Buffer): void {
  const text = listener.tail + data.toString('latin1');
  let end = 0;
  for (const match of text.matchAll(SEQ)) {
    const seq = Number(match[1]);
    if (listener.seq !== 0 && seq !== listener.seq + 1) listener.gaps += 1;
    listener.seq = seq;
    end = match.index + match[0].length;
  }
  listener.tail = text.slice(Math.max(end, text.length - LONGEST_SEQ));
}

let complaints = 0;
/** Of many that are refused alike, some will do. */
function complain(data: Buffer): void {
  complaints += 1;
  if (complaints <= 3) process.stderr.write(`${data.toString('latin1').slice(0, 300)}\n`);
}

function listen(index: number, after: string | null): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(port), host: hostname }).setNoDelay(true);
    const listener: Listener = {
      socket,
      isFirst: index === 0,
      acknowledged: false,
      messages: 0,
      cursor: after,
      seq: 0,
      gaps: 0,
      tail: '',
    };
    let isUpgraded = false;
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed')));
    socket.on('data', (data) => {
      if (!isUpgraded) {
        if (!data.toString('latin1').startsWith('HTTP/1.1 101')) return reject(new Error(data.toString()));
        isUpgraded = true;
        return void socket.write(INIT);
      }
      // Pings are answered with empty pongs, also those that come behind a message.
      if (data.includes(PING)) socket.write(PONG);
      if (!listener.acknowledged) {
        if (data[0] === 0x89 && data.length === 2) return;
        if (!data.includes('connection_ack')) return reject(new Error(`No acknowledgement: ${wordsOf(data)}`));
        listener.acknowledged = true;
        const own = order.own ? { service: `svc-${index}` } : {};
        const payload = { query: order.query, variables: { ...own, ...(after === null ? {} : { after }) } };
        socket.write(frame({ id: `subscription-${index}`, type: 'subscribe', payload }));
        return resolve(listener);
      }
      if (data.includes('"type":"error"')) complain(data);
      if (order.after !== null) checkOrder(listener, data);
      count(listener, data);
    });
    socket.write(HANDSHAKE);
  });
}

/** All of them, a few hundred at a time. */
async function listenAll(): Promise<readonly Listener[]> {
  const listeners: Listener[] = [];
  const total = order.listeners + order.stalled;
  const more = async (): Promise<void> => {
    for (let i = listeners.length; i < total; i = listeners.length) {
      const listener = listen(i, order.after);
      listeners.length += 1;
      listeners[i] = await listener;
    }
  };
  await Promise.all(Array.from({ length: 200 }, more));
  return listeners;
}

async function publish(body: string): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${order.token}` };
  const response = await fetch(order.url, { method: 'POST', headers, body });
  const text = await response.text();
  if (response.status !== 200 || text.includes('"errors"')) throw new Error(text);
}

/** When all reading listeners have received so many; answers when the first had. */
const received = (readers: readonly Listener[], messages: number): Promise<number> =>
  new Promise((done) => {
    const missing = readers.filter((listener) => listener.messages < messages).length;
    if (missing === 0) done(performance.now());
    else waiting = { messages, missing, first: 0, done };
  });

const startedAt = performance.now();
const all = await listenAll();
const readers = all.slice(0, order.listeners);
for (const { socket } of all.slice(order.listeners)) socket.pause();
for (const { socket } of all) socket.removeAllListeners('close').on('close', () => {});
say({ connected: all.length, ms: performance.now() - startedAt });
for await (const line of createInterface({ input: process.stdin })) {
  const ask = JSON.parse(line) as ListenAsk;
  if (ask.do === 'drop') break;
  if (ask.do === 'await') {
    await received(readers, ask.messages);
    const ms = performance.now() - startedAt;
    const seqs = new Set(readers.map(({ seq }) => seq));
    say({ ms, gaps: readers.reduce((sum, { gaps }) => sum + gaps, 0), last: [...seqs] });
    continue;
  }
  const rounds: Round[] = [];
  for (let round = 0; round < ask.rounds; round += 1) {
    const began = performance.now();
    const arrival = received(readers, (readers[0]?.messages ?? 0) + 1);
    const answer = publish(ask.body.replaceAll('ROUND', String(Math.floor(began * 1_000)))).then(
      () => performance.now() - began,
    );
    const first = (await arrival) - began;
    rounds.push({ first, last: performance.now() - began, answered: await answer });
  }
  say({ rounds, cursor: readers[0]?.cursor ?? null });
}
for (const { socket } of all) socket.destroy();
