import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Doc, Fields, Key } from '../../src/store/port.ts';
import { ENVIRONMENT, groupOp } from '../support/makers.ts';
import { operationOf } from '../support/mutations.ts';
import type { TestApp } from '../support/start-app.ts';
import { CANARY, codeOf, type TamperedApp, tamperedApp } from '../support/tampered-app.ts';

const P = 'default-project';
const WEB: Key = ['default', P, 'web'];
const REFUSED = ['INTEGRITY', 'INTEGRITY'];
const SERVED = ['ok', 'ok'];

let t: TamperedApp;
let restore: () => Promise<void>;
beforeAll(async () => {
  t = await tamperedApp();
});
afterAll(() => t.app.close());
beforeEach(() => {
  restore = t.edit.remember();
});
afterEach(async () => {
  await restore();
  expect(t.said()).not.toContain(CANARY);
});

const edited = (doc: Doc, fields: Fields): Doc => ({ ...doc, fields: { ...doc.fields, ...fields } });
const VIEWER = '{ viewer { name role { slug } team } }';
const viewerOf = (name: string) => (app: TestApp) => codeOf(app, VIEWER, {}, t.tokenOf.get(name));

async function tokenNamed(role: string, expires: boolean): Promise<Doc> {
  const docs = await t.app.store.list('token', ['default'], { limit: 100 });
  const found = docs.find(({ fields }) => fields.role === role && (fields.expiresAt !== null) === expires);
  if (!found) throw new Error('no such token');
  return found;
}

/** A gateway that was there before may still know what was true; it must not believe the edit. One that starts refuses. */
async function expectUnbelieved(name: string, before: string): Promise<void> {
  const [running, fresh] = await t.ask(viewerOf(name));
  expect([before, 'INTEGRITY']).toContain(running);
  expect(fresh).toBe('INTEGRITY');
}

describe('case 112: who may do what, edited in the store', () => {
  it.each([
    ['role', { role: 'owner' }],
    ['kind', { kind: 'user' }],
    ['workload', { workload: { kind: 'service', project: P, id: 'plain' } }],
    ['name', { name: 'Another' }],
  ] as const)('%s of a token', async (_what, fields) => {
    const doc = await tokenNamed('auditor', false);
    await t.edit.write('token', doc.key, edited(doc, fields));
    await expectUnbelieved('auditor', 'ok');
    expect(await t.ask(viewerOf('reader'))).toEqual(SERVED);
    expect(await t.ask((app) => codeOf(app, VIEWER))).toEqual(SERVED);
  });

  it('the expiry of a token', async () => {
    expect(await t.ask(viewerOf('expiring'))).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
    const doc = await tokenNamed('reader', true);
    await t.edit.write('token', doc.key, edited(doc, { expiresAt: null }));
    await expectUnbelieved('expiring', 'UNAUTHENTICATED');
  });

  it('a revoked token, as it was before', async () => {
    const token = await t.app.token('reader');
    const docs = await t.app.store.list('token', ['default'], { limit: 100 });
    const newest = [...docs].sort((a, b) => b.seq - a.seq)[0];
    if (!newest) throw new Error('unreachable');
    const id = Buffer.from(`Token:${newest.key[1]}`).toString('base64');
    expect(await codeOf(t.app, operationOf('revokeToken'), { input: { id } })).toBe('ok');
    await t.edit.write('token', newest.key, t.edit.readRevision('token', newest.key, 1));
    expect(await t.ask((app) => codeOf(app, VIEWER, {}, token))).toEqual(REFUSED);
    // The gateway has seen commits that `restore` takes back, so the rest has another one.
    restore = async () => {};
    await t.app.close();
    t = await tamperedApp();
  });

  it('the grants of a role', async () => {
    expect(await t.ask(viewerOf('lister'))).toEqual(SERVED);
    const key = ['default', 'lister'];
    const grants = [{ resources: ['secretGroup'], verbs: ['read'], types: ['secret', 'config'], projects: null }];
    await t.edit.write('role', key, edited(t.edit.read('role', key), { grants }));
    await expectUnbelieved('lister', 'ok');
    expect(await t.ask(viewerOf('reader'))).toEqual(SERVED);
    const read = '{ roles { slug } }';
    expect((await t.app.gql(read, {}, t.app.owner)).errors?.[0]?.extensions.code).toBe('INTEGRITY');
  });
});

describe('the index of tokens', () => {
  /** Index documents with the tokens that they lead to. */
  async function indexOf(role: string): Promise<Doc> {
    const token = await tokenNamed(role, false);
    const all = await t.app.store.list('tokenIndex', [], { limit: 100 });
    const found = all.find(({ fields }) => fields.token === token.key[1]);
    if (!found) throw new Error('no such token');
    return found;
  }

  it('led to the token of somebody else', async () => {
    const reader = await indexOf('reader');
    const owner = await indexOf('owner');
    await t.edit.write('tokenIndex', reader.key, edited(reader, owner.fields));
    await expectUnbelieved('reader', 'ok');
  });

  it('the whole document of somebody else under its place', async () => {
    const reader = await indexOf('reader');
    await t.edit.write('tokenIndex', reader.key, await indexOf('owner'));
    // The document says that it is of another place, so nothing is found under the one that was asked for.
    const [, fresh] = await t.ask((app) => roleOf(app, t.tokenOf.get('reader')));
    expect(fresh).not.toBe('owner');
    expect(fresh).toMatch(/^(INTEGRITY|UNAUTHENTICATED)$/);
  });
});

