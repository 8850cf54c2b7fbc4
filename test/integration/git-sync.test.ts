import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { editableStore } from '../support/editable-store.ts';
import { aFollower, type GitApp, gitApp, gitOp, gitopsInput, logOf, MINUTE, readGlobal } from '../support/git-app.ts';
import { git } from '../support/git-host.ts';
import { listen } from '../support/listening.ts';
import {
  aGroup,
  aProject,
  aServiceInput,
  base64,
  codeOf,
  done,
  environmentOf,
  PUT_SERVICE,
  refusals,
  run,
} from '../support/makers.ts';
import { ENVIRONMENT_CHANGED } from '../support/stream-queries.ts';

let app: GitApp;
beforeAll(async () => {
  app = await gitApp();
  await aProject(app);
});
afterAll(() => app.close());

const UPDATE = gitOp('updateGlobalSecret');
const CREATE = gitOp('createGlobalSecret');
const SYNC = gitOp('syncGlobalSecret');
const json = (value: unknown): string => JSON.stringify(value);
const seq = async (): Promise<number> => (await app.store.head(['default']))?.seq ?? 0;

let count = 0;
const made: string[] = [];
// The others would be looked at each time that time goes by.
afterEach(async () => {
  for (const id of made.splice(0)) await run(app, gitOp('deleteGlobalSecret'), { id });
});
/** A repository of its own with a file in it, and a global secret that follows it. */
async function aPair(content: unknown = { a: 1 }, over: object = {}) {
  count += 1;
  const repository = app.host.repository(`pair-${count}`);
  const commit = repository.push({ 'config/app.json': typeof content === 'string' ? content : json(content) });
  const slug = `pair-${count}`;
  const global = await aFollower(app, `Pair ${count}`, gitopsInput(repository.url, over));
  made.push(global.id);
  return { repository, commit, slug, global };
}

