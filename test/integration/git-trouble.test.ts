import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../src/http/log.ts';
import { aFollower, type GitApp, gitApp, gitOp, gitopsInput, logOf, MINUTE, readGlobal } from '../support/git-app.ts';
import { type Before, git, type Repository } from '../support/git-host.ts';
import { until } from '../support/listening.ts';
import { base64, done } from '../support/makers.ts';

const CANARY = 'CanaryContentXq7Zp2Wk';
const lines: string[] = [];
let app: GitApp;
beforeAll(async () => {
  const log = createLog('debug', { write: (line) => void lines.push(line) });
  app = await gitApp({ log, limits: { gitPackBytes: 2_000_000 } });
});
afterAll(async () => {
  await app.close();
  expect(lines.join('')).not.toContain(CANARY);
});
afterEach(() => {
  app.host.before = () => false;
});

const SYNC = gitOp('syncGlobalSecret');
const json = (value: unknown): string => JSON.stringify(value);
const FILE = 'config/app.json';

let count = 0;
async function aPair(on: GitApp = app) {
  count += 1;
  const repository = app.host.repository(`repo-${count}`);
  const commit = repository.push({ [FILE]: json({ good: count }) });
  const global = await aFollower(on, `Repo ${count}`, gitopsInput(repository.url));
  return { repository, commit, slug: global.slug, id: global.id, good: { good: count } };
}

/** The state after a look, as `STATE reason line:column`; the last good values must be there. */
async function outcomeOf(pair: { readonly slug: string; readonly id: string; readonly good: object }): Promise<string> {
  await done(app, SYNC, { id: pair.id });
  const { values, gitops } = await readGlobal(app, pair.slug);
  expect(values).toEqual(pair.good);
  const { state, reason, line, column } = gitops.status;
  return `${state} ${reason}${line === null ? '' : ` ${line}:${column}`}`;
}

const file = (over: object) => json({ files: { a: { path: '/a', data: base64(CANARY), ...over } } });

