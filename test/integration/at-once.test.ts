import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { limitsWith } from '../../src/app/limits.ts';
import { createAnswers } from '../../src/graphql/engine/answers.ts';
import { createDocuments } from '../../src/graphql/engine/documents.ts';
import { createGraphql } from '../../src/graphql/engine/execute.ts';
import { createMask } from '../../src/graphql/engine/mask-error.ts';
import { createPipeline } from '../../src/graphql/engine/pipeline.ts';
import { createPlans } from '../../src/graphql/engine/plans.ts';
import type { Context } from '../../src/graphql/types/context.ts';
import { createInFlight } from '../../src/kernel/in-flight.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { aGlobal } from '../support/globals.ts';
import { aTwin, comparable, type Twin } from '../support/kept-twins.ts';
import { aProject, aServiceInput, done, groupOp, operation, PUT_JOB, PUT_SERVICE } from '../support/makers.ts';
import { promisesOf } from '../support/promises.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { contextOf } from '../support/sweep/paths.ts';

/** Answers that are made within the turn of their request, beside those that GraphQL executes: the same, whatever is asked by whom. */

let app: TestApp;
let short: Twin;
let usual: Twin;
let tokens: readonly string[] = [];
let gateway = '';

const GRANTS = [{ resources: ['PROJECT', 'WORKLOAD', 'SECRET_GROUP'], verbs: ['LIST', 'RESOLVE'], types: ['CONFIG'] }];

beforeAll(async () => {
  app = await startApp({ limits: { ratePoints: 0, ratePointsDependent: 0 } });
  await aProject(app, 'granted');
  await aGlobal(app, { name: 'hidden', type: 'SECRET', values: { a: 'of a "secret"' } });
  await aGlobal(app, { name: 'plain', type: 'CONFIG', values: { a: 'of plain \u2028 configuration' } });
  await done(app, operation('createRole', ''), { name: 'Plain', grants: GRANTS });
  const listing = GRANTS.map((grant) => ({ ...grant, verbs: ['LIST', 'LIST_KEYS'], types: ['CONFIG', 'SECRET'] }));
  await done(app, operation('createRole', ''), { name: 'Listing', grants: listing });
  const one = GRANTS.map((grant) => ({ ...grant, types: ['CONFIG', 'SECRET'], projects: ['granted'] }));
  await done(app, operation('createRole', ''), { name: 'Of one', grants: one });
  await done(app, operation('createRole', ''), { name: 'Changing', grants: GRANTS });
  const roles = ['reader', 'auditor', 'developer', 'operator', 'plain', 'listing', 'of-one'];
  tokens = [app.owner, ...(await Promise.all(roles.map((role) => app.token(role))))];
  gateway = await app.token('gateway', { kind: 'GATEWAY' });
  short = await aTwin(app, { isShort: true });
  usual = await aTwin(app, {});
}, 60_000);
afterAll(async () => {
  for (const twin of [short, usual]) await twin.close();
  await app.close();
});

const NAMES = ['A', 'B', 'C', 'a', 'Z_1', 'LAST'];
const TEXTS = ['x', '', 'with "quotes" \\ and\nlines', '\u00e9\u{1f600}\u2028', '$' + '{A}', 'b $' + '{B} $' + '{C}'];
const DRAWN = [
  '$' + '{secrets.hidden.values.a}',
  '$' + '{secrets.plain.values.a}',
  '$' + '{secrets.none.values.a}',
  '$' + '{NOWHERE}',
];
const variables = fc.uniqueArray(
  fc.record({ name: fc.constantFrom(...NAMES), value: fc.constantFrom(...TEXTS, ...TEXTS, ...DRAWN) }),
  { maxLength: 4, selector: ({ name }) => name },
);
const IDS = ['one', 'two', 'three'];