describe('the first sync', () => {
  it('is done before the answer, in the commit that creates', async () => {
    const before = await seq();
    const { repository, commit, global } = await aPair({ db: { host: 'db.internal' }, list: [1, null] });
    expect(global).toMatchObject({ values: { db: { host: 'db.internal' }, list: [1, null] }, files: [], revision: 1 });
    expect(global.gitops).toMatchObject({
      vcsService: 'SELF_HOSTED',
      repoUrl: repository.url,
      branch: 'main',
      filePath: '/config/app.json',
      accountLogin: null,
      selfHostedVcsId: null,
      vcsLinkId: null,
      hasHookSecret: false,
    });
    const { status } = global.gitops;
    expect(status).toMatchObject({ state: 'SYNCED', reason: null, line: null, column: null, commit });
    expect(status).toMatchObject({ previousCommit: null, rewritten: false });
    expect(await logOf(app, before)).toEqual(['globalSecret.create']);
  });

  it('takes name, description, values and files from a file that has them', async () => {
    const repository = app.host.repository('whole');
    const files = {
      ca: { path: '/etc/ca.pem', data: base64('pem') },
      key: { path: '/k', data: '/w==', encoding: 'binary' },
    };
    repository.push({
      'config/app.json': json({ name: 'From Git', description: 'As it is', values: { a: 1 }, files }),
    });
    const global = await aFollower(app, null, gitopsInput(repository.url));
    expect(global).toMatchObject({ slug: 'from-git', name: 'From Git', description: 'As it is', values: { a: 1 } });
    expect(global.files).toEqual([
      { id: 'ca', path: '/etc/ca.pem', data: base64('pem') },
      { id: 'key', path: '/k', data: '/w==' },
    ]);
  });

  it.each([
    ['prod-db.json', 'prod-db'],
    ['Prod_db.v2.json', 'Prod-db-v2'],
    ['.env', 'env'],
    ['config', 'config'],
  ])('names it after the file: %s', async (file, name) => {
    count += 1;
    const repository = app.host.repository(`named-${count}`);
    repository.push({ [file]: '{}' });
    expect((await aFollower(app, null, gitopsInput(repository.url, { filePath: `/${file}` }))).name).toBe(name);
  });

  it('needs a name that can be found', async () => {
    const repository = app.host.repository('nameless');
    repository.push({ 'a.json': '{}', 'bad.json': '{' });
    const wanted = (filePath: string, url = repository.url) => ({
      type: 'SECRET',
      gitops: gitopsInput(url, { filePath }),
    });
    expect(await refusals(app, CREATE, wanted('/a.json'))).toEqual(['name required']);
    expect(await refusals(app, CREATE, wanted('/bad.json'))).toEqual(['name gitops']);
    expect(await refusals(app, CREATE, wanted('/absent.json'))).toEqual(['name gitops']);
    expect(await refusals(app, CREATE, wanted('/a.json', `${app.host.url}/absent.git`))).toEqual(['name gitops']);
    expect(await refusals(app, CREATE, { type: 'SECRET' })).toEqual(['name required']);
    const { message } = await run(app, CREATE, wanted('/bad.json'));
    expect(message).toBe('name: is required: the git file cannot be taken (NOT_JSON at line 1, column 2)');
  });

  it('is made with what is known when the file cannot be read, if it has a name', async () => {
    const global = await aFollower(app, 'No Such', gitopsInput(`${app.host.url}/none.git`));
    expect(global).toMatchObject({
      values: {},
      gitops: { status: { state: 'UNREACHABLE', reason: 'REPOSITORY_NOT_FOUND', commit: null } },
    });
  });

  it('conflicts on the id that the git file gives', async () => {
    const repository = app.host.repository('twice');
    repository.push({ 'config/app.json': json({ name: 'Twice Named', values: {} }) });
    const input = { type: 'CONFIG', gitops: gitopsInput(repository.url) };
    const { globalSecret } = await done(app, CREATE, input);
    const second = await run(app, CREATE, input);
    expect([second.code, second.existing]).toEqual(['CONFLICT', globalSecret.id]);
  });

  it('answers a repeated request as the first time, though the file has another name now', async () => {
    const repository = app.host.repository('repeated');
    repository.push({ 'config/app.json': json({ name: 'First Name', values: {} }) });
    const input = { type: 'CONFIG', gitops: gitopsInput(repository.url), idempotencyKey: 'once' };
    const first = await done(app, CREATE, input);
    repository.push({ 'config/app.json': json({ name: 'Second Name', values: {} }) });
    const again = await done(app, CREATE, input);
    expect([again.globalSecret.slug, again.commit.seq]).toEqual([first.globalSecret.slug, first.commit.seq]);
  });
});

