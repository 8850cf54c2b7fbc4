import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Plugin } from 'graphql-yoga';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limitsWith } from '../../src/app/limits.ts';
import type { Shown } from '../../src/audit/notes.ts';
import { type Answers, createAnswers } from '../../src/graphql/engine/answers.ts';
import { createDocuments } from '../../src/graphql/engine/documents.ts';
import { createGraphql, type Graphql } from '../../src/graphql/engine/execute.ts';
import { createMask } from '../../src/graphql/engine/mask-error.ts';
import { createPipeline } from '../../src/graphql/engine/pipeline.ts';
import type { Context } from '../../src/graphql/types/context.ts';
import { createConnectionLimits } from '../../src/http/connection-limits.ts';
import { createDeadlines } from '../../src/http/deadline.ts';
import { createEventStreams } from '../../src/http/events.ts';
import { Exchange } from '../../src/http/exchange.ts';
import { createGraphqlRoute } from '../../src/http/graphql-route.ts';
import { createRates } from '../../src/http/rates.ts';
import { createWrongTokens } from '../../src/http/wrong-tokens.ts';
import { createYogaLane } from '../../src/http/yoga.ts';
import { createInFlight } from '../../src/kernel/in-flight.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { createPace } from '../../src/kernel/pace.ts';
import type { Delivery } from '../../src/streams/subscriber.ts';
import { until } from '../support/listening.ts';
import { aGroup, aProject, aServiceInput, done, PUT_SERVICE } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { contextOf } from '../support/sweep/paths.ts';

/** Whatever shows values carries the note of what it shows, and of nothing else. */
let app: TestApp;
let answers: Answers;
const NAMES = ['one', 'two', 'three'];

beforeEach(async () => {
  app = await startApp();
  answers = createAnswers(1_000_000);
  await aProject(app);
  for (const name of NAMES) {
    const variables = NAMES.slice(0, NAMES.indexOf(name) + 1).map((each) => ({ name: `V_${each}`, value: name }));
    await aGroup(app, { name, variables });
  }
});
afterEach(() => app.close());

/** The engine of the gateway, with the store of answers at hand. */
function engineOf(plugins: readonly Plugin[] = []): Graphql {
  const { schema, fileMutations } = app.gateway;
  const limits = limitsWith({ ratePoints: 0 });
  const mask = createMask(silentLog, limits.errors);
  const documents = createDocuments({ schema, limits, development: false });
  const pipeline = createPipeline({ schema, documents, mask, limits, fileMutations, plugins });
  const inFlight = createInFlight({ noun: 'a', perPrincipal: 1e9, inAll: 1e9, settings: ['A', 'B'] });
  return createGraphql({ pipeline, documents, mask, limits, fileMutations, answers, inFlight });
}

const requestFor = (query: string) => ({
  query,
  variables: {},
  operationName: null,
  requestId: 'test',
  method: 'POST' as const,
  bytes: query.length,
});
const idOf = (name: string): string => Buffer.from(`SecretGroup:default-project/${name}`).toString('base64');
const subjectOf = (name: string): string => `secretGroup/default-project/${name}`;
const GROUP = '... on SecretGroup { variables { value } }';
const groupQuery = (name: string): string => `{ node(id: "${idOf(name)}") { ${GROUP} } }`;
const noted = (shown: Shown | undefined): object => Object.fromEntries(shown ?? []);

describe('answers', () => {
  it('that are made at the same time have the notes of their own values alone, however these are loaded', async () => {
    const graphql = engineOf();
    const many = `{ nodes(ids: [${NAMES.map((name) => `"${idOf(name)}"`).join()}]) { ${GROUP} } }`;
    const asking = Array.from({ length: 8 }, () => [...NAMES.map((name) => [name, groupQuery(name)]), ['all', many]]);
    const made = await Promise.all(
      asking.flat().map(async ([name = '', query = '']) => {
        const { shown, body } = await graphql.answer(requestFor(query), await contextOf(app));
        return { name, noted: noted(shown), errors: body.errors };
      }),
    );
    const all = { [subjectOf('one')]: 1, [subjectOf('two')]: 2, [subjectOf('three')]: 3 };
    for (const { name, ...rest } of made) {
      const own = Object.entries(all).filter(([subject]) => name === 'all' || subject === subjectOf(name));
      expect(rest).toEqual({ noted: Object.fromEntries(own), errors: undefined });
    }
  });

  it('that are sent over HTTP at the same time have them, too', async () => {
    const seen: Context[] = [];
    const other = await startApp({ onContext: (context) => void seen.push(context) });
    await aProject(other);
    for (const name of NAMES) await aGroup(other, { name, variables: [{ name: 'A', value: name }] });
    seen.length = 0;
    await Promise.all(NAMES.map((name) => other.gql(groupQuery(name))));
    const subjects = seen.map(({ notes }) => [...notes.shown.keys()]).sort();
    expect(subjects).toEqual(NAMES.map((name) => [subjectOf(name)]).sort());
    await other.close();
  });
});

describe('what workloads share of their environments', () => {
  it('is noted as the value of whoever it is shown of', async () => {
    const ids = ['none', 'alike', 'own'];
    for (const id of ids) {
      const variables = id === 'own' ? [{ name: 'OWN', value: 'x' }] : [];
      await done(app, PUT_SERVICE, aServiceInput({ id, variables }));
    }
    const graphql = engineOf();
    const of = (id: string) => `s_${id}: service(id: "${id}") { environment { variables { value } } }`;
    const query = `{ project(slug: "default-project") { ${ids.map(of).join(' ')} } }`;
    const { shown } = await graphql.answer(requestFor(query), await contextOf(app));
    const counts = { none: 3, alike: 3, own: 4 };
    expect(noted(shown)).toEqual(
      Object.fromEntries(Object.entries(counts).map(([id, count]) => [`service/default-project/${id}`, count])),
    );
  });
});

