import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCertificate, aPkcs12, derOf, named } from '../support/certificates.ts';
import { countedApp } from '../support/counted-app.ts';
import { aGlobal, globalOp } from '../support/globals.ts';
import {
  aGroup,
  aProject,
  aServiceInput,
  base64,
  done,
  groupOp,
  operation,
  PUT_SERVICE,
  run,
} from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const START = new Date('2030-01-01T12:00:00.000Z');
let now = START;
let app: TestApp;

const day = (n: number): Date => new Date(START.getTime() + n * 86_400_000);
const pem = (name: string, days: number): string => aCertificate({ subject: named(name), notAfter: day(days) });
const textFile = (path: string, text: string) => ({ path, data: base64(text) });
const binaryFile = (path: string, bytes: Uint8Array) => ({
  path,
  data: Buffer.from(bytes).toString('base64'),
  encoding: 'BINARY',
});

const CERTIFICATE = 'certificate { subject issuer serialNumber notAfter daysLeft }';
const shown = (name: string, days: number) => ({
  subject: `CN=${name}`,
  issuer: `CN=${name}`,
  serialNumber: '01',
  notAfter: day(days).toISOString(),
  daysLeft: days,
});

beforeAll(async () => {
  app = await startApp({ clock: () => now });
  await aProject(app);
  await aProject(app, 'Elsewhere');
});
afterAll(() => app.close());

const FILES = `query ($slug: Slug!) { project(slug: "default-project") { secretGroup(slug: $slug) {
  files { path data masked ${CERTIFICATE} } dockerSecretMounts { name ${CERTIFICATE} } } } }`;
const filesOf = async (slug: string, token?: string) => {
  const { data, errors } = await app.gql(FILES, { slug }, token);
  return errors ? errors[0]?.extensions.code : data.project.secretGroup;
};

