import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/app/config.ts';
import { isAppError } from '../../../src/kernel/errors.ts';

/** Names of the variables that are refused, or none. */
function refusedBy(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (!isAppError(error)) throw error;
    expect(error.code).toBe('INVALID_INPUT');
    return (error.details.fields ?? []).map(({ path }) => path.join('.'));
  }
}

const A_KEY = `klmroot1_${'A'.repeat(48)}`;

describe('readConfig', () => {
  it('needs nothing', () => {
    expect(readConfig({ PATH: '/bin' })).toMatchObject({
      host: '0.0.0.0',
      port: 4000,
      development: false,
      dataDirectory: './data',
      mongodbUrl: null,
      rootKey: null,
      rootKeyFile: null,
      database: 'keyloom',
      team: 'default',
      cacheBytes: 268_435_456,
      logLevel: 'info',
      limits: { variableBytes: 65_536, fileBytes: 1_048_576, bodyBytes: 1_048_576, tokens: 2_000, depth: 10 },
    });
  });

  it('reads what is given', () => {
    const config = readConfig({
      KEYLOOM_DEVELOPMENT: 'true',
      KEYLOOM_PORT: '0',
      KEYLOOM_CACHE_BYTES: '0',
      KEYLOOM_LIMIT_BODY_BYTES: '2048',
      KEYLOOM_ROOT_KEY: A_KEY,
      MONGODB_URL: 'mongodb://user:hunter2@db/',
    });
    expect(config).toMatchObject({ host: '127.0.0.1', port: 0, cacheBytes: 0, limits: { bodyBytes: 2048, depth: 10 } });
    expect(config.rootKey?.reveal()).toBe(A_KEY);
    expect(JSON.stringify(config)).not.toMatch(/hunter2|klmroot1/);
  });

  it('reads what concerns a larger graph', () => {
    expect(readConfig({}).federation).toBeNull();
    expect(readConfig({ KEYLOOM_FEDERATION: 'false' }).federation).toBeNull();
    const plain = { prefix: '', key: ['projectId', 'id'] };
    expect(readConfig({ KEYLOOM_FEDERATION: 'true' }).federation).toEqual(plain);
    const given = { KEYLOOM_FEDERATION_PREFIX: 'Keyloom', KEYLOOM_FEDERATION_KEY: 'estate,ref' };
    const federation = { prefix: 'Keyloom', key: ['estate', 'ref'] };
    expect(readConfig({ KEYLOOM_FEDERATION: 'true', ...given }).federation).toEqual(federation);
    expect(refusedBy(given)).toEqual(['KEYLOOM_FEDERATION_PREFIX', 'KEYLOOM_FEDERATION_KEY']);
    for (const key of ['id', 'id,id', 'a,b,c', 'id,running', 'a-b,c', '_a,b'])
      expect(new Set(refusedBy({ KEYLOOM_FEDERATION: 'true', KEYLOOM_FEDERATION_KEY: key }))).toEqual(
        new Set(['KEYLOOM_FEDERATION_KEY']),
      );
    for (const prefix of ['', 'keyloom', 'Key_Loom', '_K'])
      expect(new Set(refusedBy({ KEYLOOM_FEDERATION: 'true', KEYLOOM_FEDERATION_PREFIX: prefix }))).toEqual(
        new Set(['KEYLOOM_FEDERATION_PREFIX']),
      );
  });

  it('reads what concerns plugins', () => {
    const config = readConfig({
      KEYLOOM_PLUGINS: 'redis, @acme/keyloom-plugin',
      KEYLOOM_PLUGIN_OPTIONS: '{"redis":{"a":1}}',
      KEYLOOM_ALLOWED_HOSTS: 'Vault.internal:8200,[::1],10.0.0.0/8,,db:*,[fd00::/8]:5432',
    });
    expect(config.plugins).toEqual(['redis', '@acme/keyloom-plugin']);
    expect(config.pluginOptions.get('redis')).toEqual({ a: 1 });
    expect(config.allowedHosts).toEqual(['Vault.internal:8200', '[::1]', '10.0.0.0/8', 'db:*', '[fd00::/8]:5432']);
    expect(readConfig({ KEYLOOM_PLUGINS: '' }).plugins).toEqual([]);
    expect(readConfig({}).plugins).toBeNull();
  });

  it.each([
    [
      'a host beyond loopback in development',
      { KEYLOOM_DEVELOPMENT: 'true', KEYLOOM_HOST: '0.0.0.0' },
      ['KEYLOOM_HOST'],
    ],
    ['two root keys', { KEYLOOM_ROOT_KEY: A_KEY, KEYLOOM_ROOT_KEY_FILE: '/k' }, ['KEYLOOM_ROOT_KEY']],
    ['a plugin with a path', { KEYLOOM_PLUGINS: 'redis,../x' }, ['KEYLOOM_PLUGINS']],
    ['options that are no object', { KEYLOOM_PLUGIN_OPTIONS: '[1' }, ['KEYLOOM_PLUGIN_OPTIONS']],
    ['an allowed host with a path', { KEYLOOM_ALLOWED_HOSTS: 'a.example.com/x' }, ['KEYLOOM_ALLOWED_HOSTS']],
    ['an allowed host with port 0', { KEYLOOM_ALLOWED_HOSTS: 'a.example.com:0' }, ['KEYLOOM_ALLOWED_HOSTS']],
    ['an allowed network too narrow', { KEYLOOM_ALLOWED_HOSTS: '10.0.0.0/33' }, ['KEYLOOM_ALLOWED_HOSTS']],
    ['an allowed IPv6 address without brackets', { KEYLOOM_ALLOWED_HOSTS: '::1' }, ['KEYLOOM_ALLOWED_HOSTS']],
    ['a port of words', { KEYLOOM_PORT: '80a' }, ['KEYLOOM_PORT']],
    ['a port too high', { KEYLOOM_PORT: '65536' }, ['KEYLOOM_PORT']],
    ['TRUE', { KEYLOOM_DEVELOPMENT: 'TRUE' }, ['KEYLOOM_DEVELOPMENT']],
    ['a limit of nothing', { KEYLOOM_LIMIT_DEPTH: '0' }, ['KEYLOOM_LIMIT_DEPTH']],
    ['a team that is no slug', { KEYLOOM_TEAM: '-a' }, ['KEYLOOM_TEAM']],
    ['another database', { MONGODB_URL: 'postgres://x' }, ['MONGODB_URL']],
    ['a name of the prototype', { KEYLOOM_constructor: '1' }, ['KEYLOOM_constructor']],
  ])('refuses %s', (_what, env, names) => {
    expect(refusedBy(env)).toEqual(names);
  });

  it.each(['', ' ', 'changeme', 'klmroot1_', `${A_KEY} `, 'klmroot1_changeme'])(
    'case 18: the root key %j is refused',
    (key) => {
      expect(refusedBy({ KEYLOOM_ROOT_KEY: key })).toEqual(['KEYLOOM_ROOT_KEY']);
    },
  );

  it('case 216: all mistakes at once, by name, without a value', () => {
    const env = {
      KEYLOOM_PROT: 'hunter2',
      KEYLOOM_PORT: A_KEY,
      KEYLOOM_DEVELOPMENT: 'hunter2',
      KEYLOOM_LOG_LEVEL: 'hunter2',
      KEYLOOM_LIMIT_TOKENS: 'hunter2',
      MONGODB_URL: 'hunter2',
    };
    expect([...refusedBy(env)].sort()).toEqual(Object.keys(env).sort());
    expect(() => readConfig(env)).toThrow(/^(?!.*(hunter2|klmroot1)).*KEYLOOM_PROT: is not a variable of Keyloom/s);
  });

  it('takes no offence at variables of the client', () => {
    const env = { KEYLOOM_DEVELOPMENT: 'true', KEYLOOM_URL: 'https://x', KEYLOOM_TOKEN: 'y', KEYLOOM_PROJECT: 'z' };
    expect(readConfig(env).development).toBe(true);
    expect(() => readConfig({ ...env, KEYLOOM_TOKENS: 'x' })).toThrow('KEYLOOM_TOKENS: is not a variable');
  });
});