describe('following', () => {
  it('takes a push in one commit of its own, and none when nothing is new', async () => {
    const { repository, slug, commit } = await aPair({ a: 1 });
    await app.later(6 * MINUTE);
    const before = await seq();
    await app.later(6 * MINUTE);
    expect(await logOf(app, before)).toEqual([]);
    const next = repository.push({ 'config/app.json': json({ a: 2 }) });
    await app.later(6 * MINUTE);
    expect(await logOf(app, before)).toEqual(['globalSecret.sync by system:gitops']);
    const global = await readGlobal(app, slug);
    expect(global).toMatchObject({ values: { a: 2 }, revision: 2 });
    expect(global.gitops.status).toMatchObject({ commit: next, previousCommit: commit, rewritten: false });
    repository.push({ 'other/file.json': '1' });
    await app.later(6 * MINUTE);
    expect(await logOf(app, before)).toHaveLength(1);
  });

  it('fetches nothing while the branch does not move', async () => {
    await aPair({ a: 1 });
    await app.later(6 * MINUTE);
    app.host.asked.length = 0;
    await app.later(6 * MINUTE);
    const mine = app.host.asked.filter(({ line }) => line.includes(`/pair-${count}.git/`));
    expect(mine.map(({ line }) => line)).toEqual([
      `GET /pair-${count}.git/info/refs?service=git-upload-pack`,
      `POST /pair-${count}.git/git-upload-pack`,
    ]);
  });

  it('looks when somebody asks, and says who asked', async () => {
    const { repository, global } = await aPair({ a: 1 });
    repository.push({ 'config/app.json': json({ a: 'asked' }) });
    const before = await seq();
    const { globalSecret } = await done(app, SYNC, { id: global.id });
    expect(globalSecret.values).toEqual({ a: 'asked' });
    expect(await logOf(app, before)).toEqual(['globalSecret.sync']);
    await done(app, SYNC, { id: global.id });
    expect(await logOf(app, before)).toEqual(['globalSecret.sync', 'globalSecret.sync']);
    expect((await readGlobal(app, globalSecret.slug)).revision).toBe(2);
  });

  it('keeps the id when the file is given another name', async () => {
    const { repository, slug, global } = await aPair({ a: 1 });
    repository.push({ 'config/app.json': json({ name: 'Renamed', values: { a: 2 } }) });
    await done(app, SYNC, { id: global.id });
    expect(await readGlobal(app, slug)).toMatchObject({ slug, name: global.name, values: { a: 2 } });
  });

  it('is resolved, explained and counted in the digest like any global secret', async () => {
    const { repository, global, slug } = await aPair({ region: 'north' });
    await aGroup(app, {
      name: 'Refers',
      variables: [{ name: 'REGION', value: `in ${'$'}{secrets.${slug}.values.region}` }],
    });
    await done(app, PUT_SERVICE, aServiceInput());
    const before = await environmentOf(app);
    expect(before.variables).toMatchObject([{ name: 'REGION', value: 'in north', type: 'SECRET' }]);
    repository.push({ 'config/app.json': json({ region: 'south' }) });
    await done(app, SYNC, { id: global.id });
    const after = await environmentOf(app);
    expect(after.variables[0].value).toBe('in south');
    expect(after.digest).not.toBe(before.digest);
    const EXPLAIN = `{ project(slug: "default-project") { service(id: "example-service") { environment {
      explain(name: "REGION") { outcome references { reference target status } } } } } }`;
    const { data } = await app.gql(EXPLAIN);
    expect(data.project.service.environment.explain).toMatchObject({
      outcome: 'PRESENT',
      references: [{ status: 'RESOLVED' }],
    });
  });
});

it('tells dependents of a push, with the digest and the new value', async () => {
  const { repository, slug } = await aPair({ zone: 'a', other: 1 });
  const reference = `${'$'}{secrets.${slug}.values.zone}`;
  await aGroup(app, { name: 'Listens', variables: [{ name: 'ZONE', value: reference }] });
  await done(app, PUT_SERVICE, aServiceInput());
  const before = await environmentOf(app);
  const listener = await listen(app.url, app.owner, ENVIRONMENT_CHANGED, { variables: { service: 'example-service' } });
  // It draws in nothing of this one.
  repository.push({ 'config/app.json': json({ zone: 'a', other: 2 }) });
  await app.later(6 * MINUTE);
  repository.push({ 'config/app.json': json({ zone: 'b', other: 2 }) });
  await app.later(6 * MINUTE);
  const [event] = await listener.count(1);
  const after = await environmentOf(app);
  expect(event).toMatchObject({ digest: after.digest, variables: { added: [], removed: [], changed: ['ZONE'] } });
  expect(event.environment.variables).toContainEqual({ name: 'ZONE', value: 'b', masked: false });
  expect(after.digest).not.toBe(before.digest);
  expect(listener.events).toHaveLength(1);
  await listener.stop();
});

