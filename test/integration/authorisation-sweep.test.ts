import { parse, validate } from 'graphql';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { formsOf } from '../support/canaries.ts';
import { listen, until } from '../support/listening.ts';
import { MUTATIONS, operationOf } from '../support/mutations.ts';
import { schema } from '../support/schema.ts';
import { type AppOptions, startApp, type TestApp } from '../support/start-app.ts';
import { mainWays } from '../support/sweep/main-ways.ts';
import { isDue, isSeenByOwner, PRINCIPALS } from '../support/sweep/model.ts';
import { allFields, type Walked, walk } from '../support/sweep/walk.ts';
import { aWorld, type World } from '../support/sweep/world.ts';

/** Fields that only events have. */
const OF_EVENTS = /^(DocumentChange|KeyChanges)\./;
const LIMITS: AppOptions['limits'] = {
  cost: 1_000_000,
  depth: 30,
  aliases: 200,
  ratePoints: 0,
  ratePointsDependent: 0,
  socketMessagesPerMinute: 1_000_000,
};

let app: TestApp;
let world: World;
let forms: readonly (readonly [string, readonly string[]])[] = [];
const documents: Record<string, readonly Walked[]> = {};
beforeAll(async () => {
  app = await startApp({ limits: LIMITS, answerCacheBytes: 1_000_000 });
  world = await aWorld(app);
  forms = [...world.canaries.keys()].map((canary) => [canary, formsOf(canary)]);
  const leadsTo = async (query: string, type: string): Promise<boolean> =>
    (await posted(query, app.owner)).includes(`"__typename":"${type}"`);
  for (const [name, literals] of Object.entries(world.literals)) {
    documents[name] = await walk(schema, literals, leadsTo);
  }
  documents.main = mainWays((await app.store.head(['default']))?.seq ?? 0);
  for (const { query } of documents.main) expect(validate(schema, parse(query))).toEqual([]);
}, 120_000);
afterAll(() => app.close());

const found = (text: string): readonly string[] =>
  forms.filter(([, each]) => each.some((form) => text.includes(form))).map(([canary]) => canary);

/** Canaries in an answer that are not due to whoever asked, with where they stand. */
function undue(principal: string, text: string, query: string): readonly string[] {
  return found(text).flatMap((canary) => {
    const place = world.canaries.get(canary);
    return place && !isDue(principal, place)
      ? [`${place.where} ${place.type} ${place.project} in ${query.slice(0, 160)}`]
      : [];
  });
}

async function posted(query: string, token: string): Promise<string> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return response.text();
}

describe('no value reaches anybody to whom it is not due', () => {
  it('by the way of any field: each is walked', () => {
    const walked = new Set(documents.own?.flatMap(({ fields }) => fields));
    expect(allFields(schema).filter((field) => !walked.has(field) && !OF_EVENTS.test(field))).toEqual([]);
    expect(walked.size).toBeGreaterThan(500);
  });

  it.each(PRINCIPALS)('over POST: %s', async (principal) => {
    const token = world.tokens[principal] ?? '';
    const seen = new Set<string>();
    const leaks: string[] = [];
    for (const walked of Object.values(documents)) {
      for (const { query } of walked) {
        const text = await posted(query, token);
        for (const canary of found(text)) seen.add(canary);
        leaks.push(...undue(principal, text, query));
      }
    }
    expect(leaks).toEqual([]);
    if (principal !== 'owner') return;
    const missed = [...world.canaries].filter(([canary, place]) => isSeenByOwner(place) && !seen.has(canary));
    expect(missed.map(([, place]) => `${place.where} ${place.type} ${place.project}`)).toEqual([]);
  });

  it.each(PRINCIPALS)('over a WebSocket: %s', async (principal) => {
    const client = createClient({
      url: `${app.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${world.tokens[principal]}` },
      lazy: false,
      retryAttempts: 0,
      onNonLazyError: () => {},
    });
    const leaks: string[] = [];
    for (const { query } of [...(documents.own ?? []), ...(documents.main ?? [])]) {
      const texts: string[] = [];
      await new Promise<void>((resolve) => {
        client.subscribe(
          { query },
          {
            next: (answer) => void texts.push(JSON.stringify(answer)),
            error: (error) => {
              texts.push(JSON.stringify(error));
              resolve();
            },
            complete: () => resolve(),
          },
        );
      });
      expect(texts.length).toBeGreaterThan(0);
      leaks.push(...undue(principal, texts.join(), query));
    }
    await client.dispose();
    expect(leaks).toEqual([]);
  });
});

