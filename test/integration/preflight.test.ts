import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/start-app.ts';

/** What a browser asks before it sends the token of a page to another origin. */

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ federation: { prefix: '', key: ['projectId', 'id'] } });
});
afterAll(() => app.close());

it.each([
  ['/graphql', 405, 'POST, GET'],
  ['/graphql/', 405, 'POST, GET'],
  ['/federation', 405, 'POST, GET'],
  ['/v1/projects/default-project/secrets', 204, 'GET, HEAD, POST, PUT, OPTIONS'],
  ['/v1/openapi.json', 204, 'GET, HEAD, OPTIONS'],
  ['/healthz', 405, 'GET, HEAD'],
])('OPTIONS %s is %i, names the methods, and lets no other origin in', async (path, status, allow) => {
  const url = new URL(app.url);
  for (const origin of ['https://elsewhere.example', 'null', url.origin]) {
    const headers = {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization, content-type',
    };
    const answer = await fetch(new URL(path, url), { method: 'OPTIONS', headers });
    const cors = [...answer.headers.keys()].filter((name) => name.startsWith('access-control-'));
    expect([origin, answer.status, answer.headers.get('allow'), cors]).toEqual([origin, status, allow, []]);
  }
});
