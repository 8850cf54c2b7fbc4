import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../../src/access/session.ts';
import { syncDocument } from '../../src/modules/git-sync/sync-model.ts';
import { accountDocument } from '../../src/modules/vcs/model.ts';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import { type Change, changesOf } from '../../src/vault/change.ts';
import { aFollower, type GitApp, gitApp, gitOp, gitopsInput, MINUTE, readGlobal } from '../support/git-app.ts';
import type { Repository } from '../support/git-host.ts';
import { CANARY, codeOf, done, operation, refusals, run } from '../support/makers.ts';

/** Case 247: what comes through a credential is at least as secret as the credential. */
let app: GitApp;
let operator: string;
let closed: Repository;
let open: Repository;
/** Like `closed`, for tests that no other global secret may disturb. */
let lone: Repository;
let content = 0;

const basic = (login: string): string => `Basic ${Buffer.from(`${login}:token-of-${login}`).toString('base64')}`;
/** Who is let into the repository that is not public. */
const INSIDERS = new Map(['amber', 'vera'].map((login) => [basic(login), login]));

const FIELDS = 'vcsAccount { id sensitivity revision }';
const PUT = operation('putVcsAccount', FIELDS);
const UPDATE = operation('updateVcsAccount', FIELDS);
const DELETE = operation('deleteVcsAccount', FIELDS);
const CREATE = gitOp('createGlobalSecret');
const account = (login: string, over: object = {}) => ({
  service: 'SELF_HOSTED',
  selfHostedVcsId: 'our-git',
  baseUrl: app.host.url,
  accountLogin: login,
  token: `token-of-${login}`,
  ...over,
});
const link = async (login: string, over: object = {}) => (await done(app, PUT, account(login, over))).vcsAccount;
const unlinkAll = async () => {
  const { data } = await app.gql('{ vcsAccounts { id } }');
  for (const { id } of data.vcsAccounts) await done(app, DELETE, { id });
};
const push = (repository = closed): string => {
  content += 1;
  repository.push({ 'config/app.json': JSON.stringify({ [CANARY]: content }) });
  return JSON.stringify({ [CANARY]: content });
};
const valuesOf = async (slug: string) => JSON.stringify((await readGlobal(app, slug)).values);
const standing = async (slug: string) => {
  const { state, reason } = (await readGlobal(app, slug)).gitops.status;
  return reason === null ? state : `${state} ${reason}`;
};
/** Logins that were shown to a repository since it was last asked for. */
const shown = (repository = closed): readonly (string | undefined)[] => {
  const mine = app.host.asked.filter(({ line }) => line.includes(`${new URL(repository.url).pathname}/`));
  const logins = mine.map(({ authorization }) => authorization && (INSIDERS.get(authorization) ?? 'other'));
  app.host.asked.length = 0;
  return [...new Set(logins)];
};

beforeAll(async () => {
  app = await gitApp();
  operator = await app.token('operator');
  closed = app.host.repository('closed');
  open = app.host.repository('open');
  lone = app.host.repository('closed-lone');
  push();
  push(lone);
  open.push({ 'config/app.json': '{"public":true}' });
  app.host.before = (request, response) => {
    if (!request.url?.startsWith('/closed')) return false;
    if (INSIDERS.has(request.headers.authorization ?? '')) return false;
    response.writeHead(401).end();
    return true;
  };
});
afterAll(() => app.close());

const written = (session: Session, change: Change) =>
  session.run({ operation: 'test', subject: ['test'], find: () => null, decide: () => ({ changes: [change] }) });

