import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { createClient } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewayToken, startFederated } from '../support/federation/ask.ts';
import { type Hive, startHive } from '../support/federation/hive.ts';
import { type Platform, startPlatform } from '../support/federation/platform.ts';
import { supergraphOf } from '../support/federation/supergraph.ts';
import { until } from '../support/listening.ts';
import { aGroup, aProject, aServiceInput, CANARY, done, operation, PUT_SERVICE } from '../support/makers.ts';
import type { TestApp } from '../support/start-app.ts';

let app: TestApp;
let platform: Platform;
let gateway: string;
const supergraphs: Record<string, string> = {};
const hives: Partial<Record<'sse' | 'ws', Hive>> = {};
/** Requests with `_entities` that reached Keyloom. */
let requests = 0;

beforeAll(async () => {
  app = await startFederated({
    federation: { prefix: 'Keyloom', key: ['projectId', 'id'] },
    onForwarded: () => {
      requests += 1;
    },
  });
  platform = await startPlatform();
  gateway = await gatewayToken(app);
  await aProject(app);
  for (let i = 0; i < 20; i += 1)
    await done(
      app,
      PUT_SERVICE,
      aServiceInput({ id: `svc-${i}`, name: `Service ${i}`, variables: [{ name: 'OWN', value: `${CANARY}${i}` }] }),
    );
  await aGroup(app, { name: 'Shared', type: 'SECRET', variables: [{ name: 'SHARED', value: CANARY }] });
  for (const composer of ['guild', 'apollo'] as const) {
    const { supergraph, errors } = await supergraphOf(app, gateway, platform, composer);
    expect(errors).toEqual([]);
    supergraphs[composer] = supergraph;
  }
  for (const subscriptions of ['sse', 'ws'] as const)
    hives[subscriptions] = await startHive({ supergraph: supergraphs.guild ?? '', gateway, subscriptions });
}, 60_000);
afterAll(async () => {
  await Promise.all(Object.values(hives).map((hive) => hive.close()));
  await platform.close();
  await app.close();
});

const SERVICE = `query ($id: ID!) { service(projectId: "default-project", id: $id) {
  name project { name } environment { variables { name value masked } } } }`;
const SERVICES = `{ services(projectId: "default-project", count: 20) { name environment { variables { name value } } } }`;
const SHARED = { name: 'SHARED', value: CANARY, masked: false };

// biome-ignore lint/suspicious/noExplicitAny: answers are read as the test's own query shaped them
type Answer = { data?: any; errors?: { message: string; extensions?: { code?: string } }[] };

type Asks = (query: string, variables: object, token: string | null) => Promise<Answer>;

const throughHive: Asks = async (query, variables, token) => {
  const headers = {
    'content-type': 'application/json',
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  };
  const body = JSON.stringify({ query, variables });
  return (await fetch(hives.sse?.url ?? '', { method: 'POST', headers, body })).json() as Promise<Answer>;
};

function apollo(supergraphSdl: string): { readonly asks: Asks; readonly stop: () => Promise<void> } {
  let token: string | null = null;
  class ToKeyloom extends RemoteGraphQLDataSource {
    override willSendRequest({
      request,
    }: {
      request: { http?: { headers: { set(name: string, value: string): void } } };
    }) {
      if (!this.url?.startsWith(app.url)) return;
      request.http?.headers.set('x-keyloom-gateway', gateway);
      if (token !== null) request.http?.headers.set('authorization', `Bearer ${token}`);
    }
  }
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const made = new ApolloGateway({
    supergraphSdl,
    logger,
    buildService: ({ url }) => new ToKeyloom({ url: url ?? '' }),
  });
  const loaded = made.load();
  const asks: Asks = async (query, variables, given) => {
    token = given;
    const { executor } = await loaded;
    const { parse } = await import('graphql');
    const request = { query, variables };
    const context = {
      request,
      document: parse(query),
      queryHash: query,
      context: {},
      schema: {},
      cache: new Map(),
      logger,
      metrics: {},
      overallCachePolicy: null,
    };
    const operationName = null;
    return JSON.parse(JSON.stringify(await executor({ ...context, operationName } as never))) as Answer;
  };
  return { asks, stop: () => made.stop() };
}

