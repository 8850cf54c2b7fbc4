import { createYoga } from 'graphql-yoga';
import { commonHeaders, type Exchange } from './exchange.ts';

/** What Yoga does here: the page that explores the schema. No rule lives in it. */
export interface YogaLane {
  /** GraphiQL; for development. */
  page(exchange: Exchange): Promise<void>;
}

const ENDPOINT = 'http://keyloom/graphql';

export function createYogaLane(development: boolean): YogaLane {
  const yoga = createYoga({
    graphiql: development,
    renderGraphiQL: async (options) => (await import('./graphiql.ts')).graphiqlPage(options),
    landingPage: false,
    batching: false,
    multipart: false,
    cors: false,
    logging: false,
  });
  return {
    page: async (exchange) => send(exchange, await yoga.fetch(ENDPOINT, { headers: { accept: 'text/html' } })),
  };
}

async function send({ response, id }: Exchange, answer: Response): Promise<void> {
  // Yoga writes names with capitals; unmerged, both would be sent.
  const own = [...answer.headers].map(([name, value]) => [name.toLowerCase(), value] as const);
  response.writeHead(answer.status, { ...Object.fromEntries(own), ...commonHeaders(id) });
  response.end(Buffer.from(await answer.arrayBuffer()));
}
