import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../../src/http/log.ts';
import {
  aFollower,
  GIT_FIELDS,
  type GitApp,
  gitApp,
  gitOp,
  gitopsInput,
  logOf,
  readGlobal,
} from '../support/git-app.ts';
import type { Repository } from '../support/git-host.ts';
import { codeOf, done, operation, run } from '../support/makers.ts';

const lines: string[] = [];
let app: GitApp;
let repository: Repository;
let id: string;
let path: string;
let secret: string;
let pushes = 0;
/** Seconds that the clock was moved. */
let moved = 0;

const ROTATE = operation('rotateGitHookSecret', `globalSecret { ${GIT_FIELDS} } hookSecret`);
const value = async (): Promise<unknown> => (await readGlobal(app, 'hooked')).values.n;

beforeAll(async () => {
  const log = createLog('debug', { write: (line) => void lines.push(line) });
  // Nothing is looked at but what is called for.
  app = await gitApp({ log, limits: { gitSyncMs: 1e10 } });
  repository = app.host.repository('hooked');
  repository.push({ 'config/app.json': '{"n":0}' });
  const global = await aFollower(app, 'Hooked', gitopsInput(repository.url));
  id = global.id;
  path = global.gitops.hookPath;
  secret = (await done(app, ROTATE, { id })).hookSecret;
});
afterAll(() => app.close());
beforeEach(async () => {
  // What was called for before is done, and then long enough ago for another look.
  for (const pause of [30, 15]) {
    moved += pause;
    await app.later(pause * 1_000);
  }
});

const hex = (key: string | Uint8Array, text: string): string => createHmac('sha256', key).update(text).digest('hex');
const seconds = (): number => Math.floor(Date.parse('2026-03-04T05:06:07.000Z') / 1000) + moved;

