import { routesOf } from '../../src/app/routes.ts';
import type { Given, JsonObject, RestRoute } from '../../src/rest/route.ts';
import { anApp, aSecret, aValue } from './apps.ts';
import { aGlobal } from './globals.ts';
import { aGroup, aProject, aServiceInput, base64, done, operation, PUT_JOB, PUT_SERVICE } from './makers.ts';
import { rest } from './rest.ts';
import { byDocument, type Told } from './rest-documents.ts';
import { startApp, type TestApp } from './start-app.ts';

const ROUTES = routesOf();

/**
 * Two gateways with the same in them and the same rights; one is asked over REST and the other, by the same documents, over
 * GraphQL. What a role may, where a request points and what it carries is drawn by chance, always the same for a seed.
 */

type Random = () => number;

/** Numbers from 0 to 1, always the same for a seed. */
function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
const one = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
const some = <T>(random: Random, from: readonly T[], chance: number): readonly T[] => {
  const found = from.filter(() => random() < chance);
  return found.length > 0 ? found : [one(random, from)];
};

const PROJECTS = ['default-project', 'other'];
const RESOURCES = ['ADDON', 'APP', 'APP_SECRET', 'GLOBAL_SECRET', 'PROJECT', 'SECRET_GROUP', 'TAG', 'WORKLOAD'];
const VERBS = [
  ...['LIST', 'LIST_KEYS', 'READ', 'WRITE', 'DELETE', 'MANAGE_RESTRICTIONS', 'CHANGE_TYPE', 'LINK', 'RESOLVE'],
  ...['WRITE_PROTECTED', 'RESTART'],
];
const NOW = Date.parse('2026-01-02T03:04:05Z');

async function furnished(): Promise<TestApp> {
  const app = await startApp({ clock: () => new Date(NOW), limits: { ratePoints: 0, ratePointsDependent: 0 } });
  for (const name of ['Default Project', 'Other']) await aProject(app, name);
  for (const type of ['SECRET', 'CONFIG']) {
    const name = `Global ${type}`;
    await aGlobal(app, { name, type, values: { a: { b: `value of ${name}` }, n: 1 } });
  }
  const addon = { project: 'default-project', name: 'Cache', provider: 'redis' };
  await done(app, operation('createAddon', ''), {
    ...addon,
    params: { host: 'h.example.com', password: 'of the cache' },
  });
  for (const project of PROJECTS) {
    for (const type of ['SECRET', 'CONFIG']) {
      const variables = [
        { name: `OF_${type}`, value: `${project} ${type}` },
        { name: 'TWICE', value: `\${OF_${type}} \${secrets.global-config.values.a.b}` },
      ];
      const files = [{ path: `/etc/${type}`, data: base64(type), encoding: 'UTF_8' }];
      const links = [{ addon: 'cache', keys: [{ keyName: 'PASSWORD' }, { keyName: 'HOST' }] }];
      const more = project === 'default-project' && type === 'SECRET' ? { addonLinks: links } : {};
      const restrictions = type === 'SECRET' ? { workloads: [{ kind: 'SERVICE', id: 'web' }] } : { restricted: false };
      await aGroup(app, { project, name: `Group ${type}`, type, variables, files, restrictions, ...more });
    }
    const own = { project, variables: [{ name: 'OWN', value: `own of ${project}` }] };
    await done(app, PUT_SERVICE, aServiceInput({ ...own, id: 'web' }));
    await done(app, PUT_JOB, aServiceInput({ ...own, id: 'job' }));
  }
  await anApp(app);
  await aSecret(app);
  await aValue(app, 'api-key', 'dev', 'of the app');
  return app;
}

interface Who {
  readonly isWorkload: boolean;
  /** Over REST, and over GraphQL. */
  readonly tokens: readonly [string, string];
}

/** A role that may this and that; now and then the token of a workload. */
async function somebody(random: Random, n: number, [left, right]: readonly [TestApp, TestApp]): Promise<Who> {
  if (random() < 0.1) {
    const workload = { project: one(random, PROJECTS), kind: 'SERVICE', id: 'web' };
    const over = { kind: 'DEPENDENT', workload };
    return { isWorkload: true, tokens: [await left.token('dependent', over), await right.token('dependent', over)] };
  }
  const grants = [
    ...(random() < 0.9 ? [{ resources: ['PROJECT'], verbs: ['LIST'] }] : []),
    ...Array.from({ length: 1 + Math.floor(random() * 3) }, () => ({
      resources: some(random, RESOURCES, 0.5),
      verbs: some(random, VERBS, 0.6),
      types: some(random, ['SECRET', 'CONFIG'], 0.7),
      ...(random() < 0.3 ? { projects: [one(random, PROJECTS)] } : {}),
    })),
  ];
  for (const app of [left, right]) await done(app, operation('createRole', ''), { name: `Role ${n}`, grants });
  return { isWorkload: false, tokens: [await left.token(`role-${n}`), await right.token(`role-${n}`)] };
}

