import { createGateway, type Gateway } from '../../src/app/gateway.ts';
import { limitsWith } from '../../src/app/limits.ts';
import { createSchema } from '../../src/app/schema.ts';
import type { GitReader } from '../../src/git/port.ts';
import { createGitReader } from '../../src/git/reader.ts';
import type { Context } from '../../src/graphql/types/context.ts';
import type { ContextFor } from '../../src/http/caller.ts';
import { createServer, type ServerDeps } from '../../src/http/server.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import type { Limits } from '../../src/kernel/limits.ts';
import { type Log, silentLog } from '../../src/kernel/log.ts';
import { createMacHolder, type MacHolder } from '../../src/keys/mac-holder.ts';
import { openKeys } from '../../src/keys/open-keys.ts';
import type { Slice } from '../../src/modules/slice.ts';
import { createReach, type Reach } from '../../src/net/reach.ts';
import type { Plugins } from '../../src/plugin/plugin.ts';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import type { OpenedStore, Store } from '../../src/store/port.ts';
import { PATIENT } from './patient.ts';
import { usualPlugins } from './plugins.ts';
import { post } from './post.ts';

export const ROOT_KEY = Buffer.alloc(32, 7);

export interface AppOptions {
  /** Opens the store; in memory unless given. */
  readonly open?: (holder: MacHolder) => OpenedStore | Promise<OpenedStore>;
  readonly rootKey?: Uint8Array;
  readonly clock?: Clock;
  /** Milliseconds that go on with `clock`, where a test lets days pass. */
  readonly monotonic?: () => number;
  readonly log?: Log;
  readonly limits?: Partial<Limits>;
  readonly cacheBytes?: number;
  readonly answerCacheBytes?: number;
  readonly team?: string;
  readonly plugins?: Plugins;
  readonly git?: GitReader;
  readonly reach?: Reach;
  /** The nouns that it serves; all of them unless given. */
  readonly slices?: readonly Slice[];
  /** Of the Yoga and envelop world, beside the shipped ones. */
  readonly graphqlPlugins?: ServerDeps['plugins'];
  /** Is told of the context of each request. */
  readonly onContext?: (context: Context) => void;
  /** How it is a part of a larger graph; absent: it is none. */
  readonly federation?: Parameters<Gateway['federation']>[0];
  /** Is told of each request that a federation gateway forwards. */
  readonly onForwarded?: () => void;
  readonly onRequest?: (request: Parameters<ContextFor>[0]) => void;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are read as the test's own query shaped them
  readonly data: any;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

export interface TestApp {
  readonly store: Store;
  readonly gateway: Gateway;
  readonly url: string;
  readonly owner: string;
  /** One GraphQL request over HTTP, as the owner unless another token is given; null: as a stranger. */
  gql(query: string, variables?: object, token?: string | null): Promise<Answer>;
  /** A token with a role. */
  token(role: string, over?: object): Promise<string>;
  close(): Promise<void>;
}

/** A whole gateway on a port of its own. */
export async function startApp(options: AppOptions = {}): Promise<TestApp> {
  const { clock = () => new Date(), log = silentLog, team = 'default', rootKey = ROOT_KEY } = options;
  const holder = createMacHolder();
  const store: OpenedStore = await (options.open ?? (({ mac }) => openMemoryStore({ mac })))(holder);
  const keys = await openKeys({ store, holder, rootKey, clock, initialise: true });
  const limits = limitsWith({ ...PATIENT, ...options.limits }, options.slices);
  const gateway = createGateway({
    store,
    keys,
    clock,
    log,
    limits,
    cacheBytes: options.cacheBytes ?? 64 * 1024 * 1024,
    plugins: options.plugins ?? (await usualPlugins()),
    git: options.git ?? createGitReader({ reach: createReach([]), limits }),
    // A clock that the test moves is no clock that jumped.
    monotonic: options.monotonic ?? (() => clock().getTime()),
    ...(options.reach ? { reach: options.reach } : {}),
    ...(options.slices ? { slices: options.slices } : {}),
  });
  const owner = (await gateway.services.access.bootstrap(team)) ?? '';
  const { fileMutations, hooks } = gateway;
  // Plugins may change the schema that they are given.
  const schema = options.graphqlPlugins ? createSchema(options.slices) : gateway.schema;
  const contextFor: ContextFor = async (request) => {
    options.onRequest?.(request);
    const context = await gateway.contextFor(request);
    options.onContext?.(context as Context);
    return context;
  };
  const config = {
    host: '127.0.0.1',
    trustedProxies: [],
    port: 0,
    development: true,
    limits,
    answerCacheBytes: options.answerCacheBytes ?? 8 * 1024 * 1024,
  };
  const { counters } = store;
  const ready = async () => true;
  const plugins = options.graphqlPlugins ?? [];
  const lane = options.federation && gateway.federation(options.federation);
  const federation = lane && {
    ...lane,
    contextFor: (request: Parameters<ContextFor>[0]) => {
      options.onForwarded?.();
      return lane.contextFor(request);
    },
    // The short way of kept answers asks for no context: whoever wants to be told of each request takes the usual one.
    known: options.onForwarded ? undefined : lane.known,
  };
  const known = options.onRequest || options.onContext ? undefined : gateway.known;
  const own = { schema, contextFor, known, fileMutations, routes: gateway.routes, federation };
  const server = createServer({ ...own, hooks, config, log, ready, counters, plugins });
  const { url } = await server.listen();

  async function gql(query: string, variables: object = {}, token: string | null = owner): Promise<Answer> {
    const headers = {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    };
    const { status, text } = await post(`${url}/graphql`, headers, JSON.stringify({ query, variables }));
    return { status, ...(JSON.parse(text) as { data: unknown; errors?: never }) };
  }

  let tokens = 0;
  return {
    store,
    gateway,
    url,
    owner,
    gql,
    async token(role, over = {}) {
      tokens += 1;
      const input = { name: `token ${tokens}`, kind: 'MACHINE', role, ...over };
      const { data, errors } = await gql(CREATE_TOKEN, { input });
      const text = data?.createToken?.text;
      if (typeof text !== 'string') throw new Error(JSON.stringify({ data, errors }));
      return text;
    },
    async close() {
      await server.close();
      gateway.services.streams.close();
      await store.close();
    },
  };
}

const CREATE_TOKEN = `mutation ($input: CreateTokenInput!) {
  createToken(input: $input) { __typename ... on CreateTokenPayload { text } ... on Error { code message } }
}`;
