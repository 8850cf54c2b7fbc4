import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/http/log.ts';
import { GOOD_TOKEN, startServer } from '../support/http-app.ts';
import { until } from '../support/listening.ts';

const statusOf = async (url: string, init: RequestInit = {}): Promise<number> => (await fetch(url, init)).status;

describe('health', () => {
  it('case 215: live and ready differ', async () => {
    let outcome: () => Promise<boolean> = async () => true;
    const app = await startServer({ ready: () => outcome() });
    expect(await statusOf(`${app.url}/readyz`)).toBe(200);
    outcome = async () => false;
    expect(await statusOf(`${app.url}/readyz`)).toBe(503);
    outcome = async () => {
      throw new Error('mongodb://user:hunter2@db');
    };
    const response = await fetch(`${app.url}/readyz`);
    expect([response.status, await response.json()]).toEqual([503, { status: 'not ready' }]);
    expect(JSON.stringify(app.lines)).not.toMatch(/hunter2/);
    expect(await statusOf(`${app.url}/healthz`)).toBe(200);
    expect(await statusOf(`${app.url}/healthz`, { method: 'HEAD' })).toBe(200);
    expect(await statusOf(`${app.url}/healthz`, { method: 'POST' })).toBe(405);
    await app.server.close();
  });
});

describe('closing', () => {
  it('case 213: requests under way are finished, later ones are not accepted', async () => {
    const app = await startServer();
    const slow = app.gql('mutation { append(text: "x", ms: 300) }');
    const idle = await app.gql('{ hello }');
    await idle.text();
    const closed = app.server.close();
    await expect(fetch(`${app.url}/healthz`)).rejects.toThrow();
    const response = await slow;
    expect(await response.json()).toEqual({ data: { append: ['x'] } });
    await closed;
  });

  it('is the same when nothing listens', async () => {
    const app = await startServer();
    await app.server.close();
    await expect(app.server.close()).resolves.toBeUndefined();
  });

  it('a taken port is named', async () => {
    const app = await startServer();
    const port = Number(new URL(app.url).port);
    await expect(startServer({ port })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: `Cannot listen on 127.0.0.1:${port} (EADDRINUSE)`,
    });
    await app.server.close();
  });

  it('case 89: work is cancelled when the client goes away', async () => {
    const app = await startServer();
    const leave = async (): Promise<void> => {
      const controller = new AbortController();
      const request = fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { authorization: GOOD_TOKEN, 'content-type': 'application/json' },
        body: '{"query":"{ never }"}',
        signal: controller.signal,
      });
      setTimeout(() => controller.abort(), 50);
      await expect(request).rejects.toThrow();
    };
    // One that went before it came to the server is no request.
    await until(async () => {
      await leave();
      return app.lines.length > 0;
    });
    // Would wait ten seconds for a request that still counts as under way.
    await app.server.close();
    expect(app.lines.at(-1)).toMatchObject({ message: 'request', fields: { status: 0 } });
  });
});

describe('createLog', () => {
  it('case 65: writes one line of JSON per fact', () => {
    const written: string[] = [];
    const log = createLog('info', { write: (line) => void written.push(line) });
    log.debug('unseen');
    log.info('two\r\n{"level":"fatal"}', { path: '/a\nb\u001b[31m', operation: null });
    expect(written).toHaveLength(1);
    expect(written[0]?.trimEnd()).toBe(JSON.stringify(JSON.parse(written[0] ?? '')));
    expect(JSON.parse(written[0] ?? '')).toMatchObject({ level: 'info', path: '/a\nb\u001b[31m', operation: null });
  });

  it('knows whether it writes lines of requests, whose fields are put together for those who read them', () => {
    expect([createLog('debug').hasInfo, createLog('info').hasInfo, createLog('warn').hasInfo]).toEqual([
      true,
      true,
      false,
    ]);
  });
});