interface Group {
  readonly type: string;
  readonly priority: number;
  readonly variables: readonly object[];
  readonly secretType: string;
  readonly only: string | null;
}
const groups: fc.Arbitrary<readonly Group[]> = fc.array(
  fc.record({
    type: fc.constantFrom('SECRET', 'CONFIG'),
    priority: fc.nat(2),
    secretType: fc.constantFrom('ENVIRONMENT', 'ENVIRONMENT_ARGUMENTS'),
    variables,
    only: fc.constantFrom(null, null, 'one'),
  }),
  { minLength: 1, maxLength: 4 },
);
const own = fc.tuple(variables, fc.constant([]), variables);

const VARIABLE = ['name', 'value', 'masked', 'type', '__typename', 'again: value', 'key: name'];
/** What the usual way alone answers. */
const MORE = [
  'error { code }',
  'source { __typename }',
  'masked @include(if: true)',
  '... { name }',
  'name value name',
];
const fieldsOf = (some: readonly string[], others: readonly string[]) =>
  fc.uniqueArray(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...some) }, { weight: 1, arbitrary: fc.constantFrom(...others) }),
    { minLength: 1, maxLength: 4 },
  );
const environment = fc
  .tuple(
    fieldsOf(['seq', 'digest', 'scope', 'd: digest', '__typename'], ['warnings { code }', 'files { path }']),
    fieldsOf(VARIABLE, MORE),
  )
  .map(([parts, rows]) => `${parts.join(' ')} variables { ${rows.join(' ')} }`);

interface Asked {
  readonly token: number;
  readonly id: string;
  readonly kind: string;
  readonly scope: string;
  readonly environment: string;
  readonly form: 'variables' | 'literals' | 'absent' | 'twice' | 'at' | 'several' | 'fragment';
  readonly way: Way;
}
/** How it is sent, and what is said to be read. */
type Way = 'plain' | 'accepting' | 'events' | 'get' | 'federation';
const asks: fc.Arbitrary<Asked> = fc.record({
  token: fc.nat(9),
  id: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...IDS) }, { weight: 1, arbitrary: fc.constant('nobody') }),
  kind: fc.oneof({ weight: 9, arbitrary: fc.constant('service') }, { weight: 1, arbitrary: fc.constant('job') }),
  scope: fc.oneof({ weight: 4, arbitrary: fc.constant('RUNTIME') }, { weight: 1, arbitrary: fc.constant('BUILD') }),
  environment,
  form: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Asked['form']>('variables') },
    { weight: 2, arbitrary: fc.constantFrom<Asked['form']>('literals', 'absent', 'twice') },
    { weight: 1, arbitrary: fc.constantFrom<Asked['form']>('at', 'several', 'fragment') },
  ),
  way: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Way>('plain') },
    { weight: 1, arbitrary: fc.constantFrom<Way>('accepting', 'events', 'get', 'federation') },
  ),
});

function bodyOf(project: string, { id, kind, scope, environment: fields, form }: Asked, seq = 1): string {
  if (form === 'literals' || form === 'twice') {
    const of = (key: string) => `${key}: ${kind}(id: "${id}") { environment(scope: ${scope}) { ${fields} } }`;
    return JSON.stringify({
      query: `{ project(slug: "${project}") { ${of('a')} ${form === 'twice' ? of('b') : ''} } }`,
    });
  }
  const query = `query Runtime($p: Slug!, $id: ID!, $scope: Scope = RUNTIME, $at: SafeInt) {
    project(slug: $p) { ${kind}(id: $id) { environment(scope: $scope, at: $at) { ${fields} } } } }`;
  const variables = { p: project, id, ...(form === 'absent' ? {} : { scope, at: form === 'at' ? seq : null }) };
  if (form === 'fragment') {
    const part = `fragment Part on ResolvedEnvironment { ${fields} }`;
    return JSON.stringify({ query: `${query.replace(`{ ${fields} }`, '{ ...Part }')} ${part}`, variables });
  }
  if (form !== 'several') return JSON.stringify({ query, variables });
  const others = `query Other { viewer { kind } } mutation Change { deleteTag(input: { id: "none" }) { __typename } }`;
  // Which one it is makes the difference: to one who names none, and to one who names another.
  const operationName = ['Runtime', 'Other', null, 'Unknown'][fields.length % 4];
  return JSON.stringify({ query: `${query} ${others}`, variables, operationName });
}

