import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routesOf } from '../../src/app/routes.ts';
import type { Given, JsonObject, RestRoute } from '../../src/rest/route.ts';
import { formsOf } from '../support/canaries.ts';
import { rest } from '../support/rest.ts';
import { byDocument } from '../support/rest-documents.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { isDue, isSeenByOwner, PRINCIPALS } from '../support/sweep/model.ts';
import { aWorld, type World } from '../support/sweep/world.ts';

const ROUTES = routesOf();

/** REST has no rights of its own: whoever asks gets what the document of the route gives them, and no more. */

const LIMITS = { ratePoints: 0, ratePointsDependent: 0 };
/** What paths may name: there and not, of one's own and of others. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  projectId: ['default-project', 'other', 'nothing'],
  serviceId: ['svc', 'sibling', 'oth', 'nothing'],
  jobId: ['nothing'],
  addonId: ['cache', 'unlinked', 'nothing'],
  appId: ['example-app', 'nothing'],
  environmentId: ['dev'],
  tagId: ['a-tag', 'nothing'],
};
const SECRETS: Readonly<Record<string, readonly string[]>> = {
  'Global secrets': ['global-secret', 'global-config', 'nothing'],
  Apps: ['api-key', 'hidden'],
};
const GROUPS = ['own-secret', 'own-config', 'foreign-secret', 'again', 'fallen'];

let app: TestApp;
let world: World;
let forms: readonly (readonly [string, readonly string[]])[] = [];
beforeAll(async () => {
  app = await startApp({ limits: LIMITS });
  world = await aWorld(app);
  forms = [...world.canaries.keys()].map((canary) => [canary, formsOf(canary)]);
}, 120_000);
afterAll(() => app.close());

/** Every way to fill in a path. */
function pathsOf({ path, group }: RestRoute): readonly Given['path'][] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return names.reduce<readonly Given['path'][]>(
    (found, name) => {
      const values = name === 'secretId' ? (SECRETS[group] ?? GROUPS) : (NAMES[name] ?? []);
      return found.flatMap((each) => values.map((value) => ({ ...each, [name]: value })));
    },
    [{}],
  );
}

const filled = (path: string, names: Given['path']): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name) => names[name] ?? '');
const QUERIES: Readonly<Record<string, JsonObject>> = {
  getRenderedAppSecrets: { environment: ['dev'], mode: ['Full'] },
};
const givenOf = (route: RestRoute, path: Given['path'], body: JsonObject = {}): Given => ({
  path,
  query: (QUERIES[route.name] ?? {}) as Given['query'],
  body,
  ifMatch: null,
  idempotencyKey: null,
});

/** What the document of a route gives over GraphQL, as the route would answer it. */
const documentFor = (route: RestRoute, given: Given, principal: string) =>
  byDocument(app.url, world.tokens[principal] ?? '', principal === 'dependent', route, given);

const READING = ROUTES.filter(({ method }) => method === 'GET');

describe('reading over REST', () => {
  it.each(PRINCIPALS)('gives %s what the documents give, and no value that is not due', async (principal) => {
    const token = world.tokens[principal] ?? '';
    const seen = new Set<string>();
    const wrong: string[] = [];
    const statuses = new Set<number>();
    for (const route of READING) {
      for (const path of pathsOf(route)) {
        const given = givenOf(route, path);
        const search = Object.entries(given.query).map(([name, [value = '']]) => `${name}=${value}`);
        const url = `${filled(route.path, path)}${search.length > 0 ? `?${search.join('&')}` : ''}`;
        const [answer, document] = [await rest(app, 'GET', url, { token }), await documentFor(route, given, principal)];
        statuses.add(answer.status);
        if (answer.status !== document.status) wrong.push(`${url}: ${answer.status}, not ${document.status}`);
        else if (document.data) expect(answer.body.data, url).toEqual(document.data);
        const text = JSON.stringify(answer.body);
        for (const [canary, each] of forms) {
          if (!each.some((form) => text.includes(form))) continue;
          seen.add(canary);
          const place = world.canaries.get(canary);
          if (place && !isDue(principal, place))
            wrong.push(`${url} shows ${place.where} ${place.type} ${place.project}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(statuses).toContain(200);
    expect(statuses.has(404)).toBe(principal !== 'dependent');
    if (principal !== 'owner') return;
    // No route tells of certificates or webhooks.
    const told = [...world.canaries].filter(([, place]) => !['certificate', 'webhook'].includes(place.where));
    const missed = told.filter(([canary, place]) => isSeenByOwner(place) && !seen.has(canary));
    expect(missed.map(([, place]) => `${place.where} ${place.project}`)).toEqual([]);
  });
});

/** A body that each writing route takes. */
const BODIES: Readonly<Record<string, JsonObject>> = {
  createSecret: { name: 'Brand new', secretType: 'environment', priority: 1 },
  putSecret: { name: 'Brand new', secretType: 'environment', priority: 1 },
  patchSecret: { priority: 2 },
  updateSecret: { priority: 2 },
  importSecretVariables: { text: 'A=x', format: 'dotenv' },
  previewSecretImport: { text: 'A=x', format: 'dotenv' },
  updateAddonLink: { keys: [{ keyName: 'HOST' }] },
  updateExternalAddonLink: { keys: [{ keyName: 'HOST' }] },
  createGlobalSecret: { name: 'Brand new', type: 'secret' },
  putGlobalSecret: { name: 'Brand new', type: 'secret' },
  patchGlobalSecret: { description: 'Another' },
  updateServiceRuntimeEnvironment: { runtimeEnvironment: { A: 'x' } },
  updateServiceBuildArguments: { buildArguments: { A: 'x' } },
  updateJobRuntimeEnvironment: { runtimeEnvironment: { A: 'x' } },
  updateJobBuildArguments: { buildArguments: { A: 'x' } },
  createAppSecret: { name: 'Brand new', purposeType: 'Other' },
  setAppSecretValue: {
    valueTypeUrn: 'urn:app-secret:app-secret-type:keyValueAppSecret',
    hidden: false,
    kvAppSecretValue: { typeHint: 'urn:app-secret:kv-secret-value:textType', text: 'x' },
  },
  createProject: { name: 'Brand new' },
  patchProject: { description: 'Another' },
  addTag: { name: 'brand-new' },
  patchTag: { description: 'Another' },
  createAddon: { name: 'Brand new', type: 'redis', params: { host: 'h.example.com', password: 'p' } },
  createExternalAddon: { name: 'Brand new', type: 'aws-rds', params: {} },
};
const POWERLESS = ['auditor', 'keys only', 'config only', 'one project', 'no globals', 'reader', 'dependent'];

describe('whoever may change nothing changes nothing over REST', () => {
  it.each(ROUTES.filter(({ method }) => method !== 'GET'))('$method $path', async (route) => {
    const body = route.body ? { body: BODIES[route.name] } : {};
    if (route.body) expect(BODIES[route.name]).toBeDefined();
    const before = (await app.store.head(['default']))?.seq;
    for (const principal of POWERLESS) {
      for (const path of pathsOf(route)) {
        const url = filled(route.path, path);
        const answer = await rest(app, route.method, url, { ...body, token: world.tokens[principal] ?? '' });
        const document = await documentFor(route, givenOf(route, path, BODIES[route.name] ?? {}), principal);
        expect([principal, url, [403, 404].includes(answer.status), answer.status]).toEqual([
          principal,
          url,
          true,
          answer.status,
        ]);
        expect([principal, url, answer.status]).toEqual([principal, url, document.status]);
      }
    }
    expect((await app.store.head(['default']))?.seq).toBe(before);
  });
});