async function send(body: string, headers: object = {}, to = path): Promise<number> {
  const response = await fetch(`${app.url}${to}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
  expect(await response.text()).toBe('{}');
  return response.status;
}

/** Pushes the next number, and gives it. */
function push(): number {
  pushes += 1;
  repository.push({ 'config/app.json': JSON.stringify({ n: pushes }) });
  return pushes;
}
const payload = (over: object = {}): string =>
  JSON.stringify({ ref: 'refs/heads/main', repository: { clone_url: repository.url }, nonce: Math.random(), ...over });
const github = (body: string): object => ({ 'x-hub-signature-256': `sha256=${hex(secret, body)}` });

/** Runs what was called for, and gives the value that is there then. */
async function settled(): Promise<unknown> {
  await app.runCalled();
  return value();
}

describe('a signed delivery', () => {
  const standard = (body: string): object => {
    const at = String(seconds());
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    const mac = createHmac('sha256', key).update(`msg-1.${at}.${body}`).digest('base64');
    return { 'webhook-id': 'msg-1', 'webhook-timestamp': at, 'webhook-signature': `v1,AAAA v1,${mac}` };
  };
  it.each<[string, (body: string) => object]>([
    ['GitHub', (body) => ({ ...github(body), 'x-hub-signature': 'sha1=00', 'x-github-delivery': 'gh-1' })],
    ['Bitbucket', (body) => ({ 'x-hub-signature': `sha256=${hex(secret, body)}`, 'x-request-uuid': 'bb-1' })],
    ['GitLab with its token', () => ({ 'x-gitlab-token': secret, 'x-gitlab-event-uuid': 'gl-1' })],
    ['GitLab that signs', standard],
    ['Azure', () => ({ authorization: `Basic ${Buffer.from(`hook:${secret}`).toString('base64')}` })],
    ['anybody', (body) => ({ 'x-keyloom-signature': `t=${seconds()},v1=${hex(secret, `${seconds()}.${body}`)}` })],
  ])('of %s has the file looked at, not while it waits', async (_who, headers) => {
    const before = await value();
    const next = push();
    const body = payload();
    expect(await send(body, headers(body))).toBe(202);
    expect(await value()).toBe(before);
    expect(await settled()).toBe(next);
  });
});

it('a delivery that comes while the file is looked at has it looked at once more', async () => {
  push();
  const first = payload();
  await send(first, github(first));
  let [requests, next] = [0, 0];
  app.host.before = async () => {
    requests += 1;
    // What the first look takes is settled by now.
    if (requests === 4) {
      next = push();
      const second = payload();
      expect(await send(second, github(second))).toBe(202);
    }
    return false;
  };
  expect(await settled()).toBe(next - 1);
  app.host.before = () => false;
  moved += 10;
  await app.later(10_000);
  expect(await settled()).toBe(next);
});

it('case 271: a form is read as GitHub sends it, signed as it stands', async () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const next = push();
  const body = new URLSearchParams({ payload: payload() }).toString();
  expect(await send(body, { ...form, ...github(body), 'x-github-delivery': 'form-1' })).toBe(202);
  expect(await settled()).toBe(next);
  const json = payload();
  const asForm = new URLSearchParams({ payload: json }).toString();
  expect(await send(asForm, { ...form, ...github(json) })).toBe(401);
  expect(await send(json, github(asForm))).toBe(401);
  const twice = `${asForm}&${asForm}`;
  expect(await send(twice, { ...form, ...github(twice) })).toBe(400);
  // A form that is said to be JSON is not.
  expect(await send(asForm, github(asForm))).toBe(400);
});

describe('case 180: what is not signed', () => {
  it.each<[string, (body: string) => object]>([
    ['nothing', () => ({})],
    ['an empty signature', () => ({ 'x-hub-signature-256': '' })],
    ['another secret', (body) => ({ 'x-hub-signature-256': `sha256=${hex('whsec_', body)}` })],
    ['the signature of another body', () => github(payload())],
    ['a signature without its method', (body) => ({ 'x-hub-signature-256': hex(secret, body) })],
    [
      'the older method alone',
      (body) => ({ 'x-hub-signature': `sha1=${createHmac('sha1', secret).update(body).digest('hex')}` }),
    ],
    ['one that is right and one that is wrong', (body) => ({ ...github(body), 'x-gitlab-token': 'x' })],
    ['a token that is nearly right', () => ({ 'x-gitlab-token': `${secret.slice(0, -1)}!` })],
    ['a password that is wrong', () => ({ authorization: `Basic ${Buffer.from('hook:x').toString('base64')}` })],
    ['a bearer token', () => ({ authorization: `Bearer ${app.owner}` })],
    [
      'a time long past',
      (body) => ({ 'x-keyloom-signature': `t=${seconds() - 301},v1=${hex(secret, `${seconds() - 301}.${body}`)}` }),
    ],
    [
      'a time to come',
      (body) => ({ 'x-keyloom-signature': `t=${seconds() + 301},v1=${hex(secret, `${seconds() + 301}.${body}`)}` }),
    ],
    [
      'a time that was not signed',
      (body) => ({ 'x-keyloom-signature': `t=${seconds()},v1=${hex(secret, `${seconds() - 1}.${body}`)}` }),
    ],
  ])('%s is refused', async (_what, headers) => {
    const before = await value();
    push();
    const body = payload();
    expect(await send(body, headers(body))).toBe(401);
    expect(await settled()).toBe(before);
  });

  it('is refused at every path that was not given out', async () => {
    const body = payload();
    const [prefix = '', proof = ''] = path.split('.');
    const forged = `${prefix.replace(/[^/]+$/, '')}${Buffer.from('default/other').toString('base64url')}.${proof}`;
    for (const to of [
      forged,
      `${path}x`,
      `${path}.x`,
      '/v1/hooks/git/',
      '/v1/hooks/git/a.b',
      `/v1/hooks/git/${'a'.repeat(600)}`,
    ]) {
      expect(await send(body, github(body), to)).toBe(401);
    }
    const read = await fetch(`${app.url}${path}`);
    expect([read.status, read.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('is refused with a secret that was rotated, and while there is none', async () => {
    const old = secret;
    const before = await readGlobal(app, 'hooked');
    secret = (await done(app, ROTATE, { id })).hookSecret;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect((await readGlobal(app, 'hooked')).revision).toBe(before.revision);
    const body = payload();
    expect(await send(body, { 'x-gitlab-token': old })).toBe(401);
    expect(await send(body, { 'x-gitlab-token': secret })).toBe(202);
    const bare = await aFollower(app, 'Without Secret', gitopsInput(repository.url));
    expect(bare.gitops.hasHookSecret).toBe(false);
    expect(await send(body, { 'x-gitlab-token': '' }, bare.gitops.hookPath)).toBe(401);
    await done(app, gitOp('deleteGlobalSecret'), { id: bare.id });
  });

  it.each<[string, string]>([
    ['no JSON', 'payload=%7B%7D'],
    ['a list', '[]'],
    ['deep', `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`],
    ['nothing', ''],
  ])('though it is signed: %s', async (_what, body) => {
    push();
    const before = await value();
    expect(await send(body, github(body))).toBe(400);
    expect(await settled()).toBe(before);
  });

  it('nor is one of 10 MB read', async () => {
    const body = ' '.repeat(10_000_000);
    expect(await send(body, github(body))).toBe(400);
  });
});

describe('a delivery that changes nothing', () => {
  const lookups = (): number => app.host.asked.length;

  it.each<[string, object]>([
    ['another repository', { repository: { clone_url: 'https://git.example/other.git' } }],
    ['another branch', { ref: 'refs/heads/other' }],
    ['a tag', { ref: 'refs/tags/v1' }],
    [
      'another repository, as Azure says',
      { repository: null, resource: { repository: { remoteUrl: 'https://git.example/x' } } },
    ],
  ])('is of %s', async (_what, over) => {
    push();
    const before = lookups();
    const body = payload(over);
    expect(await send(body, github(body))).toBe(202);
    await app.runCalled();
    expect(lookups()).toBe(before);
  });

  it('is one that was heard before', async () => {
    const body = payload();
    const headers = { ...github(body), 'x-github-delivery': 'twice' };
    const next = push();
    expect(await send(body, headers)).toBe(202);
    expect(await settled()).toBe(next);
    moved += 15;
    await app.later(15_000);
    const [before, seq] = [lookups(), (await app.store.head(['default']))?.seq];
    expect(await send(body, headers)).toBe(202);
    await app.runCalled();
    expect([lookups(), (await app.store.head(['default']))?.seq]).toEqual([before, seq]);
    // Under another name it is looked at, and that is all.
    expect(await send(body, { ...headers, 'x-github-delivery': 'thrice' })).toBe(202);
    await app.runCalled();
    expect(lookups()).toBe(before + 2);
    expect((await app.store.head(['default']))?.seq).toBe(seq);
  });

  it('is one of many: there is one look in ten seconds', async () => {
    push();
    const before = lookups();
    const bodies = Array.from({ length: 50 }, (_each, n) => payload({ n }));
    const answers = await Promise.all(bodies.map((body) => send(body, github(body))));
    expect(new Set(answers)).toEqual(new Set([202]));
    for (let i = 0; i < 5; i += 1) await app.runCalled();
    // Two requests list, two more fetch.
    expect(lookups() - before).toBe(4);
    const next = push();
    const body = payload();
    await send(body, github(body));
    expect(await settled()).toBe(next - 1);
    await app.later(10_000);
    moved += 10;
    expect(await value()).toBe(next);
  });
});

it('needs `write`, and a git file', async () => {
  const developer = await app.token('developer');
  expect(codeOf(await run(app, ROTATE, { id }, developer))).toBe('FORBIDDEN');
  const { globalSecret } = await done(app, gitOp('createGlobalSecret'), { name: 'By Hand', type: 'SECRET' });
  expect(codeOf(await run(app, ROTATE, { id: globalSecret.id }))).toBe('CONFLICT');
  expect(await logOf(app)).toContain('globalSecret.rotateHookSecret');
});

it('says nothing of ids and secrets in the log', () => {
  expect(lines.some((line) => line.includes('/v1/hooks/git/'))).toBe(true);
  const told = lines.join('');
  expect(told).not.toContain(secret);
  expect(told).not.toContain(path);
});
