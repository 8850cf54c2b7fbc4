import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../src/http/log.ts';
import { aFollower, type GitApp, gitApp, gitOp, gitopsInput, MINUTE, readGlobal } from '../support/git-app.ts';
import { type GitHost, gitHost, type Repository } from '../support/git-host.ts';
import { CANARY, codeOf, done, operation, refusals, run } from '../support/makers.ts';

const lines: string[] = [];
let app: GitApp;
let repository: Repository;
let other: GitHost;
const basic = (login: string, token: string): string => `Basic ${Buffer.from(`${login}:${token}`).toString('base64')}`;

beforeAll(async () => {
  app = await gitApp({ log: createLog('debug', { write: (line) => void lines.push(line) }) });
  other = await gitHost();
  repository = app.host.repository('private');
  repository.push({ 'config/app.json': '{"private":true}' });
  app.host.before = (request, response) => {
    if (request.headers.authorization === basic('bob', CANARY)) return false;
    response.writeHead(request.headers.authorization ? 403 : 401).end(`for ${CANARY}`);
    return true;
  };
});
afterAll(async () => {
  await app.close();
  await other.close();
});

const FIELDS = 'vcsAccount { id service selfHostedVcsId baseUrl accountLogin revision }';
const PUT = operation('putVcsAccount', FIELDS).replace(
  '... on Error',
  '... on LimitExceededError { limit } ... on Error',
);
const DELETE = operation('deleteVcsAccount', FIELDS);
const CREATE = gitOp('createGlobalSecret');
const account = (over: object = {}) => ({
  service: 'SELF_HOSTED',
  selfHostedVcsId: 'our-git',
  baseUrl: app.host.url,
  accountLogin: 'bob',
  token: CANARY,
  ...over,
});
const github = (over: object = {}) => ({ service: 'GITHUB', accountLogin: 'bob', token: CANARY, ...over });
const LIST = '{ vcsAccounts { id service selfHostedVcsId baseUrl accountLogin revision } }';

describe('accounts', () => {
  it('are put, listed and erased, and their tokens are told to nobody', async () => {
    const { vcsAccount, commit } = await done(app, PUT, github());
    expect(vcsAccount).toMatchObject({ service: 'GITHUB', accountLogin: 'bob', selfHostedVcsId: null, baseUrl: null });
    expect(commit.operation).toBe('vcsAccount.put');
    const again = await done(app, PUT, github({ token: 'another', expectedRevision: 1 }));
    expect(again.vcsAccount).toEqual({ ...vcsAccount, revision: 2 });
    expect(codeOf(await run(app, PUT, github({ expectedRevision: 1 })))).toBe('CONFLICT');
    const listed = await app.gql(LIST);
    expect(listed.data.vcsAccounts).toEqual([again.vcsAccount]);
    const node = await app.gql('query ($id: ID!) { node(id: $id) { id __typename } }', { id: vcsAccount.id });
    expect(node.data.node).toEqual({ id: vcsAccount.id, __typename: 'VcsAccount' });
    expect(await run(app, DELETE, { id: vcsAccount.id, expectedRevision: 1 })).toMatchObject({
      code: 'CONFLICT',
      currentRevision: 2,
    });
    await done(app, DELETE, { id: vcsAccount.id, expectedRevision: 2 });
    expect((await app.gql(LIST)).data.vcsAccounts).toEqual([]);
    expect(await app.store.revisions('vcsAccount', ['default', 'github::bob'], { limit: 10 })).toEqual([]);
    expect(codeOf(await run(app, DELETE, { id: vcsAccount.id }))).toBe('NOT_FOUND');
    const fields: string = JSON.stringify(await app.gql('{ __type(name: "VcsAccount") { fields { name } } }'));
    expect(fields).not.toContain('token');
  });

  it.each<[string, object, readonly string[]]>([
    ['a login that begins with a hyphen', { accountLogin: '-oProxyCommand' }, ['accountLogin pattern']],
    ['an address for a service of the public', { baseUrl: 'https://a.example' }, ['baseUrl service']],
    ['an id for a service of the public', { selfHostedVcsId: 'a' }, ['selfHostedVcsId service']],
    ['a self-hosted one without either', { service: 'SELF_HOSTED' }, ['baseUrl service', 'selfHostedVcsId service']],
    ['a token with a line break', { token: `${CANARY}\r\nx: y` }, ['token pattern']],
    ['no token', { token: '' }, ['token min', 'token pattern']],
    [
      'an address that is private',
      { ...{ service: 'SELF_HOSTED', selfHostedVcsId: 'a' }, baseUrl: 'https://10.0.0.1' },
      ['baseUrl host'],
    ],
    [
      'case 58: an id with a shell in it',
      { service: 'SELF_HOSTED', selfHostedVcsId: 'abc; rm -rf', baseUrl: 'https://a.example' },
      ['selfHostedVcsId pattern'],
    ],
  ])('refuse %s', async (_what, over, expected) => {
    expect(await refusals(app, PUT, github(over))).toEqual(expected);
  });

  it('are for those with the right to them', async () => {
    const operator = await app.token('operator');
    const developer = await app.token('developer');
    const { vcsAccount } = await done(app, PUT, github({ accountLogin: 'rights' }));
    for (const token of [operator, developer]) {
      expect(codeOf(await run(app, PUT, github(), token))).toBe('FORBIDDEN');
    }
    expect(codeOf(await run(app, DELETE, { id: vcsAccount.id }, operator))).toBe('FORBIDDEN');
    expect(codeOf(await run(app, DELETE, { id: vcsAccount.id }, developer))).toBe('NOT_FOUND');
    expect((await app.gql(LIST, {}, operator)).data.vcsAccounts).toHaveLength(1);
    expect((await app.gql(LIST, {}, developer)).data.vcsAccounts).toEqual([]);
    await done(app, DELETE, { id: vcsAccount.id });
  });

  it('are at most so many', async () => {
    const small = await gitApp({ host: other, limits: { vcsAccountsPerTeam: 1 } });
    await done(small, PUT, github());
    expect(codeOf(await run(small, PUT, github({ accountLogin: 'eve' })))).toBe('LIMIT_EXCEEDED');
    await done(small, PUT, github({ token: 'another' }));
    await small.close();
  });
});

