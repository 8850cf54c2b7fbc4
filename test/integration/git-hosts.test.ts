import type { LookupFunction } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { limitsWith } from '../../src/app/limits.ts';
import type { GitQuestion } from '../../src/git/port.ts';
import { createGitReader } from '../../src/git/reader.ts';
import { SecretValue } from '../../src/kernel/secret-value.ts';
import { createReach } from '../../src/net/reach.ts';
import { selfSigned } from '../support/certificate.ts';
import { type GitHost, gitHost, type Repository } from '../support/git-host.ts';

/** The reader alone, on hosts over http and over https. */
const FILE = 'config/app.json';
const TLS = selfSigned('localhost');
let plain: GitHost;
let tls: GitHost;
let named: GitHost;
let repository: Repository;
let secure: Repository;
beforeAll(async () => {
  plain = await gitHost();
  tls = await gitHost(TLS);
  repository = plain.repository('a');
  repository.push({ [FILE]: '{"over":"http"}' });
  secure = tls.repository('a');
  secure.push({ [FILE]: '{"over":"https"}' });
});
afterAll(async () => {
  await plain.close();
  await tls.close();
  await named?.close();
});
afterEach(() => {
  plain.before = () => false;
});

const { signal } = new AbortController();
const asking = (over: Partial<GitQuestion>): GitQuestion => ({
  repoUrl: repository.url,
  branch: 'main',
  filePath: `/${FILE}`,
  fileBytes: 2 * limitsWith().globalSecretBytes,
  signers: [],
  login: null,
  known: null,
  last: null,
  signal,
  ...over,
});
const readerFor = (hosts: readonly string[], over: { readonly ca?: string; readonly lookup?: LookupFunction } = {}) =>
  createGitReader({
    reach: createReach(hosts, ...(over.lookup ? [over.lookup] : [])),
    limits: limitsWith(),
    ...(over.ca ? { ca: over.ca } : {}),
  });
const textOf = (file: Uint8Array | null): string => Buffer.from(file ?? []).toString();

describe('over https', () => {
  it('reads with a certificate that is trusted', async () => {
    const { file } = await readerFor([tls.host], { ca: TLS.cert }).read(asking({ repoUrl: secure.url }));
    expect(textOf(file)).toBe('{"over":"https"}');
  });

  it.each([
    ['that nobody vouches for', undefined],
    ['that another vouches for', selfSigned('localhost').cert],
  ])('refuses a certificate %s', async (_what, ca) => {
    const reader = readerFor([tls.host], ca ? { ca } : {});
    await expect(reader.read(asking({ repoUrl: secure.url }))).rejects.toMatchObject({ reason: 'HOST_UNREACHABLE' });
  });

  it('refuses a certificate of another name', async () => {
    const url = secure.url.replace('localhost', '127.0.0.1');
    const reader = readerFor(['127.0.0.1:*'], { ca: TLS.cert });
    await expect(reader.read(asking({ repoUrl: url }))).rejects.toMatchObject({ reason: 'HOST_UNREACHABLE' });
  });
});

describe('case 167: where it may not go', () => {
  it.each([
    'http://127.0.0.1:1/a/b',
    'https://127.0.0.1:1/a/b',
    'https://[::1]:1/a/b',
    'https://169.254.169.254/a/b',
    'https://10.0.0.1/a/b',
    'https://172.16.0.1/a/b',
    'https://192.168.0.1/a/b',
    'https://[fc00::1]/a/b',
    'https://2130706433/a/b',
    'https://0177.0.0.1/a/b',
    'https://0x7f.0.0.1/a/b',
    'http://example.com/a/b',
  ])('%s', async (repoUrl) => {
    const reader = readerFor([]);
    expect(reader.mayAsk(new URL(repoUrl))).toBe(false);
    await expect(reader.read(asking({ repoUrl }))).rejects.toMatchObject({ reason: 'HOST_REFUSED' });
  });

  it('a name that leads to a private address', async () => {
    const reader = readerFor([], { lookup: answering(() => '127.0.0.1') });
    expect(reader.mayAsk(new URL('https://localtest.example/a/b'))).toBe(true);
    const asked = reader.read(asking({ repoUrl: 'https://localtest.example/a/b' }));
    await expect(asked).rejects.toMatchObject({ reason: 'HOST_REFUSED' });
  });
});

