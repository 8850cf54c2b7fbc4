import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anApp, aSecret } from '../support/apps.ts';
import { countedApp } from '../support/counted-app.ts';
import {
  aGroupInput,
  aProject,
  aServiceInput,
  done,
  groupOp,
  operation,
  PUT_JOB,
  PUT_SERVICE,
} from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

/** Whatever a query asks of many objects is one read of the store for all of them, not one for each. */
const MANY = 6;
const numbers = Array.from({ length: MANY }, (_, n) => n);
const ids = new Map<string, readonly string[]>();
let app: TestApp;

beforeAll(async () => {
  app = await startApp();
  await aProject(app);
  await anApp(app);
  const each = async (type: string, make: (n: number) => Promise<string>): Promise<void> => {
    const made: string[] = [];
    for (const n of numbers) made.push(await make(n));
    ids.set(type, made);
  };
  await each('Project', (n) => aProject(app, `Project ${n}`));
  await each('Tag', async (n) => (await done(app, operation('createTag', 'tag { id }'), { name: `tag-${n}` })).tag.id);
  await each('SecretGroup', async (n) => {
    const variables = [{ name: `V${n}`, value: 'x' }];
    return (await done(app, groupOp('createSecretGroup', 'id'), aGroupInput({ name: `group ${n}`, variables })))
      .secretGroup.id;
  });
  await each('GlobalSecret', async (n) => {
    const input = { name: `global ${n}`, type: 'CONFIG', values: { a: 'b' } };
    return (await done(app, operation('createGlobalSecret', 'globalSecret { id }'), input)).globalSecret.id;
  });
  await each('Addon', async (n) => {
    const input = {
      project: 'default-project',
      name: `addon ${n}`,
      provider: 'redis',
      params: { host: 'h', password: 'p' },
    };
    return (await done(app, operation('createAddon', 'addon { id }'), input)).addon.id;
  });
  await each('App', async (n) => (await anApp(app, { name: `App ${n}` })).id);
  await each('Environment', async (n) => {
    const input = { app: 'example-app', name: `env ${n}` };
    return (await done(app, operation('createEnvironment', 'environment { id }'), input)).environment.id;
  });
  await each('AppSecret', async (n) => (await aSecret(app, { name: `KEY_${n}` })).id);
  await each(
    'Role',
    async (n) => (await done(app, operation('createRole', 'role { id }'), { name: `Role ${n}`, grants: [] })).role.id,
  );
  await each('Token', async (n) => {
    const input = { name: `token ${n}`, kind: 'MACHINE', role: `role-${n}` };
    return (await done(app, operation('createToken', 'token { id }'), input)).token.id;
  });
  await each('VcsAccount', async (n) => {
    const input = { service: 'GITHUB', accountLogin: `login-${n}`, token: 'x'.repeat(20) };
    return (await done(app, operation('putVcsAccount', 'vcsAccount { id }'), input)).vcsAccount.id;
  });
  for (const n of numbers) {
    await done(app, PUT_SERVICE, aServiceInput({ id: `service-${n}` }));
    await done(app, PUT_JOB, aServiceInput({ id: `job-${n}` }));
  }
}, 120_000);
afterAll(() => app.close());

/** The calls of a query, in a gateway that holds nothing yet and keeps nothing. */
async function callsOf(query: string, variables: object): Promise<object> {
  const gateway = await countedApp(app.store, { cacheBytes: 0, answerCacheBytes: 0 });
  gateway.reset();
  try {
    await gateway.gql(query, variables, app.owner);
    return { ...gateway.calls };
  } finally {
    await gateway.close();
  }
}

const TYPES = [
  'Project',
  'Tag',
  'SecretGroup',
  'GlobalSecret',
  'Addon',
  'App',
  'Environment',
  'AppSecret',
  'Role',
  'Token',
  'VcsAccount',
];

describe('nodes(ids:)', () => {
  it.each(TYPES)('of %s makes as many calls for six as for one', async (type) => {
    const query = `query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }`;
    const all = ids.get(type) ?? [];
    const [one, six] = [await callsOf(query, { ids: all.slice(0, 1) }), await callsOf(query, { ids: all })];
    expect(six).toEqual(one);
  });
});

const PROJECT = (fields: string): string => `query ($first: Int!) { project(slug: "default-project") { ${fields} } }`;
const APP = (fields: string): string => `query ($first: Int!) { app(slug: "example-app") { ${fields} } }`;

describe('an object behind each item of a list', () => {
  it.each([
    ['the project of groups', PROJECT('secretGroups(first: $first) { nodes { project { name } } }')],
    ['the project of addons', PROJECT('addons(first: $first) { nodes { project { name } } }')],
    ['the environments of services', PROJECT('services(first: $first) { nodes { environment { digest } } }')],
    [
      'the groups that services draw on',
      PROJECT(
        'services(first: $first) { nodes { environment { variables { source { ... on SecretGroupSource { group { name } } } } } } }',
      ),
    ],
    ['the environments of jobs', PROJECT('jobs(first: $first) { nodes { environment { digest } } }')],
    ['the values of app secrets', APP('secrets(first: $first) { nodes { values { isSet environment { name } } } }')],
    ['the app of app secrets', APP('secrets(first: $first) { nodes { app { name } } }')],
  ])('%s makes as many calls for six as for one', async (_what, query) => {
    expect(await callsOf(query, { first: MANY })).toEqual(await callsOf(query, { first: 1 }));
  });
});
