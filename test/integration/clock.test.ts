import { describe, expect, it } from 'vitest';
import type { LogFields } from '../../src/kernel/log.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import type { OpenedStore } from '../../src/store/port.ts';
import { listen, until } from '../support/listening.ts';
import { aProject, CREATE_PROJECT } from '../support/makers.ts';
import { type AppOptions, startApp } from '../support/start-app.ts';

const HOUR = 3_600_000;
const VIEWER = '{ viewer { id } }';

/** A gateway whose wall clock is set by the test. `again`: another process, later, on the same store. */
async function anApp(options: Partial<AppOptions> = {}) {
  let offset = 0;
  const clock = () => new Date(Date.now() + offset);
  let kept: OpenedStore | undefined;
  const open: AppOptions['open'] = ({ mac }) => {
    kept ??= openMemoryStore({ mac });
    return { ...kept, close: async () => {} };
  };
  const app = await startApp({ ...options, open, clock, monotonic: () => performance.now() });
  return {
    app,
    set: (ms: number) => {
      offset = ms;
    },
    again: async () => {
      const next = await startApp({ ...options, open, clock, monotonic: () => performance.now() });
      await next.gateway.services.access.lookAtClock();
      return next;
    },
    soon: () => new Date(Date.now() + HOUR).toISOString(),
  };
}

const statusOf = async (app: { gql: (...args: never[]) => Promise<{ status: number }> }, token: string) =>
  (await app.gql(...([VIEWER, {}, token] as never[]))).status;

describe('case 255: a clock that is set', () => {
  it('back revives no expired token, in the same process or after a restart', async () => {
    const { app, set, again, soon } = await anApp();
    const token = await app.token('reader', { expiresAt: soon() });
    expect(await statusOf(app, token)).toBe(200);
    set(2 * HOUR);
    expect(await statusOf(app, token)).toBe(401);
    await aProject(app, 'Later');
    set(-24 * HOUR);
    expect(await statusOf(app, token)).toBe(401);
    await app.close();
    const next = await again();
    expect(await statusOf(next, token)).toBe(401);
    expect(await statusOf(next, app.owner)).toBe(200);
    await next.close();
  });

  it('forward for a moment writes nothing, and ends no token for ever', async () => {
    const { app, set, again, soon } = await anApp();
    await aProject(app, 'Before');
    const token = await app.token('reader', { expiresAt: soon() });
    set(3_650 * 24 * HOUR);
    const { errors } = await app.gql(CREATE_PROJECT, { input: { name: 'Glitch' } });
    expect(errors?.[0]?.extensions.code).toBe('UNAVAILABLE');
    set(0);
    await app.close();
    const next = await again();
    expect(await statusOf(next, token)).toBe(200);
    const after = await next.gql(CREATE_PROJECT, { input: { name: 'After' } }, app.owner);
    expect(after.data.createProject.__typename).toBe('CreateProjectPayload');
    await next.close();
  });

  it('is one for streams, too: they end with their token', async () => {
    const { app, set, soon } = await anApp();
    const token = await app.token('reader', { expiresAt: soon() });
    const listener = await listen(app.url, token, 'subscription { changes { __typename } }');
    set(2 * HOUR);
    await until(() => listener.closed.code !== null, 'the end of the stream');
    expect(listener.closed.code).toBe(4403);
    set(-24 * HOUR);
    const late = await listen(app.url, token, 'subscription { changes { __typename } }');
    await until(() => late.closed.code !== null, 'the refusal');
    expect(late.closed.code).toBe(4403);
    await Promise.all([listener.stop(), late.stop(), app.close()]);
  });
});

describe('what the log says in time', () => {
  const lines: (readonly [string, LogFields | undefined])[] = [];
  const log = { ...silentLog, warn: (message: string, fields?: LogFields) => void lines.push([message, fields]) };
  const runJob = async (app: Awaited<ReturnType<typeof startApp>>, name: string) => {
    lines.length = 0;
    for (const job of app.gateway.jobs.filter((each) => each.name === name))
      await job.run(new AbortController().signal);
    return lines.map(([message, fields]) => ({ message, ...fields }));
  };

  it('the end of the last administrator, a week and a day before, once each', async () => {
    const { app, set } = await anApp({ log });
    expect(await runJob(app, 'administrators')).toEqual([]);
    const expiresAt = new Date(Date.now() + 10 * 24 * HOUR).toISOString();
    const token = await app.token('owner', { kind: 'USER', name: 'the next owner', expiresAt });
    const { data } = await app.gql('{ tokens { id name } }');
    const first = data.tokens.find(({ name }: { name: string }) => name === 'owner').id;
    const revoke = 'mutation ($input: RevokeTokenInput!) { revokeToken(input: $input) { __typename } }';
    await app.gql(revoke, { input: { id: first } }, token);
    expect(await runJob(app, 'administrators')).toEqual([]);
    const warning = { message: expect.stringContaining('ends soon'), name: 'the next owner', expiresAt };
    set(4 * 24 * HOUR);
    expect(await runJob(app, 'administrators')).toMatchObject([warning]);
    expect(await runJob(app, 'administrators')).toEqual([]);
    set(9.5 * 24 * HOUR);
    expect(await runJob(app, 'administrators')).toMatchObject([warning]);
    await app.close();
  });

  it('a clock more than a minute behind the newest commit, once', async () => {
    const { app, set } = await anApp({ log });
    await aProject(app);
    expect(await runJob(app, 'clock')).toEqual([]);
    set(-2 * HOUR);
    expect(await runJob(app, 'clock')).toMatchObject([{ message: expect.stringContaining('behind'), seconds: 7_200 }]);
    expect(await runJob(app, 'clock')).toEqual([]);
    expect(app.gateway.expiry.behindMs()).toBeGreaterThan(60_000);
    await app.close();
  });
});