const answering = (next: () => string): LookupFunction => {
  return (_host, options, done) => {
    const address = next();
    if (options.all) done(null, [{ address, family: 4 }]);
    else done(null, address, 4);
  };
};

describe('case 168: answers that change', () => {
  it('a name that leads elsewhere from the second request on', async () => {
    const cert = selfSigned('git.example');
    named = await gitHost(cert);
    const mine = named.repository('a');
    mine.push({ [FILE]: '{}' });
    const repoUrl = mine.url.replace('localhost', 'git.example');
    let asked = 0;
    // The network is allowed, so that loopback stands for the public; the other address is not in it.
    const lookup = (turns: number) =>
      answering(() => {
        asked += 1;
        return asked <= turns ? '127.0.0.1' : '10.0.0.1';
      });
    const always = readerFor(['127.0.0.0/8'], { ca: cert.cert, lookup: lookup(100) });
    expect(textOf((await always.read(asking({ repoUrl }))).file)).toBe('{}');
    expect(asked).toBe(4);
    for (const turns of [0, 1, 2, 3]) {
      asked = 0;
      const rebound = readerFor(['127.0.0.0/8'], { ca: cert.cert, lookup: lookup(turns) });
      await expect(rebound.read(asking({ repoUrl }))).rejects.toMatchObject({ reason: 'HOST_REFUSED' });
      expect(asked).toBe(turns + 1);
    }
  });

  it.each([1, 2, 3, 4])('a redirect in answer %i is not followed, nor told the login', async (turn) => {
    const elsewhere = await gitHost();
    let requests = 0;
    plain.before = (request, response) => {
      requests += 1;
      if (requests !== turn) return false;
      response.writeHead(302, { location: `${elsewhere.url}${request.url}` }).end();
      return true;
    };
    const login = { login: 'me', token: new SecretValue('hunter2canary'), baseUrl: null };
    const reader = readerFor([plain.host, elsewhere.host]);
    await expect(reader.read(asking({ login }))).rejects.toMatchObject({ reason: 'REDIRECT_REFUSED' });
    expect(elsewhere.asked).toEqual([]);
    await elsewhere.close();
  });
});