interface Answered {
  readonly data: { readonly node: { readonly variables: readonly unknown[] } };
}

describe('an answer that is kept', () => {
  /** The route of the gateway, with all answers that it sends again. */
  async function serving() {
    const limits = limitsWith({ ratePoints: 0 });
    const bodies = createInFlight({ noun: 'b', perPrincipal: 1e9, inAll: 1e9, settings: ['A', 'B'] });
    const again: (Shown | undefined)[] = [];
    const find: Answers['find'] = (...asked) => {
      const found = answers.find(...asked);
      again.push(found?.shown);
      return found;
    };
    const route = createGraphqlRoute({
      graphql: engineOf(),
      contextFor: app.gateway.contextFor,
      yoga: createYogaLane(false),
      events: createEventStreams(limits),
      connections: createConnectionLimits(limits),
      rates: createRates(limits),
      pace: createPace(),
      bodies,
      inFlight: bodies,
      wrongTokens: createWrongTokens(limits),
      answers: { ...answers, find },
      plans: { find: () => null, make: () => null },
      limits,
      startDeadline: createDeadlines(limits.deadlineMs),
      development: false,
    });
    const server = createHttpServer((request, response) => {
      route(new Exchange(request, response, '127.0.0.1', () => {})).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const close = () => new Promise<unknown>((resolve) => server.close(resolve));
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${app.owner}` };
    const ask = async (query: string) =>
      (await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) })).json() as Promise<Answered>;
    return { ask, again, close };
  }

  it('carries the note of what it shows each time that the gateway gives it', async () => {
    const { ask, again, close } = await serving();
    const given: Answered[] = [];
    for (let i = 0; i < 3; i += 1) given.push(await ask(groupQuery('two')));
    expect(given.map(({ data }) => data.node.variables.length)).toEqual([2, 2, 2]);
    expect(again.map((shown) => shown && noted(shown))).toEqual([
      undefined,
      { [subjectOf('two')]: 2 },
      { [subjectOf('two')]: 2 },
    ]);
    await close();
  });
});

const DIGEST = (variables: string): string => `subscription {
  environmentChanged(project: "default-project", workload: { kind: SERVICE, id: "example-service" }) {
    ... on EnvironmentEvent { cursor environment { variables { name ${variables} } } } } }`;

/** What each of some listeners to one operation is sent. */
async function listening(graphql: Graphql, query: string, listeners: number): Promise<readonly Delivery[][]> {
  const sent: Delivery[][] = Array.from({ length: listeners }, () => []);
  for (const each of sent) {
    const opened = await graphql.stream(requestFor(query), await contextOf(app));
    if (!('begin' in opened)) throw new Error(opened.latin1);
    await opened.begin({ send: (delivery) => void each.push(delivery), ready: async () => {}, end: () => {} });
  }
  return sent;
}

const putService = (value: string) =>
  done(
    app,
    PUT_SERVICE,
    aServiceInput({
      variables: [
        { name: 'OWN', value },
        { name: 'MORE', value },
      ],
    }),
  );
/** Of what it has itself, and of what it inherits. */
const SHOWN = { 'service/default-project/example-service': 2 + NAMES.length };

describe('deliveries', () => {
  it('that are shared carry the note of what each shows to everybody who gets it', async () => {
    const sent = await listening(engineOf(), DIGEST('value'), 3);
    await putService('first');
    await until(() => sent.every((each) => each.length === 1));
    await putService('second');
    await until(() => sent.every((each) => each.length === 2));
    const [own = []] = sent;
    for (const each of sent) {
      // The very same for all of them.
      expect(each.map((delivery, i) => delivery === own[i])).toEqual([true, true]);
      expect(each.map(({ latin1 }) => /first|second/.exec(latin1)?.[0])).toEqual(['first', 'second']);
      expect(each.map(({ shown }) => noted(shown))).toEqual([SHOWN, SHOWN]);
    }
  });

  it('that show names alone note nothing, next to others that show values', async () => {
    const graphql = engineOf();
    const [names, values] = [await listening(graphql, DIGEST(''), 1), await listening(graphql, DIGEST('value'), 1)];
    await putService('first');
    await until(() => [...names, ...values].every((each) => each.length === 1));
    expect(names[0]?.map(({ shown }) => noted(shown))).toEqual([{}]);
    expect(values[0]?.map(({ shown }) => noted(shown))).toEqual([SHOWN]);
  });

  it('that a plugin sees one by one carry the note of their own event, and of none before it', async () => {
    const seeing: Plugin = { onSubscribe: () => ({ onSubscribeResult: () => ({ onNext: () => {} }) }) };
    const sent = await listening(engineOf([seeing]), DIGEST('value'), 2);
    await putService('first');
    await until(() => sent.every((each) => each.length === 1));
    await putService('second');
    await until(() => sent.every((each) => each.length === 2));
    for (const each of sent) {
      expect(each.map(({ latin1 }) => /first|second/.exec(latin1)?.[0])).toEqual(['first', 'second']);
      expect(each.map(({ shown }) => noted(shown))).toEqual([SHOWN, SHOWN]);
    }
  });
});
