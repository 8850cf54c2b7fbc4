import { getNamedType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anApp, aSecret, aValue } from '../support/apps.ts';
import { countedApp } from '../support/counted-app.ts';
import { aGroup, aProject, aServiceInput, done, groupOp, operation, PUT_SERVICE } from '../support/makers.ts';
import { schema } from '../support/schema.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

/** What history costs: as many reads, and as many documents in them, as are shown. */
const REVISIONS = 300;
const idOf = (type: string, key: string): string => Buffer.from(`${type}:${key}`).toString('base64');
let app: TestApp;

beforeAll(async () => {
  app = await startApp({ limits: { ratePoints: 0 } });
  await aProject(app);
  await anApp(app);
  await aSecret(app);
  await aGroup(app, { name: 'group' });
  await aValue(app, 'api-key', 'dev', 'text 0');
  const params = { host: 'h', password: 'p' };
  await done(app, operation('createAddon', 'addon { id }'), {
    project: 'default-project',
    name: 'addon',
    provider: 'redis',
    params,
  });
  for (let i = 1; i < REVISIONS; i += 1) {
    const description = `text ${i}`;
    await done(app, groupOp('updateSecretGroup', 'id'), {
      id: idOf('SecretGroup', 'default-project/group'),
      description,
    });
    await done(app, operation('updateAddon', 'addon { id }'), {
      id: idOf('Addon', 'default-project/addon'),
      description,
    });
    await aValue(app, 'api-key', 'dev', description);
  }
}, 120_000);
afterAll(() => app.close());

/** How each field of revisions is come to. */
const WAYS: Readonly<Record<string, (fields: string) => string>> = {
  SecretGroup: (fields) => `{ project(slug: "default-project") { secretGroup(slug: "group") { ${fields} } } }`,
  Addon: (fields) => `{ project(slug: "default-project") { addon(slug: "addon") { ${fields} } } }`,
  AppSecretValue: (fields) =>
    `{ app(slug: "example-app") { secret(slug: "api-key") { value(environment: "dev") { ${fields} } } } }`,
};
/** Kept and shown as those of addons are: one code. */
const SAME_AS_ADDON = ['ExternalAddon'];

const withRevisions = Object.values(schema.getTypeMap())
  .filter(isObjectType)
  .filter((type) =>
    getNamedType(type.getFields().revisions?.type ?? schema.getQueryType())?.name.endsWith('RevisionConnection'),
  )
  .map(({ name }) => name);

it('every type with revisions is tried', () => {
  expect(withRevisions.filter((name) => !SAME_AS_ADDON.includes(name)).sort()).toEqual(Object.keys(WAYS).sort());
});

describe.each(Object.entries(WAYS))('the revisions of %s', (_type, way) => {
  const read = async (args: string) => {
    const gateway = await countedApp(app.store, { cacheBytes: 0, answerCacheBytes: 0 });
    try {
      const fields = `revisions(${args}) { nodes { revision } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`;
      const data = await gateway.gql(way(fields), {}, app.owner);
      let found = data;
      while (found && !found.revisions) found = Object.values(found)[0];
      return { ...found.revisions, calls: gateway.calls.revisions, documents: gateway.documents('revisions') };
    } finally {
      await gateway.close();
    }
  };

  it('cost one read of one more than is shown, however many there are', async () => {
    const { nodes, pageInfo, calls, documents } = await read('first: 5');
    expect(nodes.map(({ revision }: { revision: number }) => revision)).toEqual([300, 299, 298, 297, 296]);
    expect(pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    expect([calls, documents]).toEqual([1, 6]);
  });

  it('go on behind a cursor, to the end and back', async () => {
    const { edges } = await read('first: 3');
    const after = JSON.stringify(edges[2].cursor);
    const next = await read(`first: 2, after: ${after}`);
    expect(next.nodes.map(({ revision }: { revision: number }) => revision)).toEqual([297, 296]);
    expect(next.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    const last = await read('last: 2');
    expect(last.nodes.map(({ revision }: { revision: number }) => revision)).toEqual([2, 1]);
    expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    const newer = await read(`first: 9, before: ${after}`);
    expect(newer.nodes.map(({ revision }: { revision: number }) => revision)).toEqual([300, 299]);
    expect((await read('first: 0')).nodes).toEqual([]);
  });
});

describe('the environment of an earlier commit', () => {
  it('reads what differs from now, once, under however many aliases', async () => {
    await aProject(app, 'Past');
    const ids: string[] = [];
    for (let i = 0; i < 20; i += 1) {
      const variables = [{ name: `V${i}`, value: 'x' }];
      ids.push((await aGroup(app, { project: 'past', name: `group ${i}`, variables })).id);
    }
    await done(app, PUT_SERVICE, aServiceInput({ project: 'past' }));
    const at = (await app.store.head(['default']))?.seq ?? 0;
    for (const id of ids.slice(0, 2)) {
      for (let i = 0; i < 30; i += 1)
        await done(app, groupOp('updateSecretGroup', 'id'), { id, description: `text ${i}` });
    }
    const aliases = (count: number) =>
      Array.from({ length: count }, (_, i) => `a${i}: environment(at: ${at}) { digest }`).join(' ');
    const costs: unknown[] = [];
    for (const count of [1, 12]) {
      const gateway = await countedApp(app.store, { cacheBytes: 0, answerCacheBytes: 0 });
      gateway.reset();
      await gateway.gql(
        `{ project(slug: "past") { service(id: "example-service") { ${aliases(count)} } } }`,
        {},
        app.owner,
      );
      // Two look-ups of two revisions each: the one that stood, and the one that followed.
      expect([gateway.calls.revisions, gateway.documents('revisions')]).toEqual([2, 4]);
      costs.push({ ...gateway.calls });
      await gateway.close();
    }
    expect(costs[1]).toEqual(costs[0]);
  });
});