describe('the sensitivity of an account', () => {
  it('is secret unless said otherwise, also in stores that did not know of it', async () => {
    expect((await link('amber')).sensitivity).toBe('SECRET');
    expect((await link('vera', { sensitivity: 'CONFIG' })).sensitivity).toBe('CONFIG');
    const session = await app.gateway.services.access.system('default', 'system:test');
    const vera = await session.read(async (view) => (await view.set(accountDocument)).get('self-hosted:our-git:vera'));
    if (!vera) throw new Error('not linked');
    const { sensitivity, ...older } = vera.fields;
    expect(sensitivity).toBe('config');
    await written(session, changesOf(accountDocument).replace(vera, older, vera.body()));
    const { data } = await app.gql('{ vcsAccounts { accountLogin sensitivity } }');
    expect(data.vcsAccounts).toEqual([
      { accountLogin: 'amber', sensitivity: 'SECRET' },
      { accountLogin: 'vera', sensitivity: 'SECRET' },
    ]);
    await unlinkAll();
  });

  it('is named when a CONFIG account is replaced, so that a new token changes nothing without a word', async () => {
    await link('vera', { sensitivity: 'CONFIG' });
    expect(await refusals(app, PUT, account('vera'))).toEqual(['sensitivity required']);
    expect((await link('vera', { sensitivity: 'CONFIG' })).revision).toBe(2);
    expect((await link('vera', { sensitivity: 'SECRET' })).sensitivity).toBe('SECRET');
    expect((await link('vera')).sensitivity).toBe('SECRET');
    await unlinkAll();
  });

  const everything = ['LIST', 'READ', 'WRITE', 'DELETE', 'CHANGE_TYPE', 'LINK'];
  const secrets = { resources: ['GLOBAL_SECRET'], verbs: ['LIST', 'READ'], types: ['SECRET'] };
  const accounts = (over: object) => ({ resources: ['VCS_ACCOUNT'], verbs: everything, ...over });
  it.each<[string, readonly object[], string, string]>([
    ['All Of It', [accounts({}), secrets], 'OK', 'OK'],
    ['No Secrets', [accounts({})], 'FORBIDDEN', 'OK'],
    [
      'No Retype',
      [accounts({ verbs: everything.filter((verb) => verb !== 'CHANGE_TYPE') }), secrets],
      'FORBIDDEN',
      'FORBIDDEN',
    ],
    ['No Read', [accounts({ verbs: everything.filter((verb) => verb !== 'READ') }), secrets], 'FORBIDDEN', 'OK'],
    ['Config Accounts', [accounts({ types: ['CONFIG'] }), secrets], 'NOT_FOUND', 'FORBIDDEN'],
  ])('changes as types do: %s', async (name, grants, toConfig, toSecret) => {
    await done(app, operation('createRole', ''), { name, grants });
    const token = await app.token(name.toLowerCase().replaceAll(' ', '-'));
    const change = async (from: string, to: string) => {
      const { id } = await link('amber', { sensitivity: from });
      return codeOf(await run(app, UPDATE, { id, sensitivity: to }, token));
    };
    expect(await change('SECRET', 'CONFIG')).toBe(toConfig);
    const put = await run(app, PUT, account('amber', { sensitivity: 'CONFIG' }), token);
    expect(codeOf(put)).toBe(toConfig === 'NOT_FOUND' ? 'FORBIDDEN' : toConfig);
    expect(await change('CONFIG', 'SECRET')).toBe(toSecret);
    await unlinkAll();
  });

  it('guards accounts as types guard global secrets', async () => {
    await link('amber');
    await link('vera', { sensitivity: 'CONFIG' });
    const token = await app.token('config-accounts');
    const { data } = await app.gql('{ vcsAccounts { accountLogin } }', {}, token);
    expect(data.vcsAccounts).toEqual([{ accountLogin: 'vera' }]);
    expect(codeOf(await run(app, PUT, account('bob'), token))).toBe('FORBIDDEN');
    expect(codeOf(await run(app, PUT, account('bob', { sensitivity: 'CONFIG' }), token))).toBe('OK');
    await unlinkAll();
  });
});