const EVENTS: Readonly<Record<string, string>> = {
  environment: `subscription { it: environmentChanged(project: "default-project", workload: { kind: SERVICE, id: "svc" }) {
    ... on EnvironmentEvent { digest variables { added removed changed } environment { variables { name value masked } files { path data } unresolved { name reference } } } } }`,
  globals: `subscription { it: globalSecretChanged { ... on GlobalSecretEvent { changes { keys { variables { changed } } } globalSecrets { slug values files { data } } } } }`,
  changes: `subscription { it: changes { ... on CommitEvent { operation changes { name keys { variables { added changed } files { changed } } } } } }`,
  apps: `subscription { it: appSecretsChanged(app: "example-app", environment: "dev") { ... on AppSecretsEvent { seq secrets } } }`,
};

describe('events', () => {
  it('carry no value to whom it is not due', async () => {
    const listeners = await Promise.all(
      PRINCIPALS.flatMap((principal) =>
        Object.entries(EVENTS).map(async ([name, query]) => ({
          principal,
          name,
          listener: await listen(app.url, world.tokens[principal] ?? '', query),
        })),
      ),
    );
    const known = new Set(world.canaries.keys());
    await world.rewrite();
    forms = [...world.canaries.keys()].map((canary) => [canary, formsOf(canary)]);
    const toldTo = (who: string, what: string) =>
      JSON.stringify(
        listeners
          .filter(({ principal, name }) => principal === who && name === what)
          .map(({ listener }) => listener.events),
      );
    const fresh = [...world.canaries].filter(([canary]) => !known.has(canary));
    const reaching = fresh.filter(([, { reachesSvc }]) => reachesSvc).map(([canary]) => canary);
    // The workload itself is told all of it: so is everybody else by then, as far as they are.
    await until(() => reaching.every((canary) => toldTo('dependent', 'environment').includes(canary)), 'the events');
    await until(() => toldTo('reader', 'globals').includes('global-config'), 'the last event of global secrets');
    const leaks = listeners.flatMap(({ principal, name, listener }) =>
      undue(principal, JSON.stringify(listener.events), name),
    );
    await Promise.all(listeners.map(({ listener }) => listener.stop()));
    expect(reaching.length).toBeGreaterThan(3);
    expect(leaks).toEqual([]);
  });
});

/**
 * Who may change nothing of what the mutations are tried on: secrets in projects of their own, and what belongs to the team.
 * A developer works on configuration, and may have what runs restarted.
 */
const POWERLESS: Readonly<Record<string, readonly string[]>> = {
  auditor: [],
  'keys only': [],
  'config only': [],
  'one project': [],
  'no globals': [],
  reader: [],
  dependent: [],
  developer: ['restartDependents', 'cancelRestart', 'redeliverRestart', 'acknowledgeEnvironment'],
};

describe('whoever may change nothing changes nothing', () => {
  it.each(MUTATIONS.map((each, i) => [each.name, each, i] as const))('%s', async (name, { prepare }, i) => {
    const input = await prepare(app, 1_000 + i);
    const before = (await app.store.head(['default']))?.seq;
    for (const [principal, allowed] of Object.entries(POWERLESS)) {
      if (allowed.includes(name)) continue;
      const { data, errors } = await app.gql(operationOf(name), { input }, world.tokens[principal]);
      const code = errors?.[0]?.extensions.code ?? data?.result?.code;
      expect([principal, ['FORBIDDEN', 'NOT_FOUND'].includes(String(code)), code]).toEqual([principal, true, code]);
    }
    expect((await app.store.head(['default']))?.seq).toBe(before);
  });
});