async function roleOf(app: TestApp, token: string | undefined): Promise<string> {
  const { data, errors } = await app.gql(VIEWER, {}, token);
  return data?.viewer?.role.slug ?? errors?.[0]?.extensions.code;
}

describe('history', () => {
  const id = Buffer.from(`SecretGroup:${P}/web`).toString('base64');
  const environmentAt = (at: number) => (app: TestApp) =>
    codeOf(app, ENVIRONMENT, { project: P, service: 'example-service', at });
  const REVISIONS = `{ project(slug: "${P}") { secretGroup(slug: "web") {
    revisions(first: 5) { nodes { revision type priority variables { name value } } } } } }`;
  const revisions = (app: TestApp) => codeOf(app, REVISIONS);
  const rollback = (app: TestApp) => codeOf(app, groupOp('rollbackSecretGroup'), { input: { id, revision: 1 } });
  let at = 0;

  beforeAll(async () => {
    expect(await codeOf(t.app, groupOp('setSecretGroupVariable'), { input: { id, name: 'A', value: CANARY } })).toBe(
      'ok',
    );
    at = ((await t.app.store.head(['default']))?.seq ?? 0) - 1;
    expect(await codeOf(t.app, groupOp('setSecretGroupVariable'), { input: { id, name: 'B', value: CANARY } })).toBe(
      'ok',
    );
  });

  it('is served as long as nobody tampers', async () => {
    expect([await t.ask(environmentAt(at)), await t.ask(revisions)]).toEqual([SERVED, SERVED]);
  });

  it.each([
    ['restrictions', { restrictions: { restricted: true, workloads: [], tags: [], tagMatchCondition: 'or' } }],
    ['type', { type: 'config' }],
  ] as const)('case 112: %s of an earlier revision', async (_what, fields) => {
    for (const revision of [1, 2, 3])
      await t.edit.writeRevision('secretGroup', WEB, revision, (doc) => edited(doc, fields));
    expect(await t.ask(environmentAt(at))).toEqual(REFUSED);
    expect(await t.ask(revisions)).toEqual(REFUSED);
    expect(await t.ask(rollback)).toEqual(REFUSED);
  });

  it('case 109: bodies of two revisions', async () => {
    const [first, second] = [1, 2].map((revision) => t.edit.readRevision('secretGroup', WEB, revision));
    if (!first || !second) throw new Error('unreachable');
    await t.edit.writeRevision('secretGroup', WEB, 1, (doc) => ({ ...doc, body: second.body, tag: second.tag }));
    await t.edit.writeRevision('secretGroup', WEB, 2, (doc) => ({ ...doc, body: first.body, tag: first.tag }));
    expect(await t.ask(revisions)).toEqual(REFUSED);
    expect(await t.ask(rollback)).toEqual(REFUSED);
  });

  it('case 111: a revision that is gone from among the others', async () => {
    await t.edit.writeRevision('secretGroup', WEB, 3, () => null);
    expect(await t.ask(revisions)).toEqual(REFUSED);
    expect(await t.ask(environmentAt(at))).toEqual(REFUSED);
  });

  it('a group that is damaged now is not left out of what was', async () => {
    const key = ['default', P, 'api'];
    await t.edit.write('secretGroup', key, null);
    expect(await t.ask(environmentAt(at))).toEqual(REFUSED);
  });
});

it('a project is not deleted, and its keys with it, while one of its workloads cannot be read', async () => {
  for (const id of ['example-service', 'plain']) await t.edit.write('service', ['default', P, id], null);
  const id = Buffer.from(`Project:${P}`).toString('base64');
  const remove = (app: TestApp) => codeOf(app, operationOf('deleteProject'), { input: { id } });
  expect(await t.ask(remove)).toEqual(REFUSED);
});

describe('the log and the heads', () => {
  const COMMITS = '{ commits(first: 100) { nodes { seq actor operation } } }';
  const commits = (app: TestApp) => codeOf(app, COMMITS);
  const groups = (project: string) => (app: TestApp) =>
    codeOf(app, `{ project(slug: "${project}") { secretGroup(slug: "web") { variables { value } } } }`);

  it('who made a commit', async () => {
    expect(await t.ask(commits)).toEqual(SERVED);
    await t.edit.editCommit('default', 3, (commit) => ({ ...commit, actor: 'somebody' }));
    expect(await t.ask(commits)).toEqual(REFUSED);
  });

  it('a commit that is gone', async () => {
    await t.edit.editCommit('default', 3, () => null);
    expect(await t.ask(commits)).toEqual(REFUSED);
  });

  it('the sum of a project: that project is refused, others are not', async () => {
    await t.edit.editHead(['default', P], (head) => ({ ...head, sets: new Map() }));
    expect(await t.ask(groups(P))).toEqual(REFUSED);
    expect(await t.ask(groups('other'))).toEqual(SERVED);
  });

  it('the head of another project in the place of its own', async () => {
    const there = await t.app.store.head(['default', 'other']);
    await t.edit.editHead(['default', P], () => there);
    expect(await t.ask(groups(P))).toEqual(REFUSED);
  });
});