describe('reading with them', () => {
  const statusOf = async (name: string, over: object = {}) =>
    (await aFollower(app, name, gitopsInput(repository.url, over))).gitops.status;

  it('nobody is let in without one', async () => {
    expect(await statusOf('Stranger')).toMatchObject({ state: 'UNREACHABLE', reason: 'AUTHENTICATION_FAILED' });
  });

  it('takes the one that is named, and tells when it is gone', async () => {
    const bob = await done(app, PUT, account());
    await done(app, PUT, account({ accountLogin: 'alice', token: 'wrong' }));
    const over = { accountLogin: 'bob', selfHostedVcsId: 'our-git', vcsLinkId: 'legacy-1' };
    const global = await aFollower(app, 'Named', gitopsInput(repository.url, over));
    expect(global).toMatchObject({ values: { private: true }, gitops: over });
    expect(await statusOf('By Alice', { accountLogin: 'alice' })).toMatchObject({ reason: 'AUTHENTICATION_FAILED' });
    await done(app, DELETE, { id: bob.vcsAccount.id });
    await done(app, gitOp('syncGlobalSecret'), { id: global.id });
    expect(await readGlobal(app, 'named')).toMatchObject({
      values: { private: true },
      gitops: { status: { state: 'UNREACHABLE', reason: 'ACCOUNT_NOT_FOUND' } },
    });
    await done(app, PUT, account());
    await done(app, gitOp('syncGlobalSecret'), { id: global.id });
    expect((await readGlobal(app, 'named')).gitops.status.state).toBe('SYNCED');
  });

  it('looks at once when an account was linked or has another token, however long it failed', async () => {
    const late = await gitApp({ host: app.host });
    await aFollower(late, 'Late', gitopsInput(repository.url));
    const stateLater = async (ms: number): Promise<string> => {
      await late.later(ms);
      return (await readGlobal(late, 'late')).gitops.status.state;
    };
    for (let i = 0; i < 8; i += 1) expect(await stateLater(60 * MINUTE)).toBe('UNREACHABLE');
    await done(late, PUT, account({ token: 'wrong' }));
    expect(await stateLater(0)).toBe('UNREACHABLE');
    await done(late, PUT, account());
    expect(await stateLater(0)).toBe('SYNCED');
    await late.close();
  });

  it('else the first by login that can', async () => {
    app.host.asked.length = 0;
    expect((await statusOf('Any')).state).toBe('SYNCED');
    const logins = app.host.asked.map(({ authorization }) => authorization);
    expect(logins.slice(0, 2)).toEqual([basic('alice', 'wrong'), basic('bob', CANARY)]);
  });

  it('shows the token to nobody but the host it is for', async () => {
    const elsewhere = other.repository('public');
    elsewhere.push({ 'config/app.json': '{"public":true}' });
    const both = await gitApp({ host: other });
    await done(both, PUT, account({ baseUrl: `${other.url}/team` }));
    const global = await aFollower(both, 'Elsewhere', gitopsInput(elsewhere.url));
    expect(global.values).toEqual({ public: true });
    expect(other.asked.map(({ authorization }) => authorization).filter(Boolean)).toEqual([]);
    const input = { name: 'Wrong Place', type: 'SECRET', gitops: gitopsInput(elsewhere.url, { accountLogin: 'bob' }) };
    expect(codeOf(await run(both, CREATE, input))).toBe('NOT_FOUND');
    await both.close();
  });

  it('case 181: of another team are not there', async () => {
    const stranger = (await app.gateway.services.access.bootstrap('other-team')) ?? '';
    const answer = async (selfHostedVcsId: string, token: string) => {
      const input = { name: 'Strange', type: 'SECRET', gitops: gitopsInput(repository.url, { selfHostedVcsId }) };
      return JSON.stringify(await run(app, CREATE, input, token)).replaceAll(selfHostedVcsId, 'X');
    };
    expect(await answer('our-git', stranger)).toBe(await answer('no-such', stranger));
    expect(await answer('our-git', stranger)).toContain('"code":"NOT_FOUND"');
    expect((await app.gql(LIST, {}, stranger)).data.vcsAccounts).toEqual([]);
    const input = { name: 'Strange', type: 'SECRET', gitops: gitopsInput(repository.url) };
    const made = await done(app, CREATE, input, stranger);
    expect(made.globalSecret.gitops.status.reason).toBe('AUTHENTICATION_FAILED');
  });

  it('takes `link` on accounts, whoever may write the global secret', async () => {
    const grants = [
      { resources: ['GLOBAL_SECRET'], verbs: ['LIST', 'LIST_KEYS', 'READ', 'WRITE'], types: ['SECRET', 'CONFIG'] },
    ];
    await done(app, operation('createRole', ''), { name: 'Writer', grants });
    const writer = await app.token('writer');
    app.host.asked.length = 0;
    const input = { name: 'Not Mine', type: 'CONFIG', gitops: gitopsInput(repository.url) };
    expect(codeOf(await run(app, CREATE, input, writer))).toBe('FORBIDDEN');
    const { globalSecret } = await done(app, CREATE, { name: 'Mine', type: 'CONFIG' }, writer);
    const update = { id: globalSecret.id, gitops: input.gitops };
    expect(codeOf(await run(app, gitOp('updateGlobalSecret'), update, writer))).toBe('FORBIDDEN');
    expect(codeOf(await run(app, gitOp('putGlobalSecret'), { ...input, name: 'Mine' }, writer))).toBe('FORBIDDEN');
    expect(app.host.asked).toEqual([]);
    const operator = await app.token('operator');
    expect(codeOf(await run(app, CREATE, { ...input, type: 'SECRET', name: 'By Operator' }, operator))).toBe('OK');
  });
});

