import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conflict } from '../../src/kernel/errors.ts';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import type { NewCommit } from '../../src/store/port.ts';
import { aGroup, aProject, codeOf, done, operation, run } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

/** Case 251: what was decided under a token commits only while the token and its role still stand. */
let app: TestApp;
let now = new Date('2026-01-01T00:00:00.000Z');
/** Expiry is judged by a clock that only goes forward. */
const anHourLater = (): Date => new Date(now.getTime() + 3_600_000);
/** Runs once, when a commit of this operation has been decided and has not reached the store. */
let meanwhile: { readonly operation: string; readonly act: () => Promise<unknown> } | null = null;
let commits: NewCommit[] = [];
let group = '';

beforeAll(async () => {
  app = await startApp({
    clock: () => now,
    open({ mac }) {
      const store = openMemoryStore({ mac });
      return {
        ...store,
        async commit(commit) {
          const due = meanwhile?.operation === commit.operation ? meanwhile : null;
          if (due) meanwhile = null;
          await due?.act();
          const made = await store.commit(commit);
          commits.push(commit);
          return made;
        },
      };
    },
  });
  await aProject(app);
  group = (await aGroup(app, { name: 'Changing' })).id;
});
afterAll(() => app.close());

const GRANTS = [{ resources: ['PROJECT', 'SECRET_GROUP', 'TAG'], verbs: ['LIST', 'LIST_KEYS', 'READ', 'WRITE'] }];
const SET = operation('setSecretGroupVariable', 'secretGroup { revision variables { value } }');
const CREATE_TAG = operation('createTag', 'tag { name }');
const REVOKE = operation('revokeToken', 'token { id }');
const UPDATE_ROLE = operation('updateRole', 'role { slug }');

let roles = 0;
async function aHolder(over: object = {}) {
  roles += 1;
  const { role } = await done(app, operation('createRole', 'role { id slug }'), {
    name: `Role ${roles}`,
    grants: GRANTS,
  });
  const made = await done(app, operation('createToken', 'text token { id }'), {
    name: 'holder',
    kind: 'MACHINE',
    role: role.slug,
    ...over,
  });
  return { role: role.id, id: made.token.id, text: made.text };
}
/** What comes of a mutation when something happens between its decision and its commit, and how often it was committed. */
async function during(what: string, act: () => Promise<unknown>, ask: () => ReturnType<typeof run>) {
  meanwhile = { operation: what, act };
  commits = [];
  const result = await ask();
  expect(meanwhile).toBeNull();
  return [codeOf(result), commits.filter((each) => each.operation === what).length];
}

describe.each([
  ['a change', 'secretGroup.setVariable', SET, () => ({ id: group, name: 'A', value: '1' })],
  ['a creation', 'tag.create', CREATE_TAG, () => ({ name: `tag-${roles}` })],
] as const)('%s that was decided', (_kind, what, mutation, input) => {
  it('is not committed when its token is revoked meanwhile', async () => {
    const { id, text } = await aHolder();
    const revoke = () => done(app, REVOKE, { id });
    expect(await during(what, revoke, () => run(app, mutation, input(), text))).toEqual(['UNAUTHENTICATED', 0]);
  });

  it('is not committed when its role no longer allows it', async () => {
    const { role, text } = await aHolder();
    const narrow = () => done(app, UPDATE_ROLE, { id: role, grants: [{ ...GRANTS[0], verbs: ['LIST'] }] });
    expect(await during(what, narrow, () => run(app, mutation, input(), text))).toEqual(['FORBIDDEN', 0]);
  });

  it('is decided anew, and committed once, when its role has changed and still allows it', async () => {
    const { role, text } = await aHolder();
    const rename = () => done(app, UPDATE_ROLE, { id: role, name: 'Renamed' });
    expect(await during(what, rename, () => run(app, mutation, input(), text))).toEqual(['OK', 1]);
  });

  it('is refused when its role does not stand still', async () => {
    const { role, text } = await aHolder();
    const rename = async () => {
      await done(app, UPDATE_ROLE, { id: role, name: 'Renamed' });
      meanwhile = { operation: what, act: () => done(app, UPDATE_ROLE, { id: role, name: 'Once More' }) };
    };
    expect(await during(what, rename, () => run(app, mutation, input(), text))).toEqual(['CONFLICT', 0]);
  });

  it('is not committed when its token has ended meanwhile', async () => {
    const expiry = anHourLater();
    const { role, text } = await aHolder({ expiresAt: expiry.toISOString() });
    const end = async () => {
      await done(app, UPDATE_ROLE, { id: role, name: 'Renamed' });
      now = expiry;
    };
    expect(await during(what, end, () => run(app, mutation, input(), text))).toEqual(['UNAUTHENTICATED', 0]);
  });
});

it('case 251: a token that ended while another writer was faster commits nothing', async () => {
  const expiry = anHourLater();
  const { text } = await aHolder({ expiresAt: expiry.toISOString() });
  const end = async () => {
    now = expiry;
    throw conflict('REVISION_MOVED', 'Another process was faster');
  };
  const set = () => run(app, SET, { id: group, name: 'A', value: '1' }, text);
  expect(await during('secretGroup.setVariable', end, set)).toEqual(['UNAUTHENTICATED', 0]);
});

it('case 251: an answer shows what the rights of now show, not those of the first attempt', async () => {
  await done(app, SET, { id: group, name: 'SHOWN', value: 'hunter2canary' });
  const { role, text } = await aHolder();
  const narrow = () =>
    done(app, UPDATE_ROLE, { id: role, grants: [{ ...GRANTS[0], verbs: ['LIST', 'LIST_KEYS', 'WRITE'] }] });
  meanwhile = { operation: 'secretGroup.setVariable', act: narrow };
  const result = await run(app, SET, { id: group, name: 'B', value: '1' }, text);
  expect(codeOf(result)).toBe('OK');
  expect(JSON.stringify(result)).not.toContain('hunter2canary');
});

it('case 251: a token that revokes itself changes nothing more, in the same request neither', async () => {
  const { text, token } = await done(app, operation('createToken', 'text token { id }'), {
    name: 'second owner',
    kind: 'USER',
    role: 'owner',
  });
  const both = `mutation ($id: ID!) {
    first: revokeToken(input: { id: $id }) { __typename }
    second: createTag(input: { name: "too-late" }) { __typename } }`;
  const { data, errors } = await app.gql(both, { id: token.id }, text);
  expect([data, errors?.[0]?.extensions.code]).toEqual([null, 'UNAUTHENTICATED']);
  expect(JSON.stringify(await app.gql('{ tags { name } }'))).not.toContain('too-late');
});

it('case 251: many writers under one token do not stand in each other’s way', async () => {
  const { text } = await aHolder();
  commits = [];
  const all = Array.from({ length: 20 }, (_, i) => run(app, CREATE_TAG, { name: `many-${i}` }, text));
  expect((await Promise.all(all)).map(codeOf)).toEqual(all.map(() => 'OK'));
  expect(commits).toHaveLength(20);
});