const MORE_HEADERS: Readonly<Record<Way, readonly string[]>> = {
  plain: [],
  accepting: ['accept: application/graphql-response+json, application/json;q=0.9', 'accept-encoding: gzip, br'],
  events: ['accept: text/event-stream'],
  get: [],
  federation: [],
};

function searchOf(body: string): string {
  const { query, variables, operationName } = JSON.parse(body);
  const named = typeof operationName === 'string' ? { operationName } : {};
  const given = variables === undefined ? {} : { variables: JSON.stringify(variables) };
  return new URLSearchParams({ query, ...given, ...named }).toString();
}

function textOf(token: string, body: string, way: Way = 'plain'): string {
  const isGet = way === 'get';
  const path = way === 'federation' ? '/federation' : '/graphql';
  return [
    isGet ? `GET ${path}?${searchOf(body)} HTTP/1.1` : `POST ${path} HTTP/1.1`,
    'host: keyloom.test',
    `authorization: Bearer ${token}`,
    ...(way === 'federation' ? [`x-keyloom-gateway: ${gateway}`] : []),
    ...MORE_HEADERS[way],
    ...(isGet ? ['', ''] : ['content-type: application/json', `content-length: ${Buffer.byteLength(body)}`, '']),
    ...(isGet ? [] : [Buffer.from(body).toString('latin1')]),
  ].join('\r\n');
}

async function asked(twin: Twin, token: string, body: string, way: Way = 'plain') {
  const answer = await twin.connections[0]?.ask([textOf(token, body, way)]);
  if (!answer) throw new Error('No connection');
  return comparable(answer);
}

const groupsNow = async (project: string): Promise<readonly { readonly id: string }[]> => {
  const { data } = await app.gql(
    `{ project(slug: "${project}") { secretGroups(first: 10) { edges { node { id } } } } }`,
  );
  return data.project.secretGroups.edges.map(({ node }: { readonly node: { readonly id: string } }) => node);
};

let projects = 0;
async function aWorld(given: readonly Group[], owned: readonly (readonly object[])[]): Promise<string> {
  projects += 1;
  const project = projects === 1 ? 'granted' : `project-${projects}`;
  if (projects > 1) await aProject(app, project);
  for (const [i, { only, ...group }] of given.entries()) {
    const workloads = only === null ? [] : [{ id: only, kind: 'SERVICE' }];
    const restrictions = { restricted: only !== null, workloads, tags: [], tagMatchCondition: 'OR' };
    await done(app, groupOp('createSecretGroup', 'id'), { project, name: `group ${i}`, ...group, restrictions });
  }
  for (const [i, id] of [...IDS, 'warm'].entries()) {
    await done(app, PUT_SERVICE, aServiceInput({ project, id, variables: owned[i], buildArguments: owned[i] }));
  }
  await done(app, PUT_JOB, aServiceInput({ project, id: 'one', variables: owned[0] }));
  return project;
}

/** One of a workload, which sees its own values whole; it ends with its registration. */
const ownToken = (project: string): Promise<string> =>
  app.token('dependent', { kind: 'DEPENDENT', workload: { project, kind: 'SERVICE', id: 'one' } });

const DELETE_SERVICE = operation('deleteService', '');
const REVOKE = operation('revokeToken', '');
const UPDATE_ROLE = operation('updateRole', '');

/** What changes what answers may be given: other values, another who has the id, another role, a token that ends. */
async function changed(what: string, project: string, all: number): Promise<void> {
  if (what === 'own') {
    const over = { project, id: 'two', variables: [{ name: 'B', value: `own ${all}` }] };
    await done(app, PUT_SERVICE, aServiceInput(over));
  } else if (what === 'another') {
    await done(app, DELETE_SERVICE, { project, id: 'one' });
    await done(
      app,
      PUT_SERVICE,
      aServiceInput({ project, id: 'one', variables: [{ name: 'A', value: `other ${all}` }] }),
    );
  } else if (what === 'role') {
    const { data } = await app.gql('{ roles { id slug } }');
    const { id } = data.roles.find(({ slug }: { readonly slug: string }) => slug === 'changing');
    const types = all % 2 === 0 ? ['CONFIG'] : ['CONFIG', 'SECRET'];
    await done(app, UPDATE_ROLE, { id, grants: GRANTS.map((grant) => ({ ...grant, types })) });
  } else if (what === 'revoke') {
    const { data } = await app.gql('{ tokens { id name } }');
    for (const { id, name } of data.tokens) if (name === 'to end') await done(app, REVOKE, { id });
  } else await happen(project, `now ${all}`);
}