describe('bad settings', () => {
  const URL_64K = `https://${'www.aa.aa'.repeat(7_300)}`;
  it.each<[string, object, readonly string[]]>([
    ['case 59: an address of 64 KiB', { repoUrl: URL_64K }, ['gitops.repoUrl max']],
    ['case 58: an id with a shell in it', { selfHostedVcsId: 'abc; rm -rf' }, ['gitops.selfHostedVcsId pattern']],
    ['credentials', { repoUrl: `https://me:${CANARY}@git.example/a/b` }, ['gitops.repoUrl credentials']],
    ['a name before an @', { repoUrl: `https://${CANARY}@git.example/a/b` }, ['gitops.repoUrl credentials']],
    ['case 168: a file', { repoUrl: 'file:///etc/passwd' }, ['gitops.repoUrl protocol']],
    ['case 168: git', { repoUrl: 'git://git.example/a' }, ['gitops.repoUrl protocol']],
    ['case 168: ssh', { repoUrl: 'ssh://git.example/a' }, ['gitops.repoUrl protocol']],
    ['case 168: scp', { repoUrl: 'git@git.example:a/b' }, ['gitops.repoUrl url']],
    ['case 168: ext', { repoUrl: 'ext::sh -c touch% /tmp/x' }, ['gitops.repoUrl url']],
    ['case 168: EXT', { repoUrl: 'EXT::sh' }, ['gitops.repoUrl protocol']],
    ['case 168: http where it is not allowed', { repoUrl: 'http://git.example/a/b' }, ['gitops.repoUrl host']],
    ['case 167: a private address', { repoUrl: 'https://169.254.169.254/a/b' }, ['gitops.repoUrl host']],
    ['case 167: a name of other letters', { repoUrl: 'https://gıthub.com/a/b' }, ['gitops.repoUrl url']],
    ['case 169: an option for a host', { repoUrl: 'https://-oProxyCommand=x/a' }, ['gitops.repoUrl hyphen']],
    [
      'case 169: an option for a repository',
      { repoUrl: 'https://git.example/a/--upload-pack=x' },
      ['gitops.repoUrl hyphen'],
    ],
    ['case 169: the same, encoded', { repoUrl: 'https://git.example/a/%2d-upload-pack' }, ['gitops.repoUrl hyphen']],
    ['case 169: an option for a branch', { branch: '--upload-pack=touch' }, ['gitops.branch hyphen']],
    ['case 169: an option for a path', { filePath: '/a/--output' }, ['gitops.filePath hyphen']],
    ['case 169: an option for a login', { accountLogin: '--upload-pack' }, ['gitops.accountLogin pattern']],
    ['a host alone', { repoUrl: 'https://git.example/' }, ['gitops.repoUrl path']],
    ['no URL at a service of the public', { vcsService: 'GITHUB', repoUrl: 'no-url' }, ['gitops.repoUrl url']],
    ['a query', { repoUrl: 'https://git.example/a?b' }, ['gitops.repoUrl url']],
    ['a fragment', { repoUrl: 'https://git.example/a#b' }, ['gitops.repoUrl url']],
    ['a slash that is hidden', { repoUrl: 'https://git.example/a%2fb' }, ['gitops.repoUrl path']],
    ['an empty segment', { repoUrl: 'https://git.example/a//b' }, ['gitops.repoUrl path']],
    ['a backslash', { repoUrl: 'https://git.example\\a' }, ['gitops.repoUrl url']],
    ['a space', { repoUrl: 'https://git.example/a b' }, ['gitops.repoUrl url']],
    ['a branch of 256 characters', { branch: 'a'.repeat(256) }, ['gitops.branch max']],
    ['two dots in a branch', { branch: 'a..b' }, ['gitops.branch pattern']],
    ['a line break in a branch', { branch: 'a\nb' }, ['gitops.branch pattern']],
    ['a lock for a branch', { branch: 'a/b.lock' }, ['gitops.branch pattern']],
    ['a relative path', { filePath: 'a.json' }, ['gitops.filePath pattern']],
    ['a path that climbs', { filePath: '/a/../b' }, ['gitops.filePath path']],
    ['a path into .git', { filePath: '/.git/config' }, ['gitops.filePath path']],
    ['a path of 1 MB', { filePath: `/${'a'.repeat(900_000)}` }, ['gitops.filePath max']],
    [
      'a host of another',
      { vcsService: 'GITHUB', repoUrl: 'https://github.com.evil.example/a/b' },
      ['gitops.repoUrl host'],
    ],
    [
      'an id for a service of the public',
      { vcsService: 'GITHUB', repoUrl: 'https://github.com/a/b', selfHostedVcsId: 'a' },
      ['gitops.selfHostedVcsId service'],
    ],
    [
      'all of it',
      { repoUrl: 'ssh://a/b', branch: '-a', filePath: 'a', accountLogin: '', vcsLinkId: '!' },
      [
        'gitops.accountLogin min',
        'gitops.accountLogin pattern',
        'gitops.branch hyphen',
        'gitops.filePath pattern',
        'gitops.repoUrl protocol',
        'gitops.vcsLinkId pattern',
      ],
    ],
  ])('%s', async (_what, over, expected) => {
    const input = { name: 'Bad Settings', type: 'SECRET', gitops: gitopsInput('https://git.example/a', over) };
    expect(await refusals(app, CREATE, input)).toEqual(expected);
  });

  it('are told together with all others', async () => {
    const gitops = gitopsInput('ssh://git.example/a');
    const input = { name: 'a', type: 'SECRET', description: '<', values: {}, gitops };
    expect(await refusals(app, CREATE, input)).toEqual([
      'description pattern',
      'gitops.repoUrl protocol',
      'name min',
      'values gitops',
    ]);
  });
});

it('case 170: no token is in the log or in an answer', () => {
  expect(lines.length).toBeGreaterThan(30);
  expect(lines.join('')).not.toContain(CANARY);
  expect(lines.join('')).not.toContain(Buffer.from(`bob:${CANARY}`).toString('base64'));
});
