import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, build, ownerToken, type Serving, serving, spawned, stopped } from '../support/built.ts';
import { type Front, front } from '../support/client/front.ts';
import type { Scene, Told } from '../support/client/scene.ts';
import { browserStage, bundle, CHROMIUM, nodeStage, type Stage } from '../support/client/stage.ts';
import { hasServer } from '../support/servers/process.ts';

/** The typed client against a gateway that is a process of its own, behind something that breaks connections. */

const PROJECT = 'default-project';
const WEB = { project: PROJECT, kind: 'SERVICE', id: 'web' } as const;

let dir: string;
let gateway: Serving;
let before: Front;
let owner: string;

const env = () => ({ KEYLOOM_DEVELOPMENT: 'true', KEYLOOM_PORT: '0', KEYLOOM_DATA: join(dir, 'data') });

async function query(text: string, variables: object = {}): Promise<Record<string, never>> {
  const { data, errors } = await ask(gateway.url, owner, text, variables);
  const refused = Object.values(data ?? {}).find((it) => /Error$/.test((it as { __typename: string }).__typename));
  if (errors || refused) throw new Error(JSON.stringify(errors ?? refused));
  return data;
}

const RESULT = '{ __typename ... on Error { message } }';

const putWeb = (variables: Readonly<Record<string, string>>, id = 'web') =>
  query(
    `mutation ($id: ID!, $variables: [VariableInput!]) { putService(input: { project: "${PROJECT}", id: $id, name: "Web",
      variables: $variables, files: [{ path: "/etc/app.conf", data: "aMOpbGxv" }] }) ${RESULT} }`,
    { id, variables: Object.entries(variables).map(([name, value]) => ({ name, value })) },
  );

async function token(id: string): Promise<{ readonly text: string; readonly id: string }> {
  const workload = `{ project: "${PROJECT}", kind: SERVICE, id: "${id}" }`;
  const { createToken } = (await query(
    `mutation { createToken(input: { name: "of ${id}", kind: DEPENDENT, role: "dependent", workload: ${workload} }) {
      __typename ... on Error { message } ... on CreateTokenPayload { text token { id } } } }`,
  )) as unknown as { createToken: { text: string; token: { id: string } } };
  return { text: createToken.text, id: createToken.token.id };
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'keyloom-client-'));
  gateway = await serving(build(), env());
  owner = ownerToken(gateway) ?? '';
  before = await front(bundle());
  before.target = gateway.url;
  await query(`mutation { createProject(input: { name: "Default Project" }) ${RESULT} }`);
  await putWeb({ PORT: '8080', BROKEN: '${NOT_THERE}' }, 'broken');
  await putWeb({ PORT: '8080' });
}, 120_000);
afterAll(async () => {
  await before.close();
  await stopped(gateway, 'SIGTERM');
  rmSync(dir, { recursive: true, force: true });
});

const STAGES = {
  Node: () => nodeStage(),
  Chromium: () => browserStage(`${before.url}/`),
};

describe('the package', () => {
  it('has types that need nothing of Node', () => {
    const folder = join(dir, 'consumer');
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    symlinkSync(process.cwd(), join(folder, 'node_modules', 'keyloom'));
    execFileSync('node_modules/.bin/tsc', ['-p', 'src/client']);
    writeFileSync(
      join(folder, 'page.mts'),
      `import { createClient, isKeyloomError, type Environment } from 'keyloom/client';
      const client = createClient({ url: 'https://keyloom.example.com', token: async () => 'token' });
      const environment: Environment = await client.resolve({ project: 'p', kind: 'JOB', id: 'j' }, { scope: 'BUILD' });
      const port: string | undefined = environment.variables.get('PORT');
      for await (const event of client.watch()) {
        if (event.kind === 'missed') continue;
        const names: readonly string[] = event.variables.added;
        // @ts-expect-error There is no such kind.
        if (event.kind === 'other') break;
      }
      try {
        await client.query('{ viewer { name } }');
      } catch (error) {
        if (isKeyloomError(error, 'CONFLICT')) error.details.reason === 'REVISION_MOVED';
        // @ts-expect-error There is no such code.
        if (isKeyloomError(error, 'CONFUSED')) throw error;
        // @ts-expect-error Only some have it.
        if (isKeyloomError(error, 'NOT_FOUND')) error.details.reason;
      }`,
    );
    const strict = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023,dom'];
    const { stdout, status } = spawnSync(
      join(process.cwd(), 'node_modules/.bin/tsc'),
      [...strict, '--types', '', 'page.mts'],
      { cwd: folder, encoding: 'utf8' },
    );
    expect([status, stdout]).toEqual([0, '']);
  });

  it('is used as its page shows', async () => {
    const folder = join(dir, 'consumer');
    const program = /```js\n([\s\S]*?)```/.exec(readFileSync('.github/docs/client.md', 'utf8'))?.[1] ?? '';
    writeFileSync(join(folder, 'app.mjs'), program);
    const own = { KEYLOOM_URL: gateway.url, KEYLOOM_TOKEN: (await token('web')).text };
    const { process: app, output } = spawned(join(folder, 'app.mjs'), own);
    while (!output().includes('\n')) await new Promise((again) => setTimeout(again, 20));
    app.kill();
    expect(output()).toMatch(/^\S+ \[ 'PORT' \]\n$/);
  });

  it('is small in a page', () => {
    expect(bundle().length).toBeLessThan(32 * 1024);
  });
});

