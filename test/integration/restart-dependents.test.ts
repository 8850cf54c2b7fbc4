import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countedApp } from '../support/counted-app.ts';
import { aGlobal } from '../support/globals.ts';
import {
  aGroup,
  aProject,
  aServiceInput,
  codeOf,
  done,
  operation,
  PUT_JOB,
  PUT_SERVICE,
  run,
} from '../support/makers.ts';
import { ACKNOWLEDGE, CANCEL, PUT_WEBHOOK, REDELIVER, RESTART, requestsOf } from '../support/restarts.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
const ids = { cache: '', elsewhere: '', shared: '', restricted: '', bucket: '' };
let inDefault = '';

const GRANTED = ['LIST', 'LIST_KEYS', 'RESTART'];
beforeAll(async () => {
  app = await startApp();
  await aProject(app);
  await aProject(app, 'Elsewhere');
  const params = { host: 'cache.example.com', password: 'p' };
  const addon = { project: 'default-project', provider: 'redis', params };
  ids.cache = (await done(app, operation('createAddon', 'addon { id }'), { ...addon, name: 'Cache' })).addon.id;
  const rds = { engine: 'mysql', endpoint: 'db.example.com', database: 'd', username: 'u', password: 'p' };
  const external = { project: 'default-project', name: 'Bucket', provider: 'aws-rds', params: rds };
  ids.bucket = (await done(app, operation('createExternalAddon', 'externalAddon { id }'), external)).externalAddon.id;
  ids.shared = (await aGlobal(app, { name: 'Shared', values: { region: 'north' } })).id;
  const link = { addon: 'cache', keys: [{ keyName: 'HOST', aliases: ['CACHE_HOST'] }] };
  const own = { restricted: true, workloads: [{ id: 'web', kind: 'SERVICE' }], tags: ['queue'] };
  ids.restricted = (
    await aGroup(app, {
      name: 'restricted',
      restrictions: own,
      addonLinks: [link, { kind: 'EXTERNAL_ADDON', addon: 'bucket', keys: [{ keyName: 'HOST' }] }],
    })
  ).id;
  await aGroup(app, {
    name: 'regional',
    type: 'CONFIG',
    secretType: 'ENVIRONMENT',
    variables: [
      { name: 'REGION', value: '${secrets.shared.values.region}' },
      { name: 'PLACE', value: 'in ${REGION}' },
    ],
  });
  ids.elsewhere = (await aGroup(app, { project: 'elsewhere', name: 'other' })).id;
  const service = (id: string, over: object = {}) => done(app, PUT_SERVICE, aServiceInput({ id, ...over }));
  await service('web');
  await service('worker', { tags: ['queue'] });
  await service('plain', {
    variables: [
      { name: 'REGION', value: 'south' },
      { name: 'PLACE', value: 'there' },
    ],
  });
  await done(app, PUT_JOB, aServiceInput({ id: 'web' }));
  await service('builder', {
    project: 'elsewhere',
    buildArguments: [{ name: 'WHERE', value: '${{ secrets.shared.values.region }}' }],
  });
  await done(app, operation('createRole', ''), {
    name: 'Default Restarter',
    grants: [
      { resources: ['PROJECT', 'WORKLOAD'], verbs: GRANTED, projects: ['default-project'] },
      { resources: ['GLOBAL_SECRET'], verbs: ['LIST'] },
    ],
  });
  inDefault = await app.token('default-restarter');
}, 120_000);
afterAll(() => app.close());

const DEPENDENTS = `query ($id: ID!, $first: Int, $after: Cursor) { node(id: $id) {
  ... on SecretGroup { dependents(first: $first, after: $after) { ...Page } }
  ... on Addon { dependents(first: $first, after: $after) { ...Page } }
  ... on ExternalAddon { dependents(first: $first, after: $after) { ...Page } }
  ... on GlobalSecret { dependents(first: $first, after: $after) { ...Page } } } }
fragment Page on WorkloadConnection { pageInfo { hasNextPage endCursor }
  edges { node { __typename projectId id } reasons { scope rule group { slug } names } } }`;

