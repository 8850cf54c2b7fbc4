import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { guardedFetch } from '../../../src/net/guarded-fetch.ts';
import { createReach } from '../../../src/net/reach.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

it('the deadline comes though memory is cleared meanwhile', async () => {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { signal } = new AbortController();
  const ask = guardedFetch({ reach: createReach([host]), maxBytes: 1_000, deadlineMs: 500, signal });
  const collecting = setInterval(collect, 20);
  await expect(ask(`http://${host}/`)).rejects.toMatchObject({ name: 'AbortError' });
  clearInterval(collecting);
  server.closeAllConnections();
  server.close();
});
