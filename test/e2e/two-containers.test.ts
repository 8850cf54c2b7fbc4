import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, type Built, build, ownerToken, type Serving, serving, spawned, stopped } from '../support/built.ts';

/** With process numbers of its own: whatever it runs is number 1. */
const CONTAINER = ['unshare', '--pid', '--fork', '--kill-child'];
const areThere = spawnSync('unshare', [...CONTAINER.slice(1), 'true']).status === 0;

let entry: string;
let dir: string;
const running: Built[] = [];
beforeAll(() => {
  entry = build();
}, 120_000);
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'keyloom-containers-'));
});
afterEach(async () => {
  for (const each of running.splice(0)) if (each.process.exitCode === null) await stopped(each, 'SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

const environment = () => ({ KEYLOOM_PORT: '0', KEYLOOM_DATA: dir, KEYLOOM_DEVELOPMENT: 'true' });
async function contained(): Promise<Serving> {
  const server = await serving(entry, environment(), CONTAINER);
  running.push(server);
  return server;
}
const VIEWER = '{ viewer { role { slug } } }';

describe.skipIf(!areThere)('case 262: a second container on the volume', () => {
  it('is refused while the first serves, and serves once that was killed', async () => {
    const first = await contained();
    const owner = ownerToken(first) ?? '';
    const second = spawned(entry, environment(), [], CONTAINER);
    running.push(second);
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain('in use by a process of another container');
    expect((await ask(first.url, owner, VIEWER)).data.viewer.role.slug).toBe('owner');

    await stopped(first, 'SIGKILL');
    const third = await contained();
    expect((await ask(third.url, owner, VIEWER)).data.viewer.role.slug).toBe('owner');
  });

  it('that starts all the same ends the first, which says why', async () => {
    const first = await contained();
    const owner = ownerToken(first) ?? '';
    // As where the kernel's locks do not reach.
    for (const file of ['store.lock', 'store.mdb-lock']) rmSync(join(dir, 'store', file));
    const second = await contained();
    expect(await first.ended).toBe(1);
    expect(first.output()).toContain('Another process has taken over the data directory');
    expect(await ask(first.url, owner, VIEWER)).toBeNull();
    expect((await ask(second.url, owner, VIEWER)).data.viewer.role.slug).toBe('owner');
  });
});