interface Line {
  readonly node: { readonly __typename: string; readonly projectId: string; readonly id: string };
  readonly reasons: readonly {
    readonly scope: string;
    readonly rule: string;
    readonly group: { readonly slug: string } | null;
    readonly names: readonly string[] | null;
  }[];
}
const said = (edges: readonly Line[]) =>
  edges.map(({ node, reasons }) => {
    const ways = reasons.map(({ scope, rule, group, names }) =>
      [scope, rule, group?.slug ?? '-', names?.join(' ') ?? 'null'].join(' ').trim(),
    );
    return [`${node.projectId} ${node.__typename} ${node.id}`, ...ways];
  });
const dependentsOf = async (id: string, token?: string) =>
  said((await app.gql(DEPENDENTS, { id }, token ?? app.owner)).data.node.dependents.edges);

describe('dependents', () => {
  it('of a group, with the rule that lets them in', async () => {
    expect(await dependentsOf(ids.restricted)).toEqual([
      ['default-project Service web', 'RUNTIME LISTED restricted', 'BUILD LISTED restricted'],
      ['default-project Service worker', 'RUNTIME TAGS restricted', 'BUILD TAGS restricted'],
    ]);
    expect(await dependentsOf(ids.elsewhere)).toEqual([
      ['elsewhere Service builder', 'RUNTIME UNRESTRICTED other', 'BUILD UNRESTRICTED other'],
    ]);
  });

  it('of an addon and of an external addon, through the groups that link them', async () => {
    const through = (names: string) => [
      ['default-project Service web', `RUNTIME LISTED restricted ${names}`, `BUILD LISTED restricted ${names}`],
      ['default-project Service worker', `RUNTIME TAGS restricted ${names}`, `BUILD TAGS restricted ${names}`],
    ];
    expect(await dependentsOf(ids.cache)).toEqual(through('CACHE_HOST'));
    expect(await dependentsOf(ids.bucket)).toEqual(through('BUCKET_HOST'));
  });

  it('of a global secret, in all projects, through groups and own values, and not where it was overridden', async () => {
    const regional = 'RUNTIME UNRESTRICTED regional PLACE REGION';
    expect(await dependentsOf(ids.shared)).toEqual([
      ['default-project Job web', regional],
      ['default-project Service web', regional],
      ['default-project Service worker', regional],
      ['elsewhere Service builder', 'BUILD DIRECT - WHERE'],
    ]);
  });

  it('come in pages', async () => {
    const page = async (variables: object) => (await app.gql(DEPENDENTS, { id: ids.shared, ...variables })).data.node;
    const { pageInfo, edges } = (await page({ first: 3 })).dependents;
    expect([pageInfo.hasNextPage, edges.length]).toEqual([true, 3]);
    const rest = (await page({ first: 3, after: pageInfo.endCursor })).dependents;
    expect(said(rest.edges)).toEqual([['elsewhere Service builder', 'BUILD DIRECT - WHERE']]);
  });

  it('are only those that the viewer may list, through groups that the viewer may list', async () => {
    const regional = 'RUNTIME UNRESTRICTED - PLACE REGION';
    expect(await dependentsOf(ids.shared, inDefault)).toEqual([
      ['default-project Job web', regional],
      ['default-project Service web', regional],
      ['default-project Service worker', regional],
    ]);
  });

  it('of a global secret cost as many store calls as there are projects, however many workloads these have', async () => {
    const cost = async () => {
      const gateway = await countedApp(app.store, { cacheBytes: 64 * 1024 * 1024, answerCacheBytes: 0 });
      gateway.reset();
      const query = `{ globalSecret(slug: "shared") { dependents(first: 100) { edges { node { id } } } } }`;
      const { globalSecret } = await gateway.gql(query, {}, app.owner);
      const first = { ...gateway.calls };
      gateway.reset();
      await gateway.gql(query, {}, app.owner);
      const again = { ...gateway.calls };
      await gateway.close();
      return { first, again, count: globalSecret.dependents.edges.length };
    };
    const before = await cost();
    expect(before.again).toEqual({ lineage: 1 });
    for (let i = 0; i < 30; i += 1) await done(app, PUT_SERVICE, aServiceInput({ id: `more-${i}` }));
    const after = await cost();
    expect([before.count, after.count]).toEqual([4, 34]);
    expect(after.first).toEqual(before.first);
    for (let i = 0; i < 30; i += 1) {
      const input = { project: 'default-project', id: `more-${i}` };
      await done(app, operation('deleteService', ''), input);
    }
  });
});

