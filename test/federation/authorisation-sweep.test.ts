import { GraphQLObjectType, GraphQLSchema, isObjectType } from 'graphql';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { createSubgraph } from '../../src/graphql/federation/entities.ts';
import { formsOf } from '../support/canaries.ts';
import { ask, gatewayToken, startFederated } from '../support/federation/ask.ts';
import { schema } from '../support/schema.ts';
import type { TestApp } from '../support/start-app.ts';
import { isDue, PRINCIPALS } from '../support/sweep/model.ts';
import { type Walked, walk } from '../support/sweep/walk.ts';
import { aWorld, type World } from '../support/sweep/world.ts';

const NODES = ['SecretGroup', 'GlobalSecret', 'App', 'AppSecret', 'Environment'];
const LIMITS = {
  cost: 1_000_000,
  depth: 30,
  aliases: 200,
  ratePoints: 0,
  ratePointsDependent: 0,
  wrongTokensPerAddress: 0,
  socketMessagesPerMinute: 1_000_000,
};

let app: TestApp;
let world: World;
let gateway: string;
let forms: readonly (readonly [string, readonly string[]])[] = [];
const documents: Walked[] = [];

/** The subgraph as a gateway that knows no other way in. */
function byEntities(): GraphQLSchema {
  const subgraph = createSubgraph(schema, { prefix: '', key: ['projectId', 'id'] }).schema;
  const query = subgraph.getQueryType()?.toConfig();
  const _entities = query?.fields._entities;
  if (!query || !_entities) throw new Error('There is no _entities');
  const root = new GraphQLObjectType({ ...query, fields: { _entities } });
  const types = Object.values(subgraph.getTypeMap()).filter(
    (type) => isObjectType(type) && !/^_|^(Query|Mutation|Subscription)$/.test(type.name),
  );
  return new GraphQLSchema({ query: root, types });
}

/** A representation for each entity, of what the literals of the sweep are about. */
const representations = (literals: Readonly<Record<string, string>>) => ({
  ...Object.fromEntries(
    NODES.map((type) => [
      `Query._entities.representations@${type}`,
      `[{ __typename: "${type}", id: ${literals[`Query.node.id@${type}`]} }]`,
    ]),
  ),
  ...Object.fromEntries(
    ['Service', 'Job'].map((type) => [
      `Query._entities.representations@${type}`,
      `[{ __typename: "${type}", projectId: ${literals['*.slug']}, id: ${literals['*.id']} }]`,
    ]),
  ),
});

const posted = async (query: string, user: string): Promise<string> => (await ask(app, { gateway, user }, query)).text;

type Asks = (query: string) => Promise<string>;

const headersOf = (user: string) => ({ 'x-keyloom-gateway': gateway, authorization: `Bearer ${user}` });

/** The ways in, each with how it ends. */
const WAYS: Readonly<Record<string, (user: string) => { readonly asks: Asks; readonly stop?: () => unknown }>> = {
  POST: (user) => ({ asks: (query) => posted(query, user) }),
  GET: (user) => ({
    asks: async (query) =>
      (await fetch(`${app.url}/federation?${new URLSearchParams({ query })}`, { headers: headersOf(user) })).text(),
  }),
  'server-sent events': (user) => ({
    async asks(query) {
      const headers = { ...headersOf(user), accept: 'text/event-stream', 'content-type': 'application/json' };
      const body = JSON.stringify({ query });
      const response = await fetch(`${app.url}/federation`, { method: 'POST', headers, body });
      expect(response.headers.get('content-type')).toContain('text/event-stream');
      return response.text();
    },
  }),
  'a WebSocket': (user) => {
    const client = createClient({
      url: `${app.url.replace('http', 'ws')}/federation`,
      webSocketImpl: WebSocket,
      connectionParams: headersOf(user),
      lazy: false,
      retryAttempts: 0,
      onNonLazyError: () => {},
    });
    const asks: Asks = (query) =>
      new Promise((resolve) => {
        const texts: string[] = [];
        client.subscribe(
          { query },
          {
            next: (answer) => void texts.push(JSON.stringify(answer)),
            error: (error) => resolve(`${texts.join()}${JSON.stringify(error)}`),
            complete: () => resolve(texts.join()),
          },
        );
      });
    return { asks, stop: () => client.dispose() };
  },
};

beforeAll(async () => {
  app = await startFederated({ limits: LIMITS, answerCacheBytes: 1_000_000 });
  gateway = await gatewayToken(app);
  world = await aWorld(app);
  forms = [...world.canaries.keys()].map((canary) => [canary, formsOf(canary)]);
  const entities = byEntities();
  const leadsTo = async (query: string, type: string): Promise<boolean> =>
    (await posted(query, app.owner)).includes(`"__typename":"${type}"`);
  for (const literals of Object.values(world.literals))
    documents.push(...(await walk(entities, { ...literals, ...representations(literals) }, leadsTo)));
}, 240_000);
afterAll(() => app.close());

const found = (text: string): readonly string[] =>
  forms.filter(([, each]) => each.some((form) => text.includes(form))).map(([canary]) => canary);

describe('no value reaches anybody to whom it is not due, by the way of _entities', () => {
  it('and every entity is a way to more', () => {
    const fields = new Set(documents.flatMap((walked) => walked.fields));
    expect([...fields]).toEqual(expect.arrayContaining([...NODES.map((type) => `${type}.id`), 'Service.id', 'Job.id']));
    expect([...fields]).toEqual(
      expect.arrayContaining(['ResolvedVariable.value', 'Variable.value', 'AppSecretValue.text']),
    );
    expect(fields.size).toBeGreaterThan(150);
  });

  const cases = Object.keys(WAYS).flatMap((way) => PRINCIPALS.map((principal) => [way, principal] as const));
  it.each(cases)('over %s: %s', async (way, principal) => {
    const { asks, stop } = WAYS[way]?.(world.tokens[principal] ?? '') ?? {};
    const seen = new Set<string>();
    const leaks: string[] = [];
    let answered = 0;
    for (const { query } of documents) {
      const text = (await asks?.(query)) ?? '';
      if (text.includes('_entities')) answered += 1;
      for (const canary of found(text)) {
        seen.add(canary);
        const place = world.canaries.get(canary);
        if (place && !isDue(principal, place))
          leaks.push(`${place.where} ${place.type} ${place.project} in ${query.slice(0, 160)}`);
      }
    }
    await stop?.();
    expect(leaks).toEqual([]);
    expect(answered).toBe(documents.length);
    if (principal !== 'owner') return;
    const places = new Set([...seen].map((canary) => world.canaries.get(canary)?.where));
    expect([...places]).toEqual(expect.arrayContaining(['group', 'direct', 'addon', 'global', 'appShown']));
  });

  it('nobody at all without a user, and nobody without a gateway', async () => {
    for (const { query } of documents) {
      for (const asking of [
        { gateway, user: null },
        { gateway: null, user: app.owner },
      ]) {
        const { status, text } = await ask(app, asking, query);
        expect([status, found(text)]).toEqual([401, []]);
        const { authorization, ...rest } = headersOf(app.owner);
        const headers = asking.user === null ? rest : { authorization };
        const got = await fetch(`${app.url}/federation?${new URLSearchParams({ query })}`, { headers });
        expect([got.status, found(await got.text())]).toEqual([401, []]);
      }
    }
  });
});
