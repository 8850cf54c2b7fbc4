import { createGateway } from '../../src/app/gateway.ts';
import { limitsWith } from '../../src/app/limits.ts';
import { createGitReader } from '../../src/git/reader.ts';
import { createServer } from '../../src/http/server.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLog } from '../../src/kernel/log.ts';
import type { Keys } from '../../src/keys/keys.ts';
import { createMacHolder } from '../../src/keys/mac-holder.ts';
import { openKeys } from '../../src/keys/open-keys.ts';
import { createReach } from '../../src/net/reach.ts';
import { noPlugins } from '../../src/plugin/plugin.ts';
import type { Store } from '../../src/store/port.ts';
import { type Counting, counting } from './counting.ts';
import { PATIENT } from './patient.ts';
import { post } from './post.ts';
import { ROOT_KEY } from './start-app.ts';

export interface CountedApp {
  readonly calls: Counting['calls'];
  readonly documents: Counting['documents'];
  /** Envelopes that were opened. */
  readonly opens: () => number;
  readonly reset: () => void;
  // biome-ignore lint/suspicious/noExplicitAny: answers are read as the test's own query shaped them
  readonly gql: (query: string, variables: object, token: string) => Promise<any>;
  readonly close: () => Promise<void>;
}

export interface CountedOptions {
  readonly cacheBytes: number;
  readonly answerCacheBytes: number;
}

/** A gateway of its own on a store that is there: its calls and its openings of envelopes are counted. */
export async function countedApp(store: Store, { cacheBytes, answerCacheBytes }: CountedOptions): Promise<CountedApp> {
  const { port, calls, documents, reset } = counting(store);
  const holder = createMacHolder();
  const keys = await openKeys({ store: port, holder, rootKey: ROOT_KEY, clock: systemClock, initialise: false });
  let opened = 0;
  const counted: Keys = {
    ...keys,
    async openingKeys(...scope) {
      const keyFor = await keys.openingKeys(...scope);
      // Asked once for each envelope that is opened, and never else.
      return (id) => {
        opened += 1;
        return keyFor(id);
      };
    },
  };
  const limits = limitsWith(PATIENT);
  const git = createGitReader({ reach: createReach([]), limits });
  const shared = { clock: systemClock, log: silentLog, limits, plugins: noPlugins, git };
  const { schema, contextFor, fileMutations, routes } = createGateway({
    ...shared,
    store: port,
    keys: counted,
    cacheBytes,
  });
  const config = { host: '127.0.0.1', port: 0, development: true, limits, answerCacheBytes, trustedProxies: [] };
  const ways = { schema, contextFor, fileMutations, routes };
  const server = createServer({ ...ways, config, log: silentLog, ready: async () => true });
  const { url } = await server.listen();
  return {
    calls,
    documents,
    opens: () => opened,
    reset() {
      opened = 0;
      reset();
    },
    async gql(query, variables, token) {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      const { text } = await post(`${url}/graphql`, headers, JSON.stringify({ query, variables }));
      const { data, errors } = JSON.parse(text) as { data: unknown; errors?: unknown };
      if (errors) throw new Error(JSON.stringify(errors));
      return data;
    },
    close: () => server.close(),
  };
}