/** A commit that changes what some get. */
async function happen(project: string, value: string): Promise<void> {
  const [first] = await groupsNow(project);
  await done(app, groupOp('setSecretGroupVariable', 'id'), { id: first?.id, name: 'A', value });
}

describe('an answer that is made within the turn of its request', () => {
  it('is the one that the usual way makes: status, headers, body and log', async () => {
    let [all, quick] = [0, 0];
    const steps = fc.array(
      fc.oneof(
        { weight: 12, arbitrary: asks },
        { weight: 1, arbitrary: fc.constantFrom('commit', 'own', 'another', 'role', 'revoke') },
      ),
      { minLength: 20, maxLength: 40 },
    );
    const property = fc.asyncProperty(groups, own, steps, async (given, owned, walk) => {
      const project = await aWorld(given, owned);
      const known = [...tokens, await ownToken(project), await app.token('changing', { name: 'to end' })];
      for (const step of walk) {
        if (typeof step === 'string') await changed(step, project, all);
        else {
          const token = known[step.token] ?? '';
          const seq = (await app.store.head(['default']))?.seq ?? 1;
          const body = bodyOf(project, step, seq + 2);
          // By then it is known by its bytes; after a commit it is made anew, when others who ask have had read what that left.
          for (const event of [null, 'commit', 'commit', null]) {
            if (event) {
              await happen(project, `then ${all}`);
              const another = bodyOf(project, { ...step, id: 'three' }, seq + 2);
              for (const twin of [short, usual]) await asked(twin, token, another, step.way);
            }
            const before = { usual: short.usual(), begun: short.begun() };
            expect(await asked(short, token, body, step.way)).toEqual(await asked(usual, token, body, step.way));
            if (short.usual() === before.usual && short.begun() > before.begun) quick += 1;
          }
          all += 1;
        }
      }
      await expect.poll(() => short.logged).toEqual(usual.logged);
    });
    await fc.assert(property, { numRuns: 12, endOnFailure: true });
    // By chance they may hold little of it.
    for (let more = 0; more < 5 && quick <= 5; more += 1)
      await fc.assert(property, { numRuns: 12, endOnFailure: true });
    process.stdout.write(`${quick} of ${all} requests were answered within a turn\n`);
    expect(quick).toBeGreaterThan(5);
  }, 240_000);

  it('has the same note of what it shows, and the same work behind it', async () => {
    const { schema, fileMutations } = app.gateway;
    const limits = limitsWith({});
    const mask = createMask(silentLog, limits.errors);
    const documents = createDocuments({ schema, limits, development: false });
    const pipeline = createPipeline({ schema, documents, mask, limits, fileMutations, plugins: [] });
    const inFlight = createInFlight({ noun: 'a', perPrincipal: 1e9, inAll: 1e9, settings: ['A', 'B'] });
    const all = { pipeline, documents, mask, limits, fileMutations, inFlight };
    const graphql = createGraphql({ ...all, answers: createAnswers(0) });
    const plans = createPlans({ schema, documents, limits, maxBytes: 0 });
    let [made, masked, spent] = [0, 0, 0];
    const property = fc.asyncProperty(
      groups,
      own,
      fc.array(asks, { minLength: 10, maxLength: 20 }),
      async (given, owned, walk) => {
        const project = await aWorld(given, owned);
        // The same is asked by several.
        for (const step of walk.flatMap((each) => [each, { ...each, token: 0 }, { ...each, token: 5 }])) {
          const token = tokens[step.token];
          const parsed = { variables: {}, operationName: null, ...JSON.parse(bodyOf(project, step)) };
          const request = { ...parsed, requestId: 'test', method: 'POST' as const, bytes: 1 };
          if (made % 2 === 0) await happen(project, `now ${made}`);
          // What groups give is made by then, and charged to whoever asked first.
          const warm = JSON.parse(bodyOf(project, { ...step, id: 'warm', kind: 'service' }));
          await graphql.answer({ ...request, ...warm }, await contextOf(app, token));
          const context = (await contextOf(app, token)) as Context;
          const own = context.atOnce();
          const quick = own && plans.make(parsed, null)?.make(own);
          const slow = await graphql.answer(request, context);
          if (!quick) continue;
          made += 1;
          if (slow.latin1.includes('"masked":true')) masked += 1;
          expect({ ...quick, shown: [...quick.shown] }).toEqual({
            status: slow.status,
            latin1: slow.latin1,
            operationName: slow.operationName,
            shown: [...slow.shown],
          });
          expect(own.session.work.spent).toEqual(context.session.work.spent);
          if (own.session.work.spent.resolutions > 0) spent += 1;
        }
      },
    );
    const held = (): readonly boolean[] => [made > 20, masked > 0, spent > 0];
    await fc.assert(property, { numRuns: 12, endOnFailure: true });
    for (let more = 0; more < 5 && held().includes(false); more += 1)
      await fc.assert(property, { numRuns: 12, endOnFailure: true });
    expect(held()).toEqual([true, true, true]);
  }, 240_000);
});