describe('a CONFIG global secret', () => {
  let AT_LONE: object;
  beforeAll(() => {
    AT_LONE = { repoUrl: lone.url };
  });
  const input = (over: object = {}, gitops: object = {}) => ({
    name: 'Mine',
    type: 'CONFIG',
    gitops: gitopsInput(closed.url, gitops),
    ...over,
  });

  it('case 247: takes no file of a SECRET one, named account or not', async () => {
    await link('amber');
    await aFollower(app, 'Theirs', gitopsInput(closed.url));
    shown();
    for (const over of [{}, { accountLogin: 'amber' }, { accountLogin: 'amber', selfHostedVcsId: 'our-git' }]) {
      for (const more of [{}, { name: null }]) {
        const refused = await run(app, CREATE, input(more, over), operator);
        expect(refused).toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('SECRET') });
        expect(JSON.stringify(refused)).not.toContain(CANARY);
        expect(codeOf(await run(app, gitOp('putGlobalSecret'), input(more, over), operator))).toBe('FORBIDDEN');
      }
    }
    expect(shown()).toEqual([undefined]);
    expect(await readGlobal(app, 'mine')).toBeNull();
    const { globalSecret } = await done(app, CREATE, { name: 'By Hand', type: 'CONFIG' }, operator);
    const patch = { id: globalSecret.id, gitops: gitopsInput(closed.url) };
    expect(codeOf(await run(app, gitOp('updateGlobalSecret'), patch, operator))).toBe('FORBIDDEN');
    // A secret one reads with what it likes, whoever writes it.
    expect(codeOf(await run(app, CREATE, input({ name: 'By Operator', type: 'SECRET' }), operator))).toBe('OK');
    await unlinkAll();
  });

  it('reads what is public without any account', async () => {
    await link('amber');
    shown();
    await done(app, CREATE, { ...input({ name: 'Public' }), gitops: gitopsInput(open.url) }, operator);
    expect(await readGlobal(app, 'public')).toMatchObject({ values: { public: true } });
    expect(shown(open)).toEqual([undefined]);
    await unlinkAll();
  });

  it('passes over secret accounts where it may not use them', async () => {
    await link('amber');
    await link('vera', { sensitivity: 'CONFIG' });
    shown();
    const made = await done(app, CREATE, input({ name: 'Passing' }), operator);
    expect(made.globalSecret.gitops.status.state).toBe('SYNCED');
    expect(shown()).toEqual(['vera']);
    const text = push();
    await app.later(6 * MINUTE);
    expect(await valuesOf('passing')).toBe(text);
    await unlinkAll();
  });

  it('keeps its last state when its account becomes secret, and goes on when it is configuration again', async () => {
    await unlinkAll();
    const { id } = await link('vera', { sensitivity: 'CONFIG' });
    await done(app, CREATE, input({ name: 'Left' }, AT_LONE), operator);
    await done(app, CREATE, input({ name: 'Left By Name' }, { ...AT_LONE, accountLogin: 'vera' }), operator);
    const before = await valuesOf('left');
    await done(app, UPDATE, { id, sensitivity: 'SECRET' });
    shown(lone);
    push(lone);
    // The settings moved on: it looks at once, whatever the time.
    await app.later(0);
    expect(await standing('left')).toBe('INVALID ACCOUNT_SECRET');
    expect(await standing('left-by-name')).toBe('INVALID ACCOUNT_SECRET');
    await app.later(60 * MINUTE);
    await done(app, gitOp('syncGlobalSecret'), { id: (await readGlobal(app, 'left')).id }, operator);
    expect(await standing('left')).toBe('INVALID ACCOUNT_SECRET');
    expect(await valuesOf('left')).toBe(before);
    expect(await valuesOf('left-by-name')).toBe(before);
    // The one without a name looked as a stranger.
    expect(shown(lone)).toEqual([undefined]);
    // An owner who asks is not the one who set it up.
    await done(app, gitOp('syncGlobalSecret'), { id: (await readGlobal(app, 'left')).id });
    expect(await standing('left')).toBe('INVALID ACCOUNT_SECRET');
    await done(app, UPDATE, { id, sensitivity: 'CONFIG' });
    await app.later(0);
    expect(await standing('left')).toBe('SYNCED');
    expect(await standing('left-by-name')).toBe('SYNCED');
    expect(await valuesOf('left')).not.toBe(before);
    await unlinkAll();
  });

  it('comes back also when nothing was pushed meanwhile', async () => {
    const { id } = await link('vera', { sensitivity: 'CONFIG' });
    await done(app, CREATE, input({ name: 'Back' }), operator);
    for (const [sensitivity, expected] of [
      ['SECRET', 'INVALID ACCOUNT_SECRET'],
      ['CONFIG', 'SYNCED'],
    ]) {
      await done(app, UPDATE, { id, sensitivity });
      await app.later(0);
      expect(await standing('back')).toBe(expected);
    }
    await unlinkAll();
  });

  it('takes all that whoever may read secrets wished it to take, until somebody else sets its git file', async () => {
    await link('amber');
    const { globalSecret } = await done(app, CREATE, input({ name: 'Wished' }));
    const { id } = globalSecret;
    expect(globalSecret.gitops.status.state).toBe('SYNCED');
    await done(app, gitOp('updateGlobalSecret'), { id, description: 'By an operator' }, operator);
    for (const gitops of [{ branch: 'other' }, { holdRewrites: true }, { accountLogin: 'amber' }]) {
      expect(codeOf(await run(app, gitOp('updateGlobalSecret'), { id, gitops }, operator))).toBe('FORBIDDEN');
    }
    await done(app, operation('rotateGitHookSecret', 'hookSecret'), { id }, operator);
    const text = push();
    await app.later(6 * MINUTE);
    expect(await valuesOf('wished')).toBe(text);
    // To a file of the public, which the operator may set; from then on it is the operator's.
    await done(app, gitOp('updateGlobalSecret'), { id, gitops: { repoUrl: open.url } }, operator);
    app.host.before = (_request, response) => {
      response.writeHead(401).end();
      return true;
    };
    await app.later(6 * MINUTE);
    expect(await standing('wished')).toBe('INVALID ACCOUNT_SECRET');
    app.host.before = (request, response) => {
      if (!request.url?.startsWith('/closed') || INSIDERS.has(request.headers.authorization ?? '')) return false;
      response.writeHead(401).end();
      return true;
    };
    await unlinkAll();
  });

  it('of a store that did not know of this takes nothing more through a secret account', async () => {
    await link('amber');
    await done(app, CREATE, input({ name: 'Older' }));
    await aFollower(app, 'Older Secret', gitopsInput(closed.url));
    const session = await app.gateway.services.access.system('default', 'system:test');
    for (const slug of ['older', 'older-secret']) {
      const sync = await session.read(async (view) => (await view.set(syncDocument)).get(slug));
      if (!sync) throw new Error('follows nothing');
      const { secretAccounts, ...older } = sync.body();
      expect(secretAccounts).toBe(true);
      await written(session, changesOf(syncDocument).replace(sync, {}, older));
    }
    const before = await valuesOf('older');
    const text = push();
    await app.later(6 * MINUTE);
    expect(await standing('older')).toBe('INVALID ACCOUNT_SECRET');
    expect(await valuesOf('older')).toBe(before);
    expect(await valuesOf('older-secret')).toBe(text);
    const { id } = await readGlobal(app, 'older');
    await done(app, gitOp('updateGlobalSecret'), { id, gitops: { branch: 'main' } });
    expect(await valuesOf('older')).toBe(text);
    await unlinkAll();
  });

  it('takes nothing that was fetched while its account became secret', async () => {
    const racy = app.host.repository('closed-racy');
    push(racy);
    const at = { repoUrl: racy.url };
    const { id } = await link('vera', { sensitivity: 'CONFIG' });
    await done(app, CREATE, input({ name: 'Raced' }, at), operator);
    const before = await valuesOf('raced');
    const usual = app.host.before;
    const secretMeanwhile = () => {
      app.host.before = async (request, response) => {
        if (!request.url?.startsWith('/closed-racy')) return usual(request, response);
        app.host.before = usual;
        await done(app, UPDATE, { id, sensitivity: 'SECRET' });
        return usual(request, response);
      };
    };
    push(racy);
    secretMeanwhile();
    await app.later(6 * MINUTE);
    expect(await valuesOf('raced')).toBe(before);
    expect(await standing('raced')).toBe('SYNCED');
    await app.later(0);
    expect(await standing('raced')).toBe('INVALID ACCOUNT_SECRET');
    await done(app, UPDATE, { id, sensitivity: 'CONFIG' });
    secretMeanwhile();
    expect(codeOf(await run(app, CREATE, input({ name: 'Raced Too' }, at), operator))).toBe('CONFLICT');
    await done(app, UPDATE, { id, sensitivity: 'CONFIG' });
    secretMeanwhile();
    const asked = await run(app, gitOp('syncGlobalSecret'), { id: (await readGlobal(app, 'raced')).id }, operator);
    expect(codeOf(asked)).toBe('CONFLICT');
    expect(await valuesOf('raced')).toBe(before);
    await unlinkAll();
  });
});