describe.each(Object.keys(STAGES) as (keyof typeof STAGES)[])('the client in %s', (where) => {
  const isThere = where === 'Node' || hasServer('Chromium', CHROMIUM);
  let stage: Stage;
  beforeAll(async () => {
    if (isThere) stage = await STAGES[where]();
  }, 120_000);
  afterAll(async () => {
    if (isThere) await stage.close();
  });

  async function until(id: number, holds: (told: Told) => boolean): Promise<Told> {
    for (const end = Date.now() + 60_000; ; ) {
      const told = await stage.told(id);
      if (holds(told)) return told;
      if (Date.now() > end) throw new Error(`it did not happen: ${JSON.stringify(told)}`);
      await new Promise((again) => setTimeout(again, 20));
    }
  }

  /** Begins watches of what is now, and waits until all of them listen: each asks where it stands, listens, and asks again. */
  async function listening(...scenes: readonly Scene[]): Promise<readonly number[]> {
    const { streams, answers } = before.passed;
    const ids: number[] = [];
    for (const scene of scenes) ids.push(await stage.watch(scene));
    const listen = (): boolean =>
      before.passed.streams >= streams + ids.length && before.passed.answers >= answers + 2 * ids.length;
    await expect.poll(listen).toBe(true);
    return ids;
  }

  it.skipIf(!isThere)('resolves what the token stands for, files as bytes', async () => {
    const { text } = await token('web');
    const own = await stage.resolve({ url: before.url, tokens: [text] });
    expect(own).toMatchObject({ variables: { PORT: '8080' }, files: { '/etc/app.conf': 'héllo' }, unresolved: [] });
    expect(await stage.resolve({ url: before.url, tokens: [owner], workload: WEB })).toEqual(own);
  });

  it.skipIf(!isThere)('tells errors by their code', async () => {
    const code = async (over: object): Promise<unknown> =>
      (await stage.resolve({ url: before.url, tokens: [owner], workload: WEB, ...over })).code;
    expect(await code({ tokens: ['klm_u_wrong'] })).toBe('UNAUTHENTICATED');
    expect(await code({ workload: { ...WEB, id: 'nobody' } })).toBe('NOT_FOUND');
    expect(await code({ workload: { ...WEB, project: 'Not a slug' } })).toBe('BAD_REQUEST');
    expect(await code({ url: `${before.url}/elsewhere` })).toBe('PROTOCOL');
    expect(await code({ url: 'http://127.0.0.1:9' })).toBe('NETWORK');

    const broken = { url: before.url, tokens: [owner], workload: { ...WEB, id: 'broken' } };
    const missing = { name: 'BROKEN', reference: '${NOT_THERE}', reason: 'UNKNOWN_VARIABLE' };
    expect(await stage.resolve(broken)).toEqual({ code: 'UNRESOLVED', details: { unresolved: [missing] } });
    const allowed = await stage.resolve({ ...broken, allowUnresolved: true });
    expect(allowed).toMatchObject({ variables: { PORT: '8080' }, unresolved: [missing] });
  });

  it.skipIf(!isThere)('loses no change and tells none twice, whatever breaks', async () => {
    const names: string[] = [];
    const variables: Record<string, string> = { PORT: '8080' };
    await putWeb(variables);
    const change = async (): Promise<void> => {
      const name = `V${names.length}`;
      names.push(name);
      variables[name] = 'x';
      await putWeb(variables);
    };
    // A change of before it listens is none.
    const [id = -1] = await listening({ url: before.url, tokens: [owner], workload: WEB });
    const heard = ({ events }: Told) =>
      events.flatMap((event) => (event.kind === 'changed' ? event.variables.added : [`? ${event.kind}`]));
    await change();
    await until(id, (told) => heard(told).length === 1);

    // Broken off with a change on its way, again and again; some while nobody answers.
    for (let round = 0; round < 6; round += 1) {
      if (round % 2 === 1) before.target = null;
      before.cut();
      await change();
      before.target = gateway.url;
      if (round === 3) await until(id, (told) => heard(told).length === names.length);
    }
    // The gateway itself: what is committed before its end is told after its return.
    before.target = null;
    before.cut();
    await change();
    await stopped(gateway, 'SIGTERM');
    gateway = await serving(build(), env());
    before.target = gateway.url;
    await change();
    const { events, retries } = await until(id, (told) => heard(told).length >= names.length);
    expect(heard({ events, retries, ended: null })).toEqual(names);
    const seqs = events.map((event) => (event.kind === 'changed' ? event.seq : -1));
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    expect(retries.length).toBeGreaterThan(0);
    const last = events.at(-1);
    const now = await stage.resolve({ url: before.url, tokens: [owner], workload: WEB });
    expect(last).toMatchObject({ digest: now.digest });

    await stage.stop(id);
    expect((await until(id, ({ ended }) => ended !== null)).ended).toBe('end');

    // Another program goes on where this one was.
    const middle = events[2];
    const later = await stage.watch({
      ...{ url: before.url, tokens: [owner], workload: WEB },
      ...(middle?.kind === 'changed' ? { after: middle.cursor } : {}),
    });
    const rest = await until(later, (told) => heard(told).length >= names.length - 3);
    expect([...new Set(heard(rest))].sort()).toEqual(
      names.filter((name) => !heard({ ...rest, events: events.slice(0, 3) }).includes(name)).sort(),
    );
    await stage.stop(later);
  });

  it.skipIf(!isThere)('tells what changed between the reading and the listening', async () => {
    const scene = { url: before.url, tokens: [owner], workload: WEB };
    const { digest } = (await stage.resolve(scene)) as { digest: string };
    await putWeb({ PORT: `${Math.random()}` });
    const id = await stage.watch({ ...scene, since: { digest } });
    expect((await until(id, ({ events }) => events.length > 0)).events).toEqual([{ kind: 'missed', cursor: null }]);
    await putWeb({ PORT: '8080' });
    const { events } = await until(id, (told) => told.events.length > 1);
    expect(events[1]).toMatchObject({ kind: 'changed', variables: { added: [], changed: ['PORT'], removed: [] } });
    await stage.stop(id);
  });

  it.skipIf(!isThere)('begins anew where the place is of another log, and says so', async () => {
    const id = await stage.watch({ url: before.url, tokens: [owner], workload: WEB, after: 'c'.repeat(32) });
    expect((await until(id, ({ events }) => events.length > 0)).events).toEqual([{ kind: 'missed', cursor: null }]);
    await stage.stop(id);
  });

  it.skipIf(!isThere)('ends with a token that has ended, and goes on with another', async () => {
    const [first, second] = [await token('web'), await token('web')];
    const [alone = -1, relayed = -1] = await listening(
      { url: before.url, tokens: [first.text], workload: WEB },
      { url: before.url, tokens: [first.text, second.text], workload: WEB },
    );
    await putWeb({ PORT: '1' });
    for (const id of [alone, relayed]) await until(id, ({ events }) => events.length === 1);
    await query(`mutation ($id: ID!) { revokeToken(input: { id: $id }) ${RESULT} }`, { id: first.id });
    expect((await until(alone, ({ ended }) => ended !== null)).ended).toBe('UNAUTHENTICATED');
    await putWeb({ PORT: '8080' });
    const { events, retries } = await until(relayed, (told) => told.events.length >= 2);
    expect(events.map(({ kind }) => kind)).toEqual(['changed', 'changed']);
    expect(retries).toContain('FORBIDDEN');
    await stage.stop(relayed);
  });
});