describe('the first answer after a commit', () => {
  const services = Array.from({ length: 12 }, (_, i) => `svc-${i}`);
  const QUERY = `query Runtime($project: Slug!, $service: ID!) { project(slug: $project) { service(id: $service) {
    environment(scope: RUNTIME) { seq digest variables { name value } } } } }`;
  const bodies = services.map((service) =>
    JSON.stringify({ query: QUERY, variables: { project: 'counted', service } }),
  );

  beforeAll(async () => {
    await aProject(app, 'counted');
    const names = Array.from({ length: 50 }, (_, i) => ({ name: `V_${i}`, value: `value ${i}` }));
    await done(app, groupOp('createSecretGroup', 'id'), {
      project: 'counted',
      name: 'group',
      secretType: 'ENVIRONMENT',
      priority: 1,
      variables: names,
    });
    for (const [i, id] of services.entries()) {
      const over = { project: 'counted', id, variables: [{ name: `OWN_${i}`, value: `own ${i}` }] };
      await done(app, PUT_SERVICE, aServiceInput(over));
    }
    for (const body of bodies) expect((await asked(short, app.owner, body)).status).toBe(200);
  });

  it('is made the usual way for one, and without it for all others who get the same of their groups', async () => {
    await happen('counted', 'changed');
    const before = { usual: short.usual(), begun: short.begun() };
    for (const body of bodies) expect((await asked(short, app.owner, body)).body).toContain('"changed"');
    // The first finds out who asks, reads what the commit did not hand on, and makes what the groups give; so may the next, while
    // something is being written.
    expect(short.usual() - before.usual).toBeLessThanOrEqual(3);
    expect(short.begun() - before.begun).toBeGreaterThanOrEqual(services.length - 3);
  });

  it('makes no promise for those, so that GraphQL executes nothing', async () => {
    await happen('counted', 'without a promise');
    const [first = '', ...others] = bodies;
    expect((await asked(short, app.owner, first)).status).toBe(200);
    const texts = others.slice(0, 5).map((body) => textOf(app.owner, body));
    expect(Math.min(...(await promisesOf(short.url, texts)))).toBe(0);
  });

  it('is not for those who have no points left, whom the usual way tells so', async () => {
    const rated = await aTwin(app, { isShort: true, limits: { ratePoints: 5 } });
    try {
      const statuses: number[] = [];
      for (let i = 0; i < 7; i += 1) statuses.push((await asked(rated, app.owner, bodies[i] ?? '')).status);
      expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
    } finally {
      await rated.close();
    }
  });
});