it('the commit itself checks the account, in whichever moment it becomes secret', async () => {
  let beforeCommit: { readonly operation: string; readonly act: () => Promise<unknown> } | null = null;
  const racing = await gitApp({
    host: app.host,
    open: ({ mac }) => {
      const inner = openMemoryStore({ mac });
      return {
        ...inner,
        async commit(commit) {
          const { operation: name, act } = beforeCommit ?? { operation: '', act: null };
          if (act && commit.operation === name) {
            beforeCommit = null;
            await act();
          }
          return inner.commit(commit);
        },
      };
    },
  });
  const writer = await racing.token('operator');
  const made = await done(racing, PUT, account('vera', { sensitivity: 'CONFIG' }));
  const input = { name: 'At Commit', type: 'CONFIG', gitops: gitopsInput(closed.url) };
  await done(racing, CREATE, input, writer);
  const before = (await readGlobal(racing, 'at-commit')).values;
  push();
  const { id } = made.vcsAccount;
  const act = () => done(racing, UPDATE, { id, sensitivity: 'SECRET' });
  beforeCommit = { operation: 'globalSecret.sync', act };
  await racing.later(6 * MINUTE);
  expect(beforeCommit).toBeNull();
  expect((await readGlobal(racing, 'at-commit')).values).toEqual(before);
  await done(racing, UPDATE, { id, sensitivity: 'CONFIG' });
  beforeCommit = { operation: 'globalSecret.create', act };
  expect(codeOf(await run(racing, CREATE, { ...input, name: 'At Commit Too' }, writer))).toBe('CONFLICT');
  expect(beforeCommit).toBeNull();
  await racing.close();
});