describe('case 172: a bad file keeps the last good state', () => {
  let pair: Awaited<ReturnType<typeof aPair>>;
  beforeAll(async () => {
    pair = await aPair();
  });

  it.each<[string, string | Uint8Array, string]>([
    ['a Dockerfile', `FROM node:20\nENV A=${CANARY}\n`, 'NOT_JSON 1:1'],
    ['an empty file', '', 'NOT_JSON 1:1'],
    ['a list', `\n  ["${CANARY}"]`, 'NOT_AN_OBJECT 2:3'],
    ['a text', `"${CANARY}"`, 'NOT_AN_OBJECT 1:1'],
    ['null', 'null', 'NOT_AN_OBJECT 1:1'],
    ['two byte order marks', `\uFEFF\uFEFF{"a": "${CANARY}"}`, 'NOT_JSON 1:1'],
    ['case 267: a member that is not known', `{ "values": {},\n "version": "${CANARY}" }`, 'UNKNOWN_MEMBER 2:13'],
    ['case 267: beside files', json({ Name: CANARY, files: {} }), 'UNKNOWN_MEMBER 1:9'],
    ['a comma at the end', `{\n  "a": "${CANARY}",\n}`, 'NOT_JSON 3:1'],
    ['a comment', `{\n  // ${CANARY}\n  "a": 1 }`, 'NOT_JSON 2:3'],
    ['a key twice', `{ "a": "${CANARY}",\r\n  "a": 1 }`, 'NOT_JSON 2:3'],
    ['a key twice, escaped', `{ "a": 1, "\\u0061": "${CANARY}" }`, 'NOT_JSON 1:11'],
    ['half a file', `{ "a": "${CANARY}`, `NOT_JSON 1:${9 + CANARY.length}`],
    ['a line break in a text', `{ "a": "${CANARY}\n" }`, `NOT_JSON 1:${9 + CANARY.length}`],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'NOT_UTF8'],
    ['UTF-16', Buffer.from('\uFEFF{}', 'utf16le'), 'NOT_UTF8'],
    ['half a surrogate pair', `{ "a": "\\ud800" }`, 'NOT_JSON 1:8'],
    ['a NUL', `{ "b": 1,\n "a": "${CANARY}\\u0000" }`, 'BAD_CONTENT 2:7'],
    ['a number that loses digits', `{\n "a": [1, 9007199254740993] }`, 'BAD_CONTENT 2:11'],
    ['33 levels', `${'{"a":'.repeat(33)}{}${'}'.repeat(33)}`, 'BAD_CONTENT 1:161'],
    ['100 levels', `${'['.repeat(100)}${']'.repeat(100)}`, 'NOT_JSON 1:65'],
    ['a bad name', json({ name: `${CANARY}!`, values: {} }), 'BAD_CONTENT 1:9'],
    ['a name that is no text', '{ "name": 1, "values": {} }', 'BAD_CONTENT 1:11'],
    ['values that are a list', '{ "values": [], "files": {} }', 'BAD_CONTENT 1:13'],
    ['files that are a list', '{ "values": {}, "files": [] }', 'BAD_CONTENT 1:26'],
    ['a file that is a text', `{ "files": {\n "a": "${CANARY}" } }`, 'BAD_CONTENT 2:7'],
    ['a file in a bad place', file({ path: '/../a' }), 'BAD_CONTENT 1:23'],
    ['a file that is no base64', file({ data: `${CANARY}!` }), 'BAD_CONTENT 1:35'],
    ['a file with a member too many', file({ mode: 7 }), 'BAD_CONTENT 1:15'],
    [
      'a file with the prototype of all',
      `{ "files": { "a": { "__proto__": 1, "path": "/a", "data": "" } } }`,
      'BAD_CONTENT 1:19',
    ],
  ])('%s', async (_what, content, expected) => {
    pair.repository.push({ [FILE]: content });
    expect(await outcomeOf(pair)).toBe(`INVALID ${expected}`);
  });

  it('case 267: the member that is not known is named', async () => {
    const name = `${'é'.repeat(59)}😀${CANARY}`;
    pair.repository.push({ [FILE]: JSON.stringify({ values: {}, [name]: 1 }) });
    await outcomeOf(pair);
    expect((await readGlobal(app, pair.slug)).gitops.status.member).toBe(`${'é'.repeat(59)}\ufffd`);
  });

  it.each<[string, string, object]>([
    ['$schema beside values', '{"$schema": "https://example.com/s.json", "values": {"a": 1}}', { a: 1 }],
    ['a byte order mark', '\uFEFF{"a": 2}', { a: 2 }],
    ['$schema beside anything else', '{"$schema": "x", "a": 3}', { $schema: 'x', a: 3 }],
    ['values that are a text', '{"values": "x", "version": 4}', { values: 'x', version: 4 }],
  ])('case 267: %s is read', async (_what, content, values) => {
    pair.repository.push({ [FILE]: content });
    await done(app, SYNC, { id: pair.id });
    const { values: read, gitops } = await readGlobal(app, pair.slug);
    expect(gitops.status).toMatchObject({ state: 'SYNCED', reason: null, member: null });
    expect(read).toEqual(values);
  });

  it('and the next good file is taken', async () => {
    pair.repository.push({ [FILE]: '{ "__proto__": { "a": 1 }, "constructor": 2 }' });
    await done(app, SYNC, { id: pair.id });
    const { values, gitops } = await readGlobal(app, pair.slug);
    expect(JSON.stringify(values)).toBe('{"__proto__":{"a":1},"constructor":2}');
    expect(gitops.status).toMatchObject({ state: 'SYNCED', reason: null, line: null, column: null });
  });
});

