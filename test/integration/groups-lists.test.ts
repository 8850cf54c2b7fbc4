import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aGroup, aProject, aServiceInput, done, groupOp, PUT_JOB, PUT_SERVICE } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
let now = new Date('2026-01-01T00:00:00.000Z');
beforeAll(async () => {
  app = await startApp({ clock: () => now });
  await aProject(app);
  await aGroup(app, { name: 'Beta', priority: 5, tags: ['web'], stageId: 'one' });
  await aGroup(app, { name: 'alpha', priority: 50, type: 'CONFIG', secretType: 'ENVIRONMENT', tags: ['web', 'db'] });
  await aGroup(app, { name: 'Gamma', priority: 5, type: 'CONFIG', secretType: 'ARGUMENTS', stageId: 'two' });
  const { id } = await aGroup(app, { name: 'delta', priority: 100, stageId: 'one' });
  const gone = await aGroup(app, { name: 'gone', priority: 100, stageId: 'one', tags: ['web'] });
  await done(app, groupOp('deleteSecretGroup'), { id: gone.id });
  now = new Date('2026-01-01T00:00:01.000Z');
  await done(app, groupOp('updateSecretGroup'), { id, tags: ['db'] });
});
afterAll(() => app.close());

const LIST = `query ($filter: SecretGroupFilter, $orderBy: SecretGroupOrder, $first: Int, $after: Cursor, $last: Int, $before: Cursor) {
  project(slug: "default-project") { secretGroups(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { slug } } nodes { slug } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`;
type Page = {
  readonly slugs: readonly string[];
  readonly info: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
};

async function list(variables: object, token = app.owner): Promise<Page> {
  const { data, errors } = await app.gql(LIST, variables, token);
  if (errors) throw new Error(errors[0]?.extensions.code);
  const { nodes, edges, pageInfo } = data.project.secretGroups;
  expect(edges.map(({ node }: { node: object }) => node)).toEqual(nodes);
  return { slugs: nodes.map(({ slug }: { slug: string }) => slug), info: pageInfo };
}

describe('case 34: a cursor of one list', () => {
  it('is none of another', async () => {
    await aProject(app, 'Another');
    for (const id of ['a', 'b']) {
      await done(app, PUT_SERVICE, aServiceInput({ id }));
      await done(app, PUT_JOB, aServiceInput({ id }));
    }
    const page = async (project: string, selection: string) => {
      const query = `{ project(slug: "${project}") { list: ${selection} { pageInfo { endCursor } } } }`;
      const { data, errors } = await app.gql(query);
      return errors?.[0]?.extensions.code ?? data.project.list.pageInfo.endCursor;
    };
    const group = async (slug: string, selection: string) => {
      const query = `{ project(slug: "default-project") { secretGroup(slug: "${slug}") { list: ${selection} { pageInfo { endCursor } } } } }`;
      const { data, errors } = await app.gql(query);
      return errors?.[0]?.extensions.code ?? data.project.secretGroup.list.pageInfo.endCursor;
    };
    const groups = await page('default-project', 'secretGroups(first: 1)');
    expect(await page('default-project', `secretGroups(after: "${groups}")`)).toMatch(/^.{20,}$/);
    expect(await page('another', `secretGroups(after: "${groups}")`)).toBe('INVALID_INPUT');
    const services = await page('default-project', 'services(first: 1)');
    expect(await page('default-project', `jobs(after: "${services}")`)).toBe('INVALID_INPUT');
    expect(await page('another', `services(after: "${services}")`)).toBe('INVALID_INPUT');
    const revisions = await group('delta', 'revisions(first: 1)');
    expect(await group('beta', `revisions(after: "${revisions}")`)).toBe('INVALID_INPUT');
    const dependents = await group('delta', 'dependents(first: 1)');
    expect(await group('beta', `dependents(after: "${dependents}")`)).toBe('INVALID_INPUT');
  });
});

