import { once } from 'node:events';
import type { ExecutionResult } from 'graphql';
import { createYoga, type YogaServerInstance } from 'graphql-yoga';
import type { Body } from '../graphql/execute.ts';
import { commonHeaders, type Exchange } from './exchange.ts';

/** What Yoga does here: the page that explores the schema, and the frames of server-sent events. No rule lives in it. */
export interface YogaLane {
  /** GraphiQL; for development. */
  page(exchange: Exchange): Promise<void>;
  /** Writes each body as an event until the stream ends or the client goes away. */
  events(exchange: Exchange, bodies: AsyncIterable<Body>): Promise<void>;
}

interface ServerContext {
  readonly bodies: AsyncIterable<Body> | null;
}

type Yoga = YogaServerInstance<ServerContext, Record<never, never>>;

const ENDPOINT = 'http://keyloom/graphql';

export function createYogaLane(development: boolean): YogaLane {
  const yoga: Yoga = createYoga({
    graphiql: development,
    // The page with all that it needs in it: an owner's token is typed there, so nothing of it comes from elsewhere.
    renderGraphiQL: async (options) => (await import('@graphql-yoga/render-graphiql')).renderGraphiQL(options),
    landingPage: false,
    batching: false,
    multipart: false,
    cors: false,
    // Bodies are counted before they come here, and errors in them are masked.
    maxRequestBodySize: false,
    maskedErrors: false,
    logging: false,
    plugins: [
      {
        onParams({ context, setResult }) {
          const { bodies } = context as Partial<ServerContext>;
          // Its errors are masked already, and written as they are.
          setResult((bodies as AsyncIterable<ExecutionResult> | null | undefined) ?? { errors: [] });
        },
      },
    ],
  });
  return {
    page: async (exchange) =>
      send(exchange, await yoga.fetch(ENDPOINT, { headers: { accept: 'text/html' } }, { bodies: null })),
    events: async (exchange, bodies) => send(exchange, await yoga.fetch(ENDPOINT, EVENTS_REQUEST, { bodies })),
  };
}

const EVENTS_REQUEST = {
  method: 'POST',
  headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
  body: '{"query":"{ __typename }"}',
};

async function send({ response, id }: Exchange, answer: Response): Promise<void> {
  // Yoga writes names with capitals; unmerged, both would be sent.
  const own = [...answer.headers].map(([name, value]) => [name.toLowerCase(), value] as const);
  response.writeHead(answer.status, { ...Object.fromEntries(own), ...commonHeaders(id) });
  const reader = answer.body?.getReader();
  if (reader === undefined) return void response.end();
  // Only cancelling the reader ends the stream behind it.
  response.once('close', () => void reader.cancel().catch(() => {}));
  for (;;) {
    const { done, value } = await reader.read();
    if (done || response.destroyed) break;
    if (!response.write(value)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  response.end();
}
