import type { Opened } from '../graphql/engine/source.ts';
import { guarded } from '../kernel/guarded.ts';
import type { Limits } from '../kernel/limits.ts';
import type { Delivery, End } from '../streams/subscriber.ts';
import { commonHeaders, type Exchange, sendLatin1 } from './exchange.ts';
import { createHeartbeat } from './heartbeat.ts';
import { watchOutgoing } from './outgoing.ts';

/** Server-sent events in the distinct connections mode of graphql-sse: one stream a request. */
export interface EventStreams {
  /** Writes what is delivered until the stream ends or the client goes away. Rejects, with nothing written, when the stream refuses. */
  serve(exchange: Exchange, opened: Opened): Promise<void>;
  /** Ends all, so that clients come again elsewhere. */
  close(): void;
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // Proxies pass each event on at once.
  'x-accel-buffering': 'no',
};
const COMPLETE = 'event: complete\ndata:\n\n';
const REFUSED = `event: next\ndata: ${JSON.stringify({
  errors: [{ message: 'The token is not valid any more', extensions: { code: 'FORBIDDEN' } }],
})}\n\n${COMPLETE}`;
/** What is said last. Without a `complete` the client comes again. */
const LAST: Readonly<Record<End, string>> = {
  complete: COMPLETE,
  forbidden: REFUSED,
  resync: ': resync\n\n',
  fault: ': try again\n\n',
};
const LAST_WORDS_MS = 2_000;

/** One answer as a whole stream of events. `latin1`: its JSON, a byte a character. */
export const sendAsEvent = (exchange: Exchange, latin1: string): void =>
  sendLatin1(exchange, 200, `event: next\ndata: ${latin1}\n\n${COMPLETE}`, HEADERS['content-type']);

const framed = new WeakMap<Delivery, Buffer>();

/** The same bytes for all who get it. */
function frameOf(delivery: Delivery): Buffer {
  const known = framed.get(delivery);
  if (known) return known;
  const id = delivery.cursor === null ? '' : `id: ${delivery.cursor}\n`;
  const made = Buffer.from(`${id}event: next\ndata: ${delivery.latin1}\n\n`, 'latin1');
  framed.set(delivery, made);
  return made;
}

export function createEventStreams(limits: Limits): EventStreams {
  const open = new Set<(why: End) => void>();
  const heart = createHeartbeat(limits.socketPingMs);

  async function serve({ response, id, headers, onFault }: Exchange, { begin }: Opened): Promise<void> {
    const outgoing = watchOutgoing(response, limits);
    let leave = (): void => {};
    let ended = false;
    const head = (): void => {
      if (response.headersSent) return;
      // Its end is the end of the connection: clients see it at once, and a gateway that closes need not wait.
      response.shouldKeepAlive = false;
      response.writeHead(200, { ...commonHeaders(id), ...headers, ...HEADERS });
    };
    const beat = guarded(onFault, () => {
      if (response.writableLength === 0) response.write(':\n\n');
    });
    const end = (why: End): void => {
      if (ended) return;
      ended = true;
      heart.delete(beat);
      open.delete(end);
      leave();
      head();
      response.end(LAST[why]);
      // Whoever does not take even that is not waited for.
      const timer = setTimeout(
        guarded(onFault, () => response.destroy()),
        LAST_WORDS_MS,
      ).unref();
      response.once(
        'close',
        guarded(onFault, () => clearTimeout(timer)),
      );
    };
    const closed = new Promise<void>((resolve) =>
      response.once(
        'close',
        guarded(onFault, () => {
          resolve();
          end('fault');
        }),
      ),
    );
    const send = (delivery: Delivery): void => {
      if (ended) return;
      head();
      if (outgoing.admits()) response.write(frameOf(delivery));
      else end('resync');
    };
    leave = await begin({ send, ready: outgoing.ready, end });
    if (ended || response.destroyed) return leave();
    open.add(end);
    heart.add(beat);
    head();
    // The client learns that it listens before anything happens.
    response.write(':\n\n');
    await closed;
  }

  return {
    serve,
    close() {
      heart.stop();
      for (const end of [...open]) end('fault');
    },
  };
}
