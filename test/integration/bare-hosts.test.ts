import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placesIn } from '../../src/modules/addons/bare-hosts.ts';
import { collectingLog } from '../support/http-app.ts';
import { aProject, done, operation } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const { log, lines } = collectingLog();
let app: TestApp;
beforeAll(async () => {
  app = await startApp({ log });
  await aProject(app);
  const create = async (kind: 'Addon' | 'ExternalAddon', name: string, provider: string, params: object) =>
    done(app, operation(`create${kind}`, 'commit { seq }'), { project: 'default-project', name, provider, params });
  const user = { username: 'app', password: 'hunter2canary', database: 'a' };
  await create('Addon', 'Store', 'postgresql', { ...user, host: 'db.internal' });
  await create('Addon', 'Other', 'postgresql', { ...user, host: 'other.internal', port: 443 });
  await create('Addon', 'Cache', 'redis', {
    password: 'p',
    host: 'Cache.internal',
    port: 443,
    tlsPort: 6380,
    tls: true,
  });
  await create('Addon', 'Documents', 'mongodb', { ...user, hosts: ['m1.internal', 'm2.internal:443'] });
  await create('ExternalAddon', 'Vault', 'vault-kv', { address: 'https://vault.internal:8200', path: 'a', token: 't' });
});
afterAll(() => app?.close());

describe('a host that the operator allows without a port', () => {
  it('is told of at start when an addon uses it on another port than 443, once for each port', async () => {
    const hosts = [
      'db.internal',
      'other.internal',
      'cache.internal',
      'm1.internal',
      'm2.internal',
      'vault.internal',
      'x',
    ];
    await app.gateway.services.addons.warnOfBareHosts(hosts, new AbortController().signal);
    const told = lines.filter(({ message }) => message.startsWith('KEYLOOM_ALLOWED_HOSTS'));
    expect(told.map(({ fields }) => `${fields?.host} ${fields?.port} ${fields?.addon}`).sort()).toEqual([
      'cache.internal 6380 default-project/cache',
      'db.internal 5432 default-project/store',
      'm1.internal 27017 default-project/documents',
      'vault.internal 8200 default-project/vault',
    ]);
    expect(JSON.stringify(lines)).not.toContain('hunter2canary');
  });

  it.each([
    [{ host: '[::1]', port: 1 }, ['::1 1']],
    [{ hosts: ['[::1]:5', 'b:7'], port: 1 }, ['::1 5', 'b 7']],
    [{ url: 'http://a.example.com/x' }, ['a.example.com 80']],
    [{ url: 'https://a.example.com/x' }, ['a.example.com 443']],
  ])('%j leads to %j', (params, expected) => {
    expect(placesIn(params, {}).map(({ host, port }) => `${host} ${port}`)).toEqual(expected);
  });
});