const NAMES: Readonly<Record<string, readonly string[]>> = {
  projectId: ['default-project', 'default-project', 'other', 'nothing'],
  serviceId: ['web', 'web', 'nothing'],
  jobId: ['job', 'nothing'],
  addonId: ['cache', 'brand-new', 'nothing'],
  appId: ['example-app', 'nothing'],
  environmentId: ['dev', 'production', 'nothing'],
  tagId: ['brand-new', 'nothing'],
};
const SECRETS: Readonly<Record<string, readonly string[]>> = {
  'Global secrets': ['global-secret', 'global-config', 'brand-new', 'nothing'],
  Apps: ['api-key', 'brand-new', 'nothing'],
};
const GROUPS = ['group-secret', 'group-config', 'brand-new', 'nothing'];

const text = (random: Random): string =>
  one(random, ['x', '${OF_CONFIG}', '${secrets.global-secret.values.a.b}', '${NOTHING}', 'a\nb', '']);

/** Bodies of the right shape: what of them is allowed and by the rules is for the document to say. */
const BODIES: Readonly<Record<string, (random: Random) => JsonObject>> = {
  createSecret: (it) => ({ name: one(it, ['Brand new', 'Group config']), ...whole(it) }),
  putSecret: (it) => ({ name: one(it, ['Brand new', 'Group config', 'Group secret']), ...whole(it) }),
  patchSecret: (it) => content(it),
  updateSecret: (it) => ({ priority: Math.floor(it() * 120) }),
  importSecretVariables: (it) => ({ text: `A=1\nB='${text(it)}'\n`, format: one(it, ['dotenv', 'json']) }),
  previewSecretImport: (it) => ({
    text: `OF_CONFIG=x\nA='${text(it)}'`,
    format: 'dotenv',
    mode: one(it, ['merge', 'replace']),
  }),
  updateAddonLink: (it) => ({ keys: [{ keyName: one(it, ['HOST', 'PASSWORD', 'NOTHING']) }] }),
  updateExternalAddonLink: () => ({ keys: [{ keyName: 'HOST' }] }),
  createGlobalSecret: (it) => ({
    name: 'Brand new',
    type: one(it, ['secret', 'config']),
    secrets: { values: { a: text(it) } },
  }),
  putGlobalSecret: (it) => ({ name: one(it, ['Brand new', 'Global config']), type: one(it, ['secret', 'config']) }),
  patchGlobalSecret: (it) => ({ secrets: { values: { a: { b: text(it) } } } }),
  updateServiceRuntimeEnvironment: (it) => ({ runtimeEnvironment: { OWN: text(it) } }),
  updateServiceBuildArguments: (it) => ({ buildArguments: { ARG: text(it) } }),
  updateJobRuntimeEnvironment: (it) => ({ runtimeEnvironment: { OWN: text(it) } }),
  updateJobBuildArguments: (it) => ({ buildArguments: { 'a b': text(it) } }),
  createAppSecret: () => ({ name: 'Brand new', purposeType: 'Other' }),
  setAppSecretValue: (it) => ({
    valueTypeUrn: 'urn:app-secret:app-secret-type:keyValueAppSecret',
    hidden: false,
    kvAppSecretValue: { typeHint: 'urn:app-secret:kv-secret-value:textType', text: text(it) },
  }),
  createProject: () => ({ name: 'Brand new' }),
  patchProject: () => ({ description: 'Another' }),
  addTag: () => ({ name: 'brand-new' }),
  patchTag: () => ({ description: 'Another' }),
  createAddon: () => ({ name: 'Brand new', type: 'redis', params: { host: 'h.example.com' } }),
  createExternalAddon: () => ({ name: 'Brand new', type: 'aws-rds', params: {} }),
};
const content = (it: Random): JsonObject => ({
  ...(it() < 0.5 ? { secrets: { variables: { OF_CONFIG: text(it), [one(it, ['A', 'LD_PRELOAD'])]: text(it) } } } : {}),
  ...(it() < 0.3 ? { type: one(it, ['secret', 'config']) } : {}),
  ...(it() < 0.3 ? { restrictions: { restricted: it() < 0.5, nfObjects: [{ id: 'web', type: 'service' }] } } : {}),
  ...(it() < 0.2
    ? { addonDependencies: [{ addonId: one(it, ['cache', 'nothing']), keys: [{ keyName: 'HOST' }] }] }
    : {}),
});
const whole = (it: Random): JsonObject => ({
  secretType: 'environment',
  priority: Math.floor(it() * 120),
  ...content(it),
});