describe('a file of a secret group', () => {
  beforeAll(async () => {
    await aGroup(app, {
      name: 'Various',
      files: [
        textFile('/a.pem', `${pem('pem', 10)}\${KEY}`),
        binaryFile('/b.der', derOf(pem('der', 20))),
        binaryFile('/c.p12', aPkcs12({ certificates: [{ subject: named('p12'), notAfter: day(30) }], password: '' })),
        textFile('/d.txt', 'text'),
        textFile('/e.pem', pem('template', 40).replace('MII', '${A}')),
      ],
      dockerSecretMounts: [{ name: 'f', data: base64(pem('mount', 50)) }],
    });
  });

  it('tells of the certificate that it holds', async () => {
    const { files, dockerSecretMounts } = await filesOf('various');
    const told = files.map(({ path, certificate }: Record<string, unknown>) => [path, certificate]);
    expect(told).toEqual([
      ['/a.pem', shown('pem', 10)],
      ['/b.der', shown('der', 20)],
      ['/c.p12', shown('p12', 30)],
      ['/d.txt', null],
      ['/e.pem', null],
    ]);
    expect(dockerSecretMounts).toEqual([{ name: 'f', certificate: shown('mount', 50) }]);
  });

  it('tells it to those who may see the content, and to nobody else', async () => {
    const { files } = await filesOf('various', await app.token('developer'));
    expect(files[0]).toEqual({ path: '/a.pem', data: null, masked: true, certificate: null });
    const grants = [{ resources: ['PROJECT', 'SECRET_GROUP'], verbs: ['LIST', 'READ'] }];
    await done(app, operation('createRole', ''), { name: 'Lister', grants });
    expect(await filesOf('various', await app.token('lister'))).toBe('FORBIDDEN');
  });

  it('counts the days by the clock, though nothing was changed', async () => {
    const daysLeft = async () => (await filesOf('various')).files[0].certificate.daysLeft;
    expect(await daysLeft()).toBe(10);
    for (const [instant, left] of [
      [new Date(START.getTime() + 1), 9],
      [day(10), 0],
      [new Date(day(10).getTime() + 1), -1],
      [day(12), -2],
    ] as const) {
      now = instant;
      expect(await daysLeft()).toBe(left);
    }
    now = START;
  });

  it('tells of another certificate once another is stored, and of the old one after a rollback', async () => {
    const { id } = await aGroup(app, { name: 'Renewed', files: [textFile('/a', pem('first', 1))] });
    const subject = async () => (await filesOf('renewed')).files[0].certificate?.subject ?? null;
    const file = (text: string) => ({ id, file: textFile('/a', text) });
    await done(app, groupOp('setSecretGroupFile'), file(pem('second', 2)));
    expect(await subject()).toBe('CN=second');
    await done(app, groupOp('setSecretGroupFile'), file('text'));
    expect(await subject()).toBeNull();
    await done(app, groupOp('updateSecretGroup'), { id, files: [textFile('/a', pem('third', 3))] });
    expect(await subject()).toBe('CN=third');
    await done(app, groupOp('setSecretGroupVariable'), { id, name: 'A', value: 'a' });
    expect(await subject()).toBe('CN=third');
    await done(app, groupOp('rollbackSecretGroup'), { id, revision: 1 });
    expect(await subject()).toBe('CN=first');
  });

  it('is told of even among many containers, as far as they are opened', async () => {
    const container = (n: number) =>
      aPkcs12({ certificates: [{ subject: named(`of ${n}`), notAfter: day(n) }], password: '' });
    const files = Array.from({ length: 22 }, (_, i) => binaryFile(`/${String(i).padStart(2, '0')}`, container(i)));
    const { id } = await aGroup(app, { name: 'Many', files: [...files, textFile('/last', pem('last', 60))] });
    const found = async () =>
      (await filesOf('many')).files.map(({ certificate }: { certificate: unknown }) => certificate !== null);
    const expected = [...Array<boolean>(20).fill(true), false, false, true];
    expect(await found()).toEqual(expected);
    // The same list again has the same facts, though most of it was seen.
    await done(app, groupOp('updateSecretGroup'), { id, files: [...files, textFile('/last', pem('last', 61))] });
    expect(await found()).toEqual(expected);
  });

  it('is told of in 20 containers of a request, however many mutations bring them', async () => {
    const holding = (from: number) =>
      Array.from({ length: 15 }, (_, i) => {
        const subject = named(`split ${from + i}`);
        return binaryFile(`/${i + 10}`, aPkcs12({ certificates: [{ subject, notAfter: day(9) }], password: '' }));
      });
    const ids = [(await aGroup(app, { name: 'Half One' })).id, (await aGroup(app, { name: 'Half Two' })).id];
    const change = (n: number) => `m${n}: updateSecretGroup(input: $i${n}) { __typename }`;
    const { data } = await app.gql(
      `mutation ($i0: UpdateSecretGroupInput!, $i1: UpdateSecretGroupInput!) { ${change(0)} ${change(1)} }`,
      { i0: { id: ids[0], files: holding(0) }, i1: { id: ids[1], files: holding(15) } },
    );
    expect(data).toMatchObject({ m0: { __typename: 'UpdateSecretGroupPayload' } });
    const told = async (slug: string) =>
      (await filesOf(slug)).files.filter(({ certificate }: { certificate: unknown }) => certificate !== null).length;
    expect([await told('half-one'), await told('half-two')]).toEqual([15, 5]);
  });
});

describe('other files', () => {
  it('of a workload tell of theirs', async () => {
    await done(app, PUT_SERVICE, aServiceInput({ files: [textFile('/own', pem('own', 7))] }));
    const query = `{ project(slug: "default-project") { service(id: "example-service") { files { ${CERTIFICATE} } } } }`;
    const { data } = await app.gql(query);
    expect(data.project.service.files).toEqual([{ certificate: shown('own', 7) }]);
  });

  it('of a global secret tell of theirs, after every kind of write', async () => {
    const files = (name: string) => [{ id: 'ca', ...textFile('/ca', pem(name, 5)) }];
    const { id } = await aGlobal(app, { name: 'Authority', files: files('first') });
    const query = `{ globalSecret(slug: "authority") { files { id data masked ${CERTIFICATE} } } }`;
    const read = async (token?: string) => (await app.gql(query, {}, token)).data.globalSecret.files[0];
    expect((await read()).certificate).toEqual(shown('first', 5));
    await done(app, globalOp('updateGlobalSecret'), { id, files: files('second') });
    expect((await read()).certificate).toEqual(shown('second', 5));
    await done(app, globalOp('updateGlobalSecret'), { id, values: { a: 'b' } });
    expect((await read()).certificate).toEqual(shown('second', 5));
    await done(app, globalOp('putGlobalSecret'), { name: 'Authority', type: 'SECRET', files: files('third') });
    const masked = await read(await app.token('developer'));
    expect(masked).toEqual({ id: 'ca', data: null, masked: true, certificate: null });
    expect((await read()).certificate).toEqual(shown('third', 5));
    await done(app, globalOp('deleteGlobalSecret'), { id });
  });
});