describe('case 270: a redirect of the first request', () => {
  const redirecting = (from: string, to: string, status = 301) => {
    plain.before = (request, response) => {
      if (!request.url?.startsWith(from)) return false;
      response.writeHead(status, { location: to }).end();
      return true;
    };
  };
  const REFS = 'info/refs?service=git-upload-pack';

  it.each([301, 302, 307, 308])('with %i within the host is followed, and told', async (status) => {
    redirecting('/renamed/', `${plain.url}/a.git/${REFS}`, status);
    const answer = await readerFor([plain.host]).read(asking({ repoUrl: `${plain.url}/renamed` }));
    expect([textOf(answer.file), answer.movedTo]).toEqual(['{"over":"http"}', repository.url]);
    const known = await readerFor([plain.host]).read(asking({ repoUrl: `${plain.url}/renamed`, known: answer.commit }));
    expect(known).toMatchObject({ file: null, movedTo: repository.url });
  });

  it('as a path alone is followed too', async () => {
    redirecting('/renamed/', `/a.git/${REFS}`, 307);
    expect((await readerFor([plain.host]).read(asking({ repoUrl: `${plain.url}/renamed` }))).movedTo).toBe(
      repository.url,
    );
  });

  it.each<[string, () => string]>([
    ['a loop', () => `/renamed/${REFS}`],
    ['another host', () => `${tls.url}/a.git/${REFS}`],
    ['another name of the same machine', () => `${plain.url.replace('127.0.0.1', 'localhost')}/a.git/${REFS}`],
    ['another port', () => `http://127.0.0.1:1/a.git/${REFS}`],
    ['another scheme', () => `${plain.url.replace('http:', 'https:')}/a.git/${REFS}`],
    ['with a user', () => `${plain.url.replace('//', '//me:pw@')}/a.git/${REFS}`],
    ['another path', () => `${plain.url}/users/sign_in`],
    ['another service', () => `${plain.url}/a.git/info/refs?service=git-receive-pack`],
    ['more behind it', () => `${plain.url}/a.git/${REFS}&x=1`],
    ['a fragment', () => `${plain.url}/a.git/${REFS}#x`],
    ['no URL', () => 'http://['],
    ['a long address', () => `${plain.url}/${'a'.repeat(3_000)}/${REFS}`],
  ])('to %s is refused', async (_what, to) => {
    redirecting('/renamed/', to());
    const reader = readerFor([plain.host, tls.host, 'localhost'], { ca: TLS.cert });
    const asked = reader.read(asking({ repoUrl: `${plain.url}/renamed` }));
    await expect(asked).rejects.toMatchObject({ reason: 'REDIRECT_REFUSED' });
  });

  it('is followed once', async () => {
    redirecting('/renamed', `/renamed-again/${REFS}`);
    const asked = readerFor([plain.host]).read(asking({ repoUrl: `${plain.url}/renamed` }));
    await expect(asked).rejects.toMatchObject({ reason: 'REDIRECT_REFUSED' });
  });

  it('takes the login along within the base URL of the account, and not out of it', async () => {
    const token = new SecretValue('hunter2canary');
    redirecting('/team/renamed', `/a.git/${REFS}`);
    for (const [baseUrl, shown] of [
      [null, 5],
      [plain.url, 5],
      [`${plain.url}/team`, 1],
      [`${plain.url}/tea`, 0],
    ] as const) {
      plain.asked.length = 0;
      const login = { login: 'me', token, baseUrl };
      const { file } = await readerFor([plain.host]).read(asking({ repoUrl: `${plain.url}/team/renamed`, login }));
      expect(textOf(file)).toBe('{"over":"http"}');
      expect(plain.asked.filter(({ authorization }) => authorization !== undefined)).toHaveLength(shown);
      expect(plain.asked).toHaveLength(5);
    }
  });
});

describe('case 170: the login', () => {
  it('goes to the host in a header with each request, and nowhere else', async () => {
    plain.asked.length = 0;
    const login = { login: 'me', token: new SecretValue('hunter2canary'), baseUrl: null };
    await readerFor([plain.host]).read(asking({ login }));
    const basic = `Basic ${Buffer.from('me:hunter2canary').toString('base64')}`;
    expect(plain.asked.map(({ authorization }) => authorization)).toEqual([basic, basic, basic, basic]);
    expect(plain.asked.map(({ line }) => line).join()).not.toContain('hunter2canary');
  });
});

describe('case 176: a deadline for all of it', () => {
  it('holds while a pack trickles in', async () => {
    const reader = createGitReader({
      reach: createReach([plain.host]),
      limits: limitsWith({ gitDeadlineMs: 1_500, gitSilenceMs: 1_000 }),
    });
    let requests = 0;
    plain.before = (_request, response) => {
      requests += 1;
      if (requests < 4) return false;
      response.writeHead(200);
      const timer = setInterval(() => response.write('0'), 100);
      response.on('close', () => clearInterval(timer));
      return true;
    };
    await expect(reader.read(asking({}))).rejects.toMatchObject({ reason: 'TIMED_OUT' });
  });
});

it('speaks with hosts that know the first version only', async () => {
  plain.before = (request) => {
    request.headers['git-protocol'] = '';
    return false;
  };
  const { file } = await readerFor([plain.host]).read(asking({}));
  expect(textOf(file)).toBe('{"over":"http"}');
  await expect(readerFor([plain.host]).read(asking({ branch: 'mai' }))).rejects.toMatchObject({
    reason: 'BRANCH_NOT_FOUND',
  });
});

it('does not take a longer name for the branch', async () => {
  repository.push({}, 'main-2');
  await expect(readerFor([plain.host]).read(asking({ branch: 'main-' }))).rejects.toMatchObject({
    reason: 'BRANCH_NOT_FOUND',
  });
});