describe('by hand', () => {
  it('refuses values and files while gitops is on, and takes a description', async () => {
    const { global } = await aPair({ a: 1 });
    const both = { id: global.id, values: {}, files: [] };
    expect(await refusals(app, UPDATE, both)).toEqual(['files gitops', 'values gitops']);
    const { globalSecret } = await done(app, UPDATE, { id: global.id, description: 'By hand' });
    expect(globalSecret).toMatchObject({ description: 'By hand', values: { a: 1 } });
    const gitops = gitopsInput(app.host.url);
    const input = {
      name: 'Both Ways',
      type: 'SECRET',
      values: {},
      files: [],
      gitops: { ...gitops, repoUrl: `${app.host.url}/x` },
    };
    expect(await refusals(app, CREATE, input)).toEqual(['files gitops', 'values gitops']);
  });

  it('keeps the last values when gitops is turned off, and follows no more', async () => {
    const { global, repository, slug } = await aPair({ a: 1 });
    const { globalSecret } = await done(app, UPDATE, { id: global.id, gitops: null });
    expect(globalSecret).toMatchObject({ values: { a: 1 }, gitops: null });
    repository.push({ 'config/app.json': json({ a: 2 }) });
    await app.later(6 * MINUTE);
    expect((await readGlobal(app, slug)).values).toEqual({ a: 1 });
    expect(codeOf(await run(app, SYNC, { id: global.id }))).toBe('CONFLICT');
    await done(app, UPDATE, { id: global.id, values: { b: 1 } });
    const on = await done(app, UPDATE, { id: global.id, gitops: gitopsInput(repository.url) });
    expect(on.globalSecret.values).toEqual({ a: 2 });
  });

  it('syncs anew when the settings change, and keeps what it has when that fails', async () => {
    const { global, repository } = await aPair({ a: 1 });
    repository.push({ 'config/app.json': json({ a: 'next' }) }, 'next');
    const moved = await done(app, UPDATE, { id: global.id, gitops: gitopsInput(repository.url, { branch: 'next' }) });
    expect(moved.globalSecret).toMatchObject({ values: { a: 'next' }, gitops: { branch: 'next' } });
    const lost = await done(app, UPDATE, { id: global.id, gitops: gitopsInput(repository.url, { branch: 'lost' }) });
    expect(lost.globalSecret.values).toEqual({ a: 'next' });
    expect(lost.globalSecret.gitops.status).toMatchObject({ state: 'UNREACHABLE', reason: 'BRANCH_NOT_FOUND' });
  });

  it('putGlobalSecret replaces with what is given: with gitops or without', async () => {
    const { repository, global } = await aPair({ a: 1 });
    const put = { name: global.name, type: 'SECRET' };
    const off = await done(app, gitOp('putGlobalSecret'), { ...put, values: { b: 2 } });
    expect(off.globalSecret).toMatchObject({ id: global.id, values: { b: 2 }, gitops: null });
    const on = await done(app, gitOp('putGlobalSecret'), { ...put, gitops: gitopsInput(repository.url) });
    expect(on.globalSecret).toMatchObject({ id: global.id, values: { a: 1 }, gitops: { status: { state: 'SYNCED' } } });
  });

  it('follows again after it was deleted and restored', async () => {
    const { repository, global, slug } = await aPair({ a: 1 });
    await done(app, gitOp('deleteGlobalSecret'), { id: global.id });
    repository.push({ 'config/app.json': json({ a: 2 }) });
    await app.later(6 * MINUTE);
    await done(app, gitOp('restoreGlobalSecret'), { id: global.id });
    await app.later(6 * MINUTE);
    expect((await readGlobal(app, slug)).values).toEqual({ a: 2 });
  });
});