const QUERIES: Readonly<Record<string, (random: Random) => Readonly<Record<string, readonly string[]>>>> = {
  getRenderedAppSecrets: (it) => ({
    environment: [one(it, ['dev', 'production'])],
    mode: [one(it, ['Full', 'PreviewOnly'])],
  }),
};
const queryOf = (random: Random, { name, query = {} }: RestRoute): Readonly<Record<string, readonly string[]>> => {
  const special = QUERIES[name];
  if (special) return special(random);
  if ('per_page' in query && random() < 0.5) return { per_page: ['1'], page: [one(random, ['1', '2', '9'])] };
  return 'show' in query && random() < 0.6 ? { show: [one(random, ['this', 'inherited', 'all'])] } : {};
};

/** Reads of everything, and changes; few of those that take things away. */
function routeOf(random: Random): RestRoute {
  const method = one(random, ['GET', 'GET', 'GET', 'POST', 'POST', 'PUT', 'PATCH', random() < 0.4 ? 'DELETE' : 'GET']);
  return one(
    random,
    ROUTES.filter((route) => route.method === method),
  );
}

function asked(random: Random): { readonly route: RestRoute; readonly given: Given } {
  const route = routeOf(random);
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const from = (name: string) =>
    name === 'secretId' ? (SECRETS[route.group] ?? GROUPS) : (NAMES[name] ?? ['nothing']);
  const path = Object.fromEntries(names.map((name) => [name, one(random, from(name))]));
  const body = route.body ? (BODIES[route.name]?.(random) ?? {}) : {};
  const ifMatch = route.method !== 'GET' && random() < 0.15 ? 1 + Math.floor(random() * 3) : null;
  return { route, given: { path, query: queryOf(random, route), body, ifMatch, idempotencyKey: null } };
}

export interface Compared {
  /** Operations with an answer of this status. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly differences: readonly { readonly asked: string; readonly rest: Told; readonly graphql: Told }[];
  /** Commits of each of them. */
  readonly commits: readonly [number, number];
}

/** Hashes under keys of a gateway's own, and ids of tokens, are others in each of them. */
function comparable({ path }: RestRoute, told: Told): string {
  const own = new Set([
    'changelogId',
    'secretDigest',
    ...(path.startsWith('/login') || path.startsWith('/auth') ? ['id'] : []),
  ]);
  return JSON.stringify(told, (key, value: unknown) => (own.has(key) ? typeof value : value));
}

/** So many requests of somebody who changes every 20. */
export async function compareTwins(seed: number, count: number): Promise<Compared> {
  const random = randomOf(seed);
  const apps = [await furnished(), await furnished()] as const;
  const statuses = new Map<number, number>();
  const differences: Compared['differences'][number][] = [];
  let who = await somebody(random, 0, apps);
  for (let n = 1; n <= count && differences.length < 5; n += 1) {
    if (n % 20 === 0) who = await somebody(random, n, apps);
    const { route, given } = asked(random);
    const search = new URLSearchParams(Object.entries(given.query).map(([name, [value = '']]) => [name, value]));
    const url = `${route.path.replaceAll(/\{(\w+)\}/g, (_, name) => given.path[name] ?? '')}?${search}`;
    const headers = given.ifMatch === null ? {} : { 'if-match': `"${given.ifMatch}"` };
    const body = route.body ? { body: given.body } : {};
    const { status, body: answer } = await rest(apps[0], route.method, url, { ...body, headers, token: who.tokens[0] });
    const overRest = { status, data: status === 200 ? answer.data : null };
    const overGraphql = await byDocument(apps[1].url, who.tokens[1], who.isWorkload, route, given);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (comparable(route, overRest) !== comparable(route, overGraphql)) {
      differences.push({
        asked: `${n} ${route.method} ${url} ${JSON.stringify(given.body)}`,
        rest: overRest,
        graphql: overGraphql,
      });
    }
  }
  const heads = await Promise.all(apps.map(async ({ store }) => (await store.head(['default']))?.seq ?? 0));
  for (const app of apps) await app.close();
  return { statuses, differences, commits: [heads[0] ?? 0, heads[1] ?? 0] };
}
