import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, build, ownerToken, type Serving, serving, stopped } from '../support/built.ts';
import { gitOp, gitopsInput } from '../support/git-app.ts';
import { type GitHost, gitHost } from '../support/git-host.ts';
import { until } from '../support/listening.ts';

let entry: string;
let host: GitHost;
let server: Serving | null = null;
const dir = mkdtempSync(join(tmpdir(), 'keyloom-e2e-git-'));
beforeAll(async () => {
  entry = build();
  host = await gitHost();
}, 120_000);
afterAll(async () => {
  if (server?.process.exitCode === null) await stopped(server, 'SIGKILL');
  await host.close();
  rmSync(dir, { recursive: true, force: true });
});

const start = (): Promise<Serving> =>
  serving(entry, {
    KEYLOOM_DEVELOPMENT: 'true',
    KEYLOOM_PORT: '0',
    KEYLOOM_DATA: dir,
    KEYLOOM_PLUGINS: '',
    KEYLOOM_ALLOWED_HOSTS: host.host,
    KEYLOOM_LIMIT_GIT_SYNC_MS: '1000',
  });

const READ = `{ globalSecret(slug: "killed") { id revision values files { id data }
  gitops { status { state commit previousCommit rewritten } } } }`;
const fileOf = (n: number): string =>
  JSON.stringify({
    values: { n, more: 'x'.repeat(100_000) },
    files: { f: { path: '/f', data: Buffer.from(`${n}`).toString('base64') } },
  });

// With each push the process ends somewhere else: at each of its requests, or so many milliseconds after the last.
const MOMENTS = [2, 4, 4.02, 4.1];

it('case 178: kill -9 during a sync leaves the old state or the new one, and a restart gets to the new one', async () => {
  const repository = host.repository('killed');
  const commits = [repository.push({ 'config/app.json': fileOf(0) })];
  server = await start();
  const owner = ownerToken(server) ?? '';
  const input = { name: 'Killed', type: 'SECRET', gitops: gitopsInput(repository.url) };
  await ask(server.url, owner, gitOp('createGlobalSecret'), { input });
  const read = async () => (await ask(server?.url ?? '', owner, READ))?.data.globalSecret;
  for (const [i, moment] of MOMENTS.entries()) {
    const [old, next] = [i, i + 1];
    const running = server;
    const request = Math.floor(moment);
    let seen = -1;
    host.before = async (asked) => {
      // Looks that began before the push do not count.
      seen = asked.method === 'GET' && seen < 2 ? 1 : seen + 1;
      if (seen === request && moment === request) running.process.kill('SIGKILL');
      else if (seen === request)
        void setTimeout((moment - request) * 1_000).then(() => running.process.kill('SIGKILL'));
      return false;
    };
    commits.push(repository.push({ 'config/app.json': fileOf(next) }));
    expect(await running.ended).toBe(null);
    host.before = () => true;
    server = await start();
    const kept = await read();
    expect([old, next]).toContain(kept.values.n);
    const { n } = kept.values;
    expect(kept.revision).toBe(n + 1);
    expect(kept.files).toEqual([{ id: 'f', data: Buffer.from(`${n}`).toString('base64') }]);
    expect(kept.gitops.status).toMatchObject({ commit: commits[n], rewritten: false });
    host.before = () => false;
    await until(async () => (await read()).values.n === next, 'the next state', 60_000);
    const { revision, gitops } = await read();
    expect(revision).toBe(next + 1);
    expect(gitops.status).toMatchObject({ state: 'SYNCED', commit: commits[next], previousCommit: commits[old] });
  }
}, 180_000);