describe('the groups of a project', () => {
  it.each([
    [{}, ['alpha', 'beta', 'delta', 'gamma']],
    [{ type: 'CONFIG' }, ['alpha', 'gamma']],
    [{ type: 'SECRET' }, ['beta', 'delta']],
    [{ scope: 'RUNTIME' }, ['alpha', 'beta', 'delta']],
    [{ scope: 'BUILD' }, ['beta', 'delta', 'gamma']],
    [{ tag: 'web' }, ['alpha', 'beta']],
    [{ tag: 'WEB' }, []],
    [{ stageId: 'one' }, ['beta', 'delta']],
    [{ nameContains: 'ELT' }, ['delta']],
    [{ nameContains: 'a' }, ['alpha', 'beta', 'delta', 'gamma']],
    [{ nameContains: '.*' }, []],
    [{ type: 'CONFIG', scope: 'RUNTIME', tag: 'db', nameContains: 'LPH' }, ['alpha']],
    [{ type: 'SECRET', tag: 'db', stageId: 'two' }, []],
    [{ type: null, scope: null, tag: null, stageId: null, nameContains: null }, ['alpha', 'beta', 'delta', 'gamma']],
  ])('%j gives %j', async (filter, slugs) => {
    expect((await list({ filter })).slugs).toEqual(slugs);
  });

  it.each([
    ['SLUG', ['alpha', 'beta', 'delta', 'gamma']],
    ['NAME', ['beta', 'gamma', 'alpha', 'delta']],
    ['PRIORITY', ['delta', 'alpha', 'beta', 'gamma']],
    ['UPDATED', ['delta', 'alpha', 'beta', 'gamma']],
  ])('are ordered by %s, equal ones by slug', async (orderBy, slugs) => {
    expect((await list({ orderBy })).slugs).toEqual(slugs);
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page: Page = await list({ orderBy, first: 1, after });
      expect(page.info.hasPreviousPage).toBe(seen.length > 0);
      seen.push(...page.slugs);
      after = page.info.hasNextPage ? page.info.endCursor : null;
    } while (after !== null);
    expect(seen).toEqual(slugs);
    let before: string | null = null;
    const back: string[] = [];
    do {
      const page: Page = await list({ orderBy, last: 3, before });
      expect(page.info.hasNextPage).toBe(back.length > 0);
      back.unshift(...page.slugs);
      before = page.info.hasPreviousPage ? page.info.startCursor : null;
    } while (before !== null);
    expect(back).toEqual(slugs);
  });

  it('come in empty pages too', async () => {
    expect(await list({ first: 0 })).toEqual({
      slugs: [],
      info: { hasNextPage: true, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
  });

  it.each([
    ['a negative size', { first: -1 }, 'INVALID_INPUT'],
    ['case 77: more than 100', { first: 101 }, 'INVALID_INPUT'],
    ['case 77: a billion', { last: 1_000_000_000 }, 'BAD_REQUEST'],
    ['case 77: more than an Int', { first: 4_000_000_000 }, 'BAD_REQUEST'],
    ['both ends', { first: 1, last: 1 }, 'INVALID_INPUT'],
    ['a cursor that is none', { after: 'abc' }, 'INVALID_INPUT'],
    ['an empty cursor', { after: '' }, 'BAD_REQUEST'],
    ['case 35: an order by value', { orderBy: 'VALUE' }, 'BAD_REQUEST'],
    ['case 35: a filter on values', { filter: { value: { startsWith: 'a' } } }, 'BAD_REQUEST'],
  ])('refuse %s', async (_what, variables, code) => {
    await expect(list(variables)).rejects.toThrow(code);
  });

  it('case 34: hidden groups leave no trace in pages, and a cursor is good for one viewer and one list', async () => {
    const grants = [
      { resources: ['PROJECT'], verbs: ['LIST'] },
      { resources: ['SECRET_GROUP'], verbs: ['LIST'], types: ['CONFIG'] },
    ];
    await app.gql('mutation ($input: CreateRoleInput!) { createRole(input: $input) { __typename } }', {
      input: { name: 'Config Lister', grants },
    });
    const token = await app.token('config-lister');
    const first = await list({ first: 1 }, token);
    expect(first).toMatchObject({ slugs: ['alpha'], info: { hasNextPage: true, hasPreviousPage: false } });
    const second = await list({ first: 1, after: first.info.endCursor }, token);
    expect(second).toMatchObject({ slugs: ['gamma'], info: { hasNextPage: false } });
    await expect(list({ after: first.info.endCursor })).rejects.toThrow('INVALID_INPUT');
    await expect(list({ after: first.info.endCursor, orderBy: 'NAME' }, token)).rejects.toThrow('INVALID_INPUT');
  });
});