it('it is told whether secret accounts may be used', async () => {
  await link('amber');
  const ask = async (slug: string): Promise<boolean> =>
    (await app.gql(`{ globalSecret(slug: "${slug}") { gitops { mayUseSecretAccounts } } }`)).data.globalSecret.gitops
      .mayUseSecretAccounts;
  const config = { type: 'CONFIG', gitops: gitopsInput(open.url) };
  await done(app, CREATE, { ...config, name: 'Told Operator' }, operator);
  await done(app, CREATE, { ...config, name: 'Told Owner' });
  await done(app, CREATE, { ...config, name: 'Told Secret', type: 'SECRET' }, operator);
  expect([await ask('told-operator'), await ask('told-owner'), await ask('told-secret')]).toEqual([false, true, true]);
  await unlinkAll();
});

it('a SECRET one takes `link` on secret accounts', async () => {
  const grants = [
    { resources: ['GLOBAL_SECRET'], verbs: ['LIST', 'LIST_KEYS', 'READ', 'WRITE'] },
    { resources: ['VCS_ACCOUNT'], verbs: ['LINK'], types: ['CONFIG'] },
  ];
  await done(app, operation('createRole', ''), { name: 'Config Linker', grants });
  const token = await app.token('config-linker');
  await link('amber');
  const secret = { name: 'Linked', type: 'SECRET', gitops: gitopsInput(closed.url) };
  expect(codeOf(await run(app, CREATE, secret, token))).toBe('FORBIDDEN');
  await link('vera', { sensitivity: 'CONFIG' });
  shown();
  expect(codeOf(await run(app, CREATE, secret, token))).toBe('OK');
  push();
  await app.later(6 * MINUTE);
  const late = await readGlobal(app, 'linked');
  expect(late.gitops.status.state).toBe('SYNCED');
  await unlinkAll();
});

it('the name of a member that a secret file should not have is for those who may list keys', async () => {
  await link('amber');
  closed.push({ 'config/bad.json': JSON.stringify({ values: {}, [CANARY]: 1 }) });
  await aFollower(app, 'Bad Member', gitopsInput(closed.url, { filePath: '/config/bad.json' }));
  const grants = [{ resources: ['GLOBAL_SECRET'], verbs: ['LIST'] }];
  await done(app, operation('createRole', ''), { name: 'Lister', grants });
  const read = '{ globalSecret(slug: "bad-member") { gitops { status { reason member } } } }';
  const memberFor = async (token: string) => (await app.gql(read, {}, token)).data.globalSecret.gitops.status;
  expect(await memberFor(operator)).toEqual({ reason: 'UNKNOWN_MEMBER', member: CANARY });
  expect(await memberFor(await app.token('lister'))).toEqual({ reason: 'UNKNOWN_MEMBER', member: null });
});