describe.each(['hive', 'apollo over guild', 'apollo over apollo'])('a query through %s', (name) => {
  let asks: Asks = throughHive;
  let stop = async (): Promise<void> => {};
  beforeAll(() => {
    if (name !== 'hive') ({ asks, stop } = apollo(supergraphs[name.split(' over ')[1] ?? ''] ?? ''));
  });
  afterAll(() => stop());

  it('goes from a service to its environment to its variables', async () => {
    const { data, errors } = await asks(SERVICE, { id: 'svc-3' }, app.owner);
    expect(errors).toBeUndefined();
    expect(data.service).toMatchObject({ name: 'The service svc-3', project: { name: 'The project default-project' } });
    expect(data.service.environment.variables).toEqual([{ name: 'OWN', value: `${CANARY}3`, masked: false }, SHARED]);
  });

  it('asks for twenty in one request', async () => {
    requests = 0;
    const { data, errors } = await asks(SERVICES, {}, app.owner);
    expect(errors).toBeUndefined();
    expect(data.services).toHaveLength(20);
    for (const [i, { environment }] of data.services.entries())
      expect(environment.variables).toContainEqual({ name: 'OWN', value: `${CANARY}${i}` });
    expect(requests).toBe(1);
  });

  it('gives a user no more than they may see, and nobody without one anything', async () => {
    const masked = await asks(SERVICE, { id: 'svc-3' }, await app.token('developer'));
    expect(JSON.stringify(masked)).not.toContain(CANARY);
    expect(masked.data.service.environment.variables).toContainEqual({ name: 'SHARED', value: null, masked: true });
    for (const token of [null, 'klm_u_wrong', gateway]) {
      const refused = await asks(SERVICE, { id: 'svc-3' }, token);
      expect(JSON.stringify(refused)).not.toContain(CANARY);
      expect(refused.data?.service?.environment ?? null).toBeNull();
      expect(refused.errors?.length).toBeGreaterThan(0);
    }
  });

  it('says nothing of tokens to others', () => {
    expect([...platform.told]).toEqual([]);
  });
});

const CHANGED = `subscription { keyloomEnvironmentChanged(project: "default-project", workload: { kind: SERVICE, id: "svc-0" }) {
  ... on KeyloomEnvironmentEvent { seq environment { variables { name value masked } workload { ... on Service { name } } } } } }`;

/** Listens through Hive over server-sent events, as its clients do. */
function follow(hive: Hive, token: string) {
  // biome-ignore lint/suspicious/noExplicitAny: events are read as the test's own query shaped them
  const events: any[] = [];
  const ended: { at: number | null } = { at: null };
  const client = createClient({ url: hive.url, headers: { authorization: `Bearer ${token}` }, retryAttempts: 0 });
  const end = (): void => {
    ended.at ??= Date.now();
  };
  const leave = client.subscribe(
    { query: CHANGED },
    { next: (event) => void events.push(event), error: end, complete: end },
  );
  const stop = (): void => {
    leave();
    client.dispose();
  };
  return { events, ended, stop };
}

const setShared = (value: string) =>
  done(app, operation('setSecretGroupVariable', 'secretGroup { revision }'), {
    id: Buffer.from('SecretGroup:default-project/shared').toString('base64'),
    name: 'SHARED',
    value,
  });

async function aToken(kind: string, role: string): Promise<{ readonly id: string; readonly text: string }> {
  const input = { name: 'to be revoked', kind, role };
  const { token, text } = await done(app, operation('createToken', 'token { id } text'), input);
  return { id: token.id, text };
}
const revoke = (id: string) => done(app, operation('revokeToken', 'token { id }'), { id });

describe.each(['sse', 'ws'] as const)('a subscription through Hive, over %s to Keyloom', (way) => {
  let written = 0;
  /** Writes until both have heard: how long a gateway takes to listen is its own affair. */
  async function heardBy(...listeners: readonly ReturnType<typeof follow>[]): Promise<void> {
    await until(async () => {
      written += 1;
      await setShared(`${CANARY} ${way} ${written}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      return listeners.every(({ events }) => events.length > 0);
    }, 'an event');
  }

  it('joins what the platform knows, for each user what they may see', async () => {
    const hive = hives[way] as Hive;
    const [owner, developer] = [follow(hive, app.owner), follow(hive, await app.token('developer'))];
    await heardBy(owner, developer);
    const [seen, masked] = [owner, developer].map(({ events }) => events.at(-1)?.data.keyloomEnvironmentChanged);
    expect(seen.environment.workload).toEqual({ name: 'The service svc-0' });
    expect(JSON.stringify(seen)).toContain(CANARY);
    expect(masked.environment.variables).toContainEqual({ name: 'SHARED', value: null, masked: true });
    expect(JSON.stringify(developer.events)).not.toContain(CANARY);
    for (const listener of [owner, developer]) listener.stop();
  });

  it.each(['user', 'gateway'])('ends when the token of the %s is revoked, and says nothing more', async (whose) => {
    const [user, via] = [await aToken('MACHINE', 'reader'), await aToken('GATEWAY', 'gateway')];
    const hive = await startHive({ supergraph: supergraphs.guild ?? '', gateway: via.text, subscriptions: way });
    const listener = follow(hive, user.text);
    try {
      await heardBy(listener);
      await revoke(whose === 'user' ? user.id : via.id);
      const revokedAt = Date.now();
      const heard = listener.events.length;
      await setShared(`${CANARY} after ${way} ${whose}`);
      await until(() => listener.ended.at !== null, 'the end of the stream');
      expect(JSON.stringify(listener.events.slice(heard))).not.toContain(CANARY);
      process.stdout.write(
        `ended ${(listener.ended.at ?? 0) - revokedAt} ms after the revocation (${way}, ${whose})\n`,
      );
    } finally {
      listener.stop();
      await hive.close();
    }
  });
});