const EXPIRING = `query ($within: Int!, $first: Int, $after: Cursor, $last: Int) {
  expiringCertificates(within: $within, first: $first, after: $after, last: $last) {
    nodes { path holder { __typename ... on SecretGroup { slug project { slug } } ... on GlobalSecret { slug } } ${CERTIFICATE} }
    pageInfo { hasNextPage endCursor } } }`;

describe('expiringCertificates', () => {
  let other: TestApp;
  beforeAll(async () => {
    other = await startApp({ clock: () => START });
    for (const name of ['Default Project', 'Elsewhere', 'Gone']) await aProject(other, name);
    const group = (project: string, name: string, over: object) => aGroup(other, { project, name, ...over });
    await group('default-project', 'Web', {
      files: [textFile('/b', pem('b', 3)), textFile('/past', pem('past', -4)), textFile('/text', 'text')],
      dockerSecretMounts: [{ name: 'build', data: base64(pem('build', 9)) }],
    });
    await group('elsewhere', 'Api', {
      type: 'CONFIG',
      files: [textFile('/a', pem('a', 3)), textFile('/far', pem('far', 400))],
    });
    const { id } = await group('elsewhere', 'Deleted', { files: [textFile('/deleted', pem('deleted', 1))] });
    await done(other, groupOp('deleteSecretGroup'), { id });
    await group('gone', 'Kept', { files: [textFile('/gone', pem('gone', 1))] });
    await done(other, operation('deleteProject', ''), { id: base64('Project:gone') });
    await aGlobal(other, { name: 'Shared', files: [{ id: 'x', ...textFile('/a', pem('shared', 3)) }] });
    await done(other, PUT_SERVICE, aServiceInput({ files: [textFile('/own', pem('own', 1))] }));
  });
  afterAll(() => other.close());

  async function list(variables: object, token?: string) {
    const { data, errors } = await other.gql(EXPIRING, variables, token);
    if (errors) return errors.map(({ extensions }) => extensions.code);
    return data.expiringCertificates.nodes.map(
      ({ path, holder, certificate }: { path: string; holder: { slug: string }; certificate: { daysLeft: number } }) =>
        `${holder.slug} ${path} ${certificate.daysLeft}`,
    );
  }
  const ALL = ['web /past -4', 'shared /a 3', 'api /a 3', 'web /b 3', 'web build 9', 'api /far 400'];

  it.each([
    [400, ALL],
    [399, ALL.slice(0, 5)],
    [9, ALL.slice(0, 5)],
    [3, ALL.slice(0, 4)],
    [2, ALL.slice(0, 1)],
    [0, ALL.slice(0, 1)],
    [2_147_483_647, ALL],
    [-1, ['INVALID_INPUT']],
  ])('within %i days', async (within, expected) => {
    expect(await list({ within })).toEqual(expected);
  });

  it('says where each lies and all that is known of it', async () => {
    const { data } = await other.gql(EXPIRING, { within: 3 });
    const [, shared, api] = data.expiringCertificates.nodes;
    expect(shared).toEqual({
      path: '/a',
      holder: { __typename: 'GlobalSecret', slug: 'shared' },
      certificate: shown('shared', 3),
    });
    const holder = { __typename: 'SecretGroup', slug: 'api', project: { slug: 'elsewhere' } };
    expect(api).toEqual({ path: '/a', holder, certificate: shown('a', 3) });
  });

  it('comes in pages', async () => {
    const seen: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const {
        data,
      }: {
        data: {
          expiringCertificates: { nodes: { path: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
        };
      } = await other.gql(EXPIRING, { within: 400, first: 2, after });
      const { nodes, pageInfo } = data.expiringCertificates;
      seen.push(...nodes.map(({ path }) => path));
      after = pageInfo.endCursor;
      more = pageInfo.hasNextPage;
    }
    expect(seen).toEqual(['/past', '/a', '/a', '/b', 'build', '/far']);
    expect(await list({ within: 400, last: 1 })).toEqual(ALL.slice(-1));
    expect(await list({ within: 400, first: 101 })).toEqual(['INVALID_INPUT']);
  });

  it.each([
    [
      'everything on configuration',
      [{ verbs: ['LIST', 'LIST_KEYS', 'READ'], types: ['CONFIG'] }],
      ['api /a 3', 'api /far 400'],
    ],
    [
      'a list of all, but keys of configuration alone',
      [{ verbs: ['LIST', 'READ'] }, { verbs: ['LIST_KEYS'], types: ['CONFIG'] }],
      ['api /a 3', 'api /far 400'],
    ],
    [
      'keys and values of all, but a list of configuration',
      [{ verbs: ['LIST_KEYS', 'READ'] }, { verbs: ['LIST'], types: ['CONFIG'] }],
      ['api /a 3', 'api /far 400'],
    ],
    [
      'one project',
      [{ verbs: ['LIST', 'LIST_KEYS', 'READ'], projects: ['default-project'] }],
      ['web /past -4', 'web /b 3', 'web build 9'],
    ],
    ['no keys', [{ verbs: ['LIST', 'READ', 'RESOLVE'] }], []],
    ['keys without values', [{ verbs: ['LIST', 'LIST_KEYS'] }], []],
  ])('shows those with %s only what they may see', async (what, given, expected) => {
    const grants = [
      { resources: ['PROJECT'], verbs: ['LIST'] },
      ...given.map((grant) => ({ resources: ['SECRET_GROUP', 'GLOBAL_SECRET'], ...grant })),
    ];
    const name = `Role ${what.replaceAll(/\W+/g, ' ')}`;
    await done(other, operation('createRole', ''), { name, grants });
    const token = await other.token(name.toLowerCase().replaceAll(' ', '-'));
    expect(await list({ within: 400 }, token)).toEqual(expected);
  });

  it('shows nothing of a project that one may not see', async () => {
    const grants = [
      { resources: ['PROJECT'], verbs: ['LIST'], projects: ['elsewhere'] },
      { resources: ['SECRET_GROUP'], verbs: ['LIST', 'LIST_KEYS', 'READ'] },
    ];
    await done(other, operation('createRole', ''), { name: 'Elsewhere Only', grants });
    expect(await list({ within: 400 }, await other.token('elsewhere-only'))).toEqual(['api /a 3', 'api /far 400']);
    const dependent = await other.token('dependent', {
      kind: 'DEPENDENT',
      workload: { project: 'default-project', kind: 'SERVICE', id: 'example-service' },
    });
    expect(await list({ within: 400 }, dependent)).toEqual([]);
    const stranger = (await other.gateway.services.access.bootstrap('other-team')) ?? '';
    expect(await list({ within: 400 }, stranger)).toEqual([]);
  });

  it('opens each body once, no content, and asks for no more with more groups', async () => {
    const gateway = await countedApp(other.store, { cacheBytes: 64 * 1024 * 1024, answerCacheBytes: 0 });
    const ask = async () => {
      gateway.reset();
      await gateway.gql(EXPIRING, { within: 400 }, other.owner);
      return [{ ...gateway.calls }, gateway.opens()];
    };
    // Who asks: index, its document, tokens. Projects, their groups, global secrets; a head and the keys of each scope.
    const [calls, opens] = await ask();
    expect(opens).toBe(3);
    expect(await ask()).toEqual([{ lineage: 1 }, 0]);
    for (let i = 0; i < 5; i += 1) await aGroup(other, { name: `More ${i}`, files: [textFile('/m', `text ${i}`)] });
    // The team's head, those of its two projects, and what was written since.
    expect(await ask()).toEqual([{ lineage: 3, commitsAfter: 1, getMany: 1 }, 5]);
    await gateway.close();

    const fresh = await countedApp(other.store, { cacheBytes: 64 * 1024 * 1024, answerCacheBytes: 0 });
    fresh.reset();
    await fresh.gql(EXPIRING, { within: 400 }, other.owner);
    expect([fresh.calls, fresh.opens()]).toEqual([calls, 8]);
    await fresh.close();
  });
});

it('a hostile file is stored like every other', async () => {
  const bytes = Buffer.concat([Buffer.from('3080020103', 'hex'), Buffer.alloc(900_000, '\x30\x80', 'latin1')]);
  const result = await run(app, groupOp('createSecretGroup', 'files { size }'), {
    project: 'default-project',
    name: 'Hostile',
    secretType: 'ENVIRONMENT',
    priority: 1,
    files: [binaryFile('/a', bytes)],
  });
  expect(result.secretGroup.files).toEqual([{ size: bytes.length }]);
  expect((await filesOf('hostile')).files[0].certificate).toBeNull();
});