describe('case 174: a rewritten history', () => {
  it('is taken and recorded', async () => {
    const { repository, commit, slug, global } = await aPair({ a: 1 });
    const old = repository.push({ 'config/app.json': json({ a: 2 }) });
    await done(app, SYNC, { id: global.id });
    git(repository.work, ['reset', '--quiet', '--hard', commit]);
    const next = repository.push({ 'config/app.json': json({ a: 3 }) });
    await app.later(6 * MINUTE);
    const { values, gitops } = await readGlobal(app, slug);
    expect(values).toEqual({ a: 3 });
    expect(gitops.status).toMatchObject({ state: 'SYNCED', rewritten: true, commit: next, previousCommit: old });
    repository.push({ 'config/app.json': json({ a: 4 }) });
    await app.later(6 * MINUTE);
    expect((await readGlobal(app, slug)).gitops.status).toMatchObject({ rewritten: false, previousCommit: next });
  });

  it('is recorded too when the branch goes back to an older commit', async () => {
    const { repository, commit, slug, global } = await aPair({ a: 1 });
    repository.push({ 'config/app.json': json({ a: 2 }) });
    await done(app, SYNC, { id: global.id });
    git(repository.dir, ['update-ref', 'refs/heads/main', commit]);
    await app.later(6 * MINUTE);
    expect((await readGlobal(app, slug)).gitops.status).toMatchObject({ rewritten: true, commit });
  });

  it('is not seen in many commits at once, merges among them', async () => {
    const { repository, slug } = await aPair({ a: 1 });
    git(repository.work, ['checkout', '--quiet', '-b', 'side']);
    for (let i = 0; i < 25; i += 1) git(repository.work, ['commit', '--quiet', '--allow-empty', '--message', `${i}`]);
    git(repository.work, ['checkout', '--quiet', 'main']);
    git(repository.work, ['commit', '--quiet', '--allow-empty', '--message', 'main']);
    git(repository.work, ['merge', '--quiet', '--no-ff', '--message', 'merge', 'side']);
    repository.push({ 'config/app.json': json({ a: 2 }) });
    await app.later(6 * MINUTE);
    const { values, gitops } = await readGlobal(app, slug);
    expect([values, gitops.status.rewritten]).toEqual([{ a: 2 }, false]);
  });

  it('waits for somebody to accept it where that is wanted', async () => {
    const { repository, commit, slug, global } = await aPair({ a: 1 }, { holdRewrites: true });
    repository.push({ 'config/app.json': json({ a: 2 }) });
    await done(app, SYNC, { id: global.id });
    git(repository.work, ['reset', '--quiet', '--hard', commit]);
    repository.push({ 'config/app.json': json({ a: 'older' }) });
    await app.later(6 * MINUTE);
    const held = await readGlobal(app, slug);
    expect(held).toMatchObject({
      values: { a: 2 },
      gitops: { status: { state: 'INVALID', reason: 'HISTORY_REWRITTEN' } },
    });
    await done(app, SYNC, { id: global.id });
    expect((await readGlobal(app, slug)).values).toEqual({ a: 2 });
    await done(app, SYNC, { id: global.id, acceptRewrite: true });
    const { values, gitops } = await readGlobal(app, slug);
    expect([values, gitops.status.state, gitops.status.rewritten]).toEqual([{ a: 'older' }, 'SYNCED', true]);
  });
});

describe('settings that are given again', () => {
  it.each(['updateGlobalSecret', 'putGlobalSecret'])('as they were (%s) accept no rewritten history', async (name) => {
    const { repository, commit, slug, global } = await aPair({ a: 1 }, { holdRewrites: true });
    const second = repository.push({ 'config/app.json': json({ a: 2 }) });
    await done(app, SYNC, { id: global.id });
    git(repository.work, ['reset', '--quiet', '--hard', commit]);
    repository.push({ 'config/app.json': json({ a: 'older' }) });
    const gitops = gitopsInput(repository.url, { holdRewrites: true });
    const which = name === 'putGlobalSecret' ? { name: global.name, type: 'SECRET' } : { id: global.id };
    const { globalSecret } = await done(app, gitOp(name), { ...which, gitops });
    expect(globalSecret.values).toEqual({ a: 2 });
    const { status } = globalSecret.gitops;
    expect(status).toMatchObject({ state: 'INVALID', reason: 'HISTORY_REWRITTEN', commit: second });
    expect(status.previousCommit).toBe(commit);
    const free = gitopsInput(repository.url, { holdRewrites: false });
    const after = (await done(app, gitOp(name), { ...which, gitops: free })).globalSecret;
    expect([after.values, after.gitops.status.rewritten, after.gitops.status.previousCommit]).toEqual([
      { a: 'older' },
      true,
      second,
    ]);
    expect((await readGlobal(app, slug)).values).toEqual({ a: 'older' });
  });

  it('for another place begin anew', async () => {
    const { repository, global } = await aPair({ a: 1 }, { holdRewrites: true });
    const other = app.host.repository(`other-${count}`);
    const commit = other.push({ 'config/app.json': json({ a: 2 }) });
    const gitops = gitopsInput(other.url, { holdRewrites: true });
    const moved = (await done(app, UPDATE, { id: global.id, gitops })).globalSecret;
    expect([moved.values, moved.gitops.status]).toMatchObject([
      { a: 2 },
      { state: 'SYNCED', commit, previousCommit: null, rewritten: false },
    ]);
    expect(repository.url).not.toBe(other.url);
  });
});