describe('a file that cannot be taken', () => {
  it('is missing', async () => {
    const pair = await aPair();
    pair.repository.push({ [FILE]: null, 'config/App.json': '{"wrong":"case"}' });
    expect(await outcomeOf(pair)).toBe('INVALID FILE_NOT_FOUND');
  });

  it('case 171: is a link, a folder or in another repository', async () => {
    const pair = await aPair();
    rmSync(join(pair.repository.work, FILE));
    symlinkSync('/etc/passwd', join(pair.repository.work, FILE));
    pair.repository.push({});
    expect(await outcomeOf(pair)).toBe('INVALID FILE_NOT_REGULAR');
    rmSync(join(pair.repository.work, FILE));
    pair.repository.push({ [`${FILE}/inside`]: '{}' });
    expect(await outcomeOf(pair)).toBe('INVALID FILE_NOT_REGULAR');
    rmSync(join(pair.repository.work, 'config'), { recursive: true });
    symlinkSync('real', join(pair.repository.work, 'config'));
    pair.repository.push({ 'real/app.json': '{"through":"a link"}' });
    expect(await outcomeOf(pair)).toBe('INVALID FILE_NOT_REGULAR');
    rmSync(join(pair.repository.work, 'config'));
    git(pair.repository.work, ['update-index', '--add', '--cacheinfo', `160000,${pair.commit},config`]);
    git(pair.repository.work, ['commit', '--quiet', '--message', 'a submodule']);
    git(pair.repository.work, ['push', '--quiet', 'origin', 'main']);
    expect(await outcomeOf(pair)).toBe('INVALID FILE_NOT_REGULAR');
  });

  it('case 171: is kept in LFS', async () => {
    const pair = await aPair();
    pair.repository.push({ [FILE]: 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n' });
    expect(await outcomeOf(pair)).toBe('INVALID LFS_POINTER');
  });

  it('is larger than a global secret may be', async () => {
    const pair = await aPair();
    pair.repository.push({ [FILE]: json({ a: 'x'.repeat(9_000_000) }) });
    expect(await outcomeOf(pair)).toBe('INVALID FILE_TOO_LARGE');
    pair.repository.push({ [FILE]: json({ a: 'x'.repeat(17_000_000) }) });
    expect(await outcomeOf(pair)).toBe('UNREACHABLE REPOSITORY_TOO_LARGE');
  });
});

describe('case 171: what a repository holds is not run', () => {
  it('hooks, filters, monitors and modules', async () => {
    const pair = await aPair();
    const mark = join(mkdtempSync(join(tmpdir(), 'keyloom-mark-')), 'mark');
    const script = `#!/bin/sh\ntouch ${mark}\n`;
    writeFileSync(join(pair.repository.dir, 'hooks', 'post-checkout'), script, { mode: 0o755 });
    pair.repository.push({
      '.gitmodules': `[submodule "a"]\n\tpath = a\n\turl = ext::sh -c touch% ${mark}\n`,
      '.gitattributes': '* filter=evil diff=evil\n',
      '.git-hooks/post-checkout': script,
      '.gitconfig': `[core]\n\tfsmonitor = touch ${mark}\n[filter "evil"]\n\tsmudge = touch ${mark}\n`,
      'Config/app.json': '{"other":"case"}',
      [FILE]: json({ good: 'still' }),
    });
    await done(app, SYNC, { id: pair.id });
    expect((await readGlobal(app, pair.slug)).values).toEqual({ good: 'still' });
    expect(existsSync(mark)).toBe(false);
  });

  describe('case 173: and nothing of it reaches a disk', () => {
    it('what the gateway itself writes', async () => {
      const before = process.env.TMPDIR;
      const temporary = mkdtempSync(join(tmpdir(), 'keyloom-disk-'));
      process.env.TMPDIR = temporary;
      try {
        const pair = await aPair();
        pair.repository.push({ [FILE]: json({ good: 2 }) });
        await done(app, SYNC, { id: pair.id });
        expect((await readGlobal(app, pair.slug)).values).toEqual({ good: 2 });
        expect(readdirSync(temporary)).toEqual([]);
      } finally {
        if (before === undefined) delete process.env.TMPDIR;
        else process.env.TMPDIR = before;
      }
    });

    // The temporary folder of the machine has other users, so its names would tell of them too.
    it('what reads the repository can open no file, start no program and make no connection', () => {
      const asked = new Set<string>();
      const code = readFileSync('dist/bundle/git.cjs', 'utf8');
      const wanted = (name: string): unknown => {
        const module = name.replace(/^node:/, '');
        asked.add(module);
        // Without a port it has no order to carry out.
        return module === 'worker_threads' ? { parentPort: null } : require(name);
      };
      const require = createRequire(import.meta.url);
      const bundle: { exports: { openRepository?: unknown } } = { exports: {} };
      new Function('exports', 'module', 'require', code)(bundle.exports, bundle, wanted);
      expect(bundle.exports.openRepository).toBeTypeOf('function');
      expect([...asked].sort()).toEqual(['buffer', 'crypto', 'util', 'worker_threads', 'zlib']);
      expect(code).not.toMatch(/\b(getBuiltinModule|process\.binding|_linkedBinding)\b/);
    });
  });
});

describe('case 272: a host that can leave out what is not needed', () => {
  const filtering = async () => {
    const pair = await aPair();
    git(pair.repository.dir, ['config', 'uploadpack.allowFilter', 'true']);
    return pair;
  };

  it('a small file of a large repository is read, and its history followed', async () => {
    const pair = await filtering();
    pair.repository.push({ 'large.bin': randomBytes(3_000_000), [FILE]: json({ good: 'small' }) });
    await done(app, SYNC, { id: pair.id });
    expect(await readGlobal(app, pair.slug)).toMatchObject({
      values: { good: 'small' },
      gitops: { status: { state: 'SYNCED', rewritten: false } },
    });
    git(pair.repository.work, ['reset', '--quiet', '--hard', pair.commit]);
    pair.repository.push({ 'large.bin': randomBytes(3_000_000), [FILE]: json({ good: 'rewritten' }) });
    await done(app, SYNC, { id: pair.id });
    expect(await readGlobal(app, pair.slug)).toMatchObject({
      values: { good: 'rewritten' },
      gitops: { status: { state: 'SYNCED', rewritten: true } },
    });
  });

  it('a file that is too large is told as such, and so is one that unpacks to gigabytes', async () => {
    const pair = await filtering();
    pair.repository.push({ [FILE]: json({ good: randomBytes(2_000_000).toString('hex') }) });
    expect(await outcomeOf(pair)).toBe('INVALID FILE_TOO_LARGE');
    pair.repository.push({ [FILE]: Buffer.alloc(20_000_000, ' ') });
    expect(await outcomeOf(pair)).toBe('INVALID FILE_TOO_LARGE');
  });

  it('too many names for files are too much all the same', async () => {
    const pair = await filtering();
    const names = Array.from({ length: 25_000 }, () => `${randomBytes(90).toString('hex')}\t`);
    const blob = git(pair.repository.dir, ['rev-parse', `${pair.commit}:${FILE}`]);
    const tree = git(
      pair.repository.dir,
      ['mktree'],
      names.map((name) => `100644 blob ${blob}\t${name.trim()}\n`).join(''),
    );
    const commit = git(pair.repository.dir, ['commit-tree', tree, '-m', 'many']);
    git(pair.repository.dir, ['update-ref', 'refs/heads/main', commit]);
    expect(await outcomeOf(pair)).toBe('UNREACHABLE REPOSITORY_TOO_LARGE');
  });

  it('what is sent in the place of the file is not taken for it', async () => {
    const pair = await filtering();
    pair.repository.push({ [FILE]: json({ good: 'right' }) });
    let packs = 0;
    const other = await filtering();
    other.repository.push({ [FILE]: json({ good: 'wrong' }) });
    app.host.before = async (request) => {
      if (request.url?.endsWith('/git-upload-pack')) packs += 1;
      // The third asks for the content: another repository's answer to its own question takes its place.
      if (packs === 3) request.url = request.url?.replace(/repo-\d+/, `repo-${count}`) ?? '';
      return false;
    };
    expect(await outcomeOf(pair)).toMatch(/^UNREACHABLE (BAD_ANSWER|HOST_FAILED)$/);
    expect(packs).toBeGreaterThanOrEqual(3);
  });

  it('a host that promises filters and does not keep it is asked for everything', async () => {
    const pair = await aPair();
    pair.repository.push({ [FILE]: json({ good: 'whole' }) });
    app.host.before = (request, response) => {
      if (!request.url?.includes('/info/refs') || request.headers['git-protocol'] !== 'version=2') return false;
      const lines = ['# service=git-upload-pack\n', null, 'version 2\n', 'ls-refs\n', 'fetch=shallow filter\n', null];
      const body = lines
        .map((line) => (line === null ? '0000' : `${(line.length + 4).toString(16).padStart(4, '0')}${line}`))
        .join('');
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-advertisement' }).end(body);
      return true;
    };
    await done(app, SYNC, { id: pair.id });
    expect((await readGlobal(app, pair.slug)).values).toEqual({ good: 'whole' });
  });
});

describe('case 173: too much', () => {
  it('a large repository around a small file', async () => {
    const pair = await aPair();
    pair.repository.push({ 'large.bin': randomBytes(3_000_000) });
    expect(await outcomeOf(pair)).toBe('UNREACHABLE REPOSITORY_TOO_LARGE');
  });

  it('a pack that unpacks to gigabytes', async () => {
    const pair = await aPair();
    pair.repository.push({ 'bomb.bin': Buffer.alloc(20_000_000) });
    expect(await outcomeOf(pair)).toBe('UNREACHABLE REPOSITORY_TOO_LARGE');
  });

  it('a flood of branches: with version 2 only ours is listed, the rest is capped', async () => {
    const pair = await aPair();
    const many = Array.from({ length: 5_000 }, (_each, i) => `${pair.commit} refs/heads/flood/branch-${10_000 + i}\n`);
    writeFileSync(join(pair.repository.dir, 'packed-refs'), `# pack-refs with: sorted\n${many.join('')}`);
    pair.repository.push({ [FILE]: json({ good: 'amid a flood' }) });
    await done(app, SYNC, { id: pair.id });
    expect((await readGlobal(app, pair.slug)).values).toEqual({ good: 'amid a flood' });
    const small = await gitApp({ host: app.host, limits: { gitRefsBytes: 100_000 } });
    const global = await aFollower(small, 'Flooded', gitopsInput(pair.repository.url));
    expect(global.gitops.status).toMatchObject({ state: 'UNREACHABLE', reason: 'REPOSITORY_TOO_LARGE' });
    await small.close();
  });

  it('a deep tree', async () => {
    const pair = await aPair();
    const deep = Array.from({ length: 300 }, () => 'd').join('/');
    pair.repository.push({ [`${deep}/app.json`]: '{"deep":true}' });
    const global = await aFollower(
      app,
      `Deep ${count}`,
      gitopsInput(pair.repository.url, { filePath: `/${deep}/app.json` }),
    );
    expect(global.values).toEqual({ deep: true });
  });
});

describe('case 175: hosts in trouble', () => {
  let steady: Awaited<ReturnType<typeof aPair>>;
  beforeAll(async () => {
    steady = await aPair();
  });

  it('a branch that is gone, then a repository that is gone, then both back', async () => {
    const pair = await aPair();
    git(pair.repository.dir, ['update-ref', '-d', 'refs/heads/main']);
    git(pair.repository.dir, ['update-ref', 'refs/heads/main2', pair.commit]);
    expect(await outcomeOf(pair)).toBe('UNREACHABLE BRANCH_NOT_FOUND');
    git(pair.repository.dir, ['update-ref', '-d', 'refs/heads/main2']);
    expect(await outcomeOf(pair)).toBe('UNREACHABLE BRANCH_NOT_FOUND');
    execFileSync('mv', [pair.repository.dir, `${pair.repository.dir}.away`]);
    expect(await outcomeOf(pair)).toBe('UNREACHABLE REPOSITORY_NOT_FOUND');
    execFileSync('mv', [`${pair.repository.dir}.away`, pair.repository.dir]);
    git(pair.repository.dir, ['update-ref', 'refs/heads/main', pair.commit]);
    expect(await outcomeOf(pair)).toBe('SYNCED null');
  });

  it.each([
    [401, 'AUTHENTICATION_FAILED'],
    [403, 'AUTHENTICATION_FAILED'],
    [203, 'AUTHENTICATION_FAILED'],
    [404, 'REPOSITORY_NOT_FOUND'],
    [429, 'HOST_FAILED'],
    [500, 'HOST_FAILED'],
    [301, 'REDIRECT_REFUSED'],
    [302, 'REDIRECT_REFUSED'],
    [307, 'REDIRECT_REFUSED'],
    [308, 'REDIRECT_REFUSED'],
  ])('an answer of %i', async (status, reason) => {
    app.host.before = (_request, response) => {
      response.writeHead(status, { location: 'http://169.254.169.254/latest/meta-data' }).end(CANARY);
      return true;
    };
    expect(await outcomeOf(steady)).toBe(`UNREACHABLE ${reason}`);
  });

  it.each<[string, string | Uint8Array]>([
    ['a page', '<html>sign in</html>'],
    ['nothing', ''],
    ['a line without an end', 'ffff'],
    ['lines of no length', '0003'.repeat(1_000)],
    ['bad digits', 'zzzz'],
    ['bytes', new Uint8Array(1_000).fill(255)],
    ['an id that is none', `${(4 + 57).toString(16).padStart(4, '0')}${'x'.repeat(40)} refs/heads/main\n0000`],
  ])('an answer of %s', async (_what, body) => {
    app.host.before = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-advertisement' }).end(body);
      return true;
    };
    expect(await outcomeOf(steady)).toMatch(/^UNREACHABLE (BAD_ANSWER|BRANCH_NOT_FOUND)$/);
  });

  it.each<[string, (bytes: Buffer) => Uint8Array]>([
    ['cut off', (bytes) => bytes.subarray(0, bytes.length - 30)],
    ['with a byte flipped', (bytes) => bytes.map((byte, i) => (i === bytes.indexOf('PACK') + 30 ? byte ^ 0x55 : byte))],
    ['empty', () => Buffer.from('0008NAK\n0000')],
  ])('a pack that is %s', async (_what, bend) => {
    steady.repository.push({ [FILE]: json({ good: 'unseen' }) });
    let posts = 0;
    app.host.before = (request, response) => {
      if (request.method !== 'POST') return false;
      posts += 1;
      // The first lists branches.
      if (posts === 1) return false;
      const write = response.write.bind(response);
      const parts: Buffer[] = [];
      response.write = ((part: Uint8Array) => parts.push(Buffer.from(part)) > 0) as never;
      const end = response.end.bind(response);
      response.end = (() => {
        write(bend(Buffer.concat(parts)));
        return end();
      }) as never;
      return false;
    };
    expect(await outcomeOf(steady)).toBe('UNREACHABLE BAD_ANSWER');
  });

  it('is tried again after a pause that grows, and the log has one commit for it', async () => {
    const alone = await gitApp({ host: app.host, log: createLog('debug', { write: (line) => void lines.push(line) }) });
    const pair = await aPair(alone);
    await alone.later(6 * MINUTE);
    app.host.before = (request, response) => {
      if (!request.url?.startsWith(`/repo-${count}.git/`)) return false;
      response.writeHead(503).end();
      return true;
    };
    const tries = (): number => app.host.asked.filter(({ line }) => line.includes(`/repo-${count}.git/`)).length;
    const before = (await alone.store.head(['default']))?.seq ?? 0;
    await alone.later(6 * MINUTE);
    const { status } = (await readGlobal(alone, pair.slug)).gitops;
    expect(status).toMatchObject({ state: 'UNREACHABLE', reason: 'HOST_FAILED' });
    const pauses: number[] = [];
    for (let from = Date.parse(status.at), i = 0; i < 6; i += 1) {
      const next: string = (await readGlobal(alone, pair.slug)).gitops.status.nextAttemptAt;
      pauses.push((Date.parse(next) - from) / 1000);
      const soFar = tries();
      await alone.later(Date.parse(next) - from - 1);
      expect(tries()).toBe(soFar);
      await alone.later(1);
      expect(tries()).toBe(soFar + 1);
      from = Date.parse(next);
    }
    for (const [i, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual(15 * 2 ** i);
      expect(pause).toBeLessThanOrEqual(30 * 2 ** i);
    }
    const mine = (await logOf(alone, before)).filter((operation) => operation.startsWith('globalSecret.sync'));
    expect(mine).toHaveLength(1);
    app.host.before = () => false;
    await alone.later(60 * MINUTE);
    expect((await readGlobal(alone, pair.slug)).gitops.status.state).toBe('SYNCED');
    expect(lines.filter((line) => line.includes(`"globalSecret":"${pair.slug}"`)).length).toBe(2);
    await alone.close();
  });
});

describe('case 176: hosts without an end', () => {
  it.each<[string, Before]>([
    ['never answers', () => true],
    [
      'sends a byte at a time',
      (_request, response) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write('0'), 50);
        response.on('close', () => clearInterval(timer));
        return true;
      },
    ],
  ])('one that %s', async (what, before) => {
    const hasty = await gitApp({ host: app.host, limits: { gitSilenceMs: 400, gitDeadlineMs: 1_000 } });
    app.host.before = before;
    const global = await aFollower(hasty, `One that ${what}`, gitopsInput(`${app.host.url}/a/b`));
    expect(global.gitops.status).toMatchObject({ state: 'UNREACHABLE', reason: 'TIMED_OUT' });
    await hasty.close();
  });

  it('a mutation waits no longer than it may, and the file is taken later', async () => {
    const impatient = await gitApp({ host: app.host, limits: { gitPatienceMs: 300 } });
    const repository: Repository = app.host.repository('slow');
    repository.push({ [FILE]: '{"a":1}' });
    app.host.before = (request) => request.url?.startsWith('/slow.git/') === true;
    const global = await aFollower(impatient, 'Slow One', gitopsInput(repository.url));
    expect(global.gitops.status).toMatchObject({ state: 'PENDING', reason: null });
    app.host.before = () => false;
    await impatient.later(0);
    expect(await readGlobal(impatient, 'slow-one')).toMatchObject({
      values: { a: 1 },
      gitops: { status: { state: 'SYNCED' } },
    });
    await impatient.close();
  });
});