describe('who may restart', () => {
  const restart = (source: string, token?: string) => run(app, RESTART, { source }, token);

  it('needs to list the source', async () => {
    expect(codeOf(await restart(ids.restricted, inDefault))).toBe('NOT_FOUND');
    expect(codeOf(await restart(Buffer.from('Tag:a').toString('base64')))).toBe('NOT_FOUND');
    expect(codeOf(await restart('nonsense'))).toBe('NOT_FOUND');
  });

  it('restarts what they may list, and learns nothing of the rest', async () => {
    const result = await restart(ids.shared, inDefault);
    expect(result.restart.requests.nodes).toHaveLength(3);
    expect(JSON.stringify(result)).not.toContain('builder');
    expect(await requestsOf(app, 'elsewhere')).toEqual([]);
  });

  it('is refused when one of them is not theirs to restart', async () => {
    expect(codeOf(await restart(ids.shared, await app.token('reader')))).toBe('FORBIDDEN');
    expect(codeOf(await restart(ids.restricted, await app.token('auditor')))).toBe('FORBIDDEN');
  });

  it('does not cancel, redeliver or see what belongs to others', async () => {
    const { restart: made } = await restart(ids.elsewhere);
    const [request] = made.requests.nodes;
    expect(codeOf(await run(app, CANCEL, { id: made.id }, inDefault))).toBe('NOT_FOUND');
    expect(codeOf(await run(app, REDELIVER, { id: request.id }, inDefault))).toBe('NOT_FOUND');
    expect(
      (await app.gql('query ($id: ID!) { node(id: $id) { id } }', { id: request.id }, inDefault)).data.node,
    ).toBeNull();
    const whole = await restart(ids.shared);
    expect(codeOf(await run(app, CANCEL, { id: whole.restart.id }, inDefault))).toBe('FORBIDDEN');
    expect(codeOf(await run(app, CANCEL, { id: whole.restart.id }, await app.token('reader')))).toBe('FORBIDDEN');
  });

  it('of a workload in two scopes, is acknowledged when both are', async () => {
    const { restart: made } = await restart(ids.restricted);
    const request = made.requests.nodes.find(({ workloadId }: { workloadId: string }) => workloadId === 'web');
    expect(request.scopes).toEqual(['RUNTIME', 'BUILD']);
    const say = async (scope: string) =>
      (
        await done(app, ACKNOWLEDGE, {
          project: 'default-project',
          workload: { kind: 'SERVICE', id: 'web' },
          seq: made.seq,
          scope,
        })
      ).acknowledged;
    expect(await say('RUNTIME')).not.toContainEqual({ workloadId: 'web', state: 'RELEASED' });
    expect(await say('BUILD')).toContainEqual({ workloadId: 'web', state: 'ACKNOWLEDGED' });
  });
});

describe('who may see and change a deploy webhook', () => {
  const WEBHOOK = `{ project(slug: "elsewhere") { deployWebhook { url isEnabled } } }`;
  it.each([
    ['operator', 'OK', { url: null, isEnabled: true }],
    ['developer', 'FORBIDDEN', { url: null, isEnabled: true }],
    ['reader', 'FORBIDDEN', { url: 'https://deploy.example.com/x', isEnabled: true }],
    ['auditor', 'FORBIDDEN', { url: null, isEnabled: true }],
    ['default-restarter', 'NOT_FOUND', null],
  ])('%s', async (role, code, seen) => {
    const input = { project: 'elsewhere', url: 'https://deploy.example.com/x' };
    await done(app, PUT_WEBHOOK, input);
    const token = await app.token(role);
    expect(codeOf(await run(app, PUT_WEBHOOK, input, token))).toBe(code);
    expect((await app.gql(WEBHOOK, {}, token)).data.project?.deployWebhook ?? null).toEqual(seen);
  });
});