describe('case 177: several at once', () => {
  it('two syncs of one push make one change', async () => {
    const { repository, slug, global } = await aPair({ a: 1 });
    repository.push({ 'config/app.json': json({ a: 2 }) });
    const results = await Promise.all([1, 2, 3].map(() => run(app, SYNC, { id: global.id })));
    expect(results.map(codeOf).every((code) => code === 'OK' || code === 'CONFLICT')).toBe(true);
    expect(results.map(codeOf)).toContain('OK');
    expect(await readGlobal(app, slug)).toMatchObject({ values: { a: 2 }, revision: 2 });
  });

  it('what was read before somebody turned gitops off is not written after', async () => {
    const { repository, slug, global } = await aPair({ a: 1 });
    repository.push({ 'config/app.json': json({ a: 2 }) });
    let off: Promise<unknown> | null = null;
    app.host.before = () => {
      off ??= done(app, UPDATE, { id: global.id, gitops: null, values: { mine: true } });
      return false;
    };
    const synced = app.later(6 * MINUTE);
    await synced;
    await off;
    app.host.before = () => false;
    // Whoever came first: nothing of the file is in it after it was turned off.
    expect(await readGlobal(app, slug)).toMatchObject({ values: { mine: true }, gitops: null });
  });

  it('a stale revision is refused, and so is an edit on one', async () => {
    const { repository, global } = await aPair({ a: 1 });
    expect(codeOf(await run(app, SYNC, { id: global.id, expectedRevision: 7 }))).toBe('CONFLICT');
    repository.push({ 'config/app.json': json({ a: 2 }) });
    await done(app, SYNC, { id: global.id, expectedRevision: 1 });
    const late = await run(app, UPDATE, { id: global.id, description: 'late', expectedRevision: 1 });
    expect([late.code, late.currentRevision]).toEqual(['CONFLICT', 2]);
  });
});

it('a team whose data were tampered with keeps no other from its files', async () => {
  const edit = editableStore();
  const first = await gitApp({ open: edit.open });
  const [one = '', two = ''] = ['default', 'another-team'];
  const owners = new Map([
    [one, first.owner],
    [two, (await first.gateway.services.access.bootstrap(two)) ?? ''],
  ]);
  const repository = first.host.repository('of-both');
  repository.push({ 'config/app.json': json({ n: 1 }) });
  const input = { name: 'Of Both', type: 'SECRET', gitops: gitopsInput(repository.url) };
  for (const owner of owners.values()) await done(first, CREATE, input, owner);
  repository.push({ 'config/app.json': json({ n: 2 }) });
  for (const [broken, whole] of [
    [one, two],
    [two, one],
  ] as const) {
    const undo = edit.remember();
    await edit.editHead([broken], (head) => ({ ...head, mac: head.mac.map((byte) => byte ^ 1) }));
    const late = await gitApp({ open: edit.open, host: first.host, team: whole });
    await late.later(0);
    expect((await readGlobal(late, 'of-both', owners.get(whole))).values, whole).toEqual({ n: 2 });
    await undo();
  }
  await first.close();
});