describe('a host that takes its time', () => {
  it('keeps no mutation waiting for longer than it may, though others wait for it too', async () => {
    const busy = await gitApp({ host: app.host, limits: { gitPatienceMs: 2_000 } });
    const names = ['Slow Host 1', 'Slow Host 2', 'Slow Host 3'];
    const urls = names.map((name) => {
      const repository = app.host.repository(name.toLowerCase().replaceAll(' ', '-'));
      repository.push({ [FILE]: '{"a":1}' });
      return repository.url;
    });
    let held = 0;
    let release = (): void => {};
    const released = new Promise<boolean>((resolve) => {
      release = () => resolve(false);
    });
    // The list of branches comes at once, the files do not.
    app.host.before = (request) => {
      if (request.method !== 'POST' || request.headers['git-protocol']) return false;
      held += 1;
      return released;
    };
    const follow = (i: number) => aFollower(busy, names[i] ?? '', gitopsInput(urls[i] ?? ''));
    const stateOf = ({ gitops }: { gitops: { status: { state: string } } }): string => gitops.status.state;
    expect((await Promise.all([follow(0), follow(1)])).map(stateOf)).toEqual(['PENDING', 'PENDING']);
    held = 0;
    const working = busy.later(0);
    await until(() => held >= 2, 'both under way');
    expect(stateOf(await follow(2))).toBe('PENDING');
    release();
    await working;
    await busy.later(0);
    for (const slug of ['slow-host-1', 'slow-host-2', 'slow-host-3']) {
      expect(stateOf(await readGlobal(busy, slug))).toBe('SYNCED');
    }
    await busy.close();
  });

  it('is not blamed when the gateway stops meanwhile', async () => {
    const pair = await aPair();
    await app.later(6 * MINUTE);
    const before = (await app.store.head(['default']))?.seq;
    const stop = new AbortController();
    let asked = false;
    app.host.before = () => {
      asked = true;
      return true;
    };
    const running = app.later(6 * MINUTE, stop.signal);
    await until(() => asked, 'a request');
    stop.abort();
    await running;
    expect((await readGlobal(app, pair.slug)).gitops.status).toMatchObject({ state: 'SYNCED', reason: null });
    expect((await app.store.head(['default']))?.seq).toBe(before);
  });

  it('is not given up when somebody who asked has waited long enough', async () => {
    const hasty = await gitApp({ host: app.host, limits: { gitPatienceMs: 300 } });
    const repository: Repository = app.host.repository('asked-late');
    repository.push({ [FILE]: '{"a":1}' });
    const { id } = await aFollower(hasty, 'Asked Late', gitopsInput(repository.url));
    await hasty.later(0);
    app.host.before = (request) => request.url?.startsWith('/asked-late.git/') === true;
    repository.push({ [FILE]: '{"a":2}' });
    const { globalSecret } = await done(hasty, SYNC, { id });
    expect(globalSecret).toMatchObject({ values: { a: 1 }, gitops: { status: { state: 'PENDING', reason: null } } });
    app.host.before = () => false;
    await hasty.later(0);
    const { values, gitops } = await readGlobal(hasty, 'asked-late');
    expect([values, gitops.status.state]).toEqual([{ a: 2 }, 'SYNCED']);
    await hasty.close();
  });
});

it('case 170: neither files nor hosts speak through the log', () => {
  expect(lines.length).toBeGreaterThan(50);
  expect(lines.join('')).not.toContain(CANARY);
  expect(readFileSync('/proc/self/cmdline', 'utf8')).not.toContain(CANARY);
});
