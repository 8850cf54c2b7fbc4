import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  anApp,
  aSecret,
  aValue,
  environmentOp,
  RENDERED,
  rendered,
  secretIdOf,
  secretOp,
  valueOp,
} from '../support/apps.ts';
import { type CountedApp, countedApp } from '../support/counted-app.ts';
import { done } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await anApp(app);
  for (const name of ['b', 'A', 'a-unset', 'Z']) await aSecret(app, { name });
  await aValue(app, 'b', 'dev', 'value b');
  await aValue(app, 'a', 'dev', '');
  await aValue(app, 'z', 'dev', 'value z', { hidden: true });
  await aValue(app, 'b', 'staging', 'value b');
});
afterAll(() => app.close());

const STRING = 'urn:rendered-app-secret:value-type:String';
const NONE = 'urn:rendered-app-secret:value-type:None';

describe('rendered', () => {
  it('in full: each secret by name by code point, an empty value as a value, and what is unset', async () => {
    const answer = await rendered(app);
    expect(answer.unset).toEqual(['a-unset']);
    expect(answer.secrets).toEqual(
      [
        ['A', 'a', STRING, ''],
        ['Z', 'z', STRING, 'value z'],
        ['a-unset', 'a-unset', NONE, null],
        ['b', 'b', STRING, 'value b'],
      ].map(([key, slug, valueTypeUrn, serializedValue]) => ({
        key,
        valueTypeUrn,
        secretId: secretIdOf(slug ?? ''),
        secret: { slug },
        serializedValue,
        masked: false,
      })),
    );
  });

  it('for names: any order, twice, unknown, or none', async () => {
    const keys = async (names: readonly string[] | null) =>
      (await rendered(app, { names })).secrets.map(({ key }) => key);
    expect(await keys(['b', 'A', 'b', 'nothing', '__proto__', ''])).toEqual(['A', 'b']);
    expect(await keys(['B'])).toEqual([]);
    expect(await keys([])).toEqual([]);
    expect((await rendered(app, { names: ['a-unset', 'b'] })).unset).toEqual(['a-unset']);
    const many = { app: 'example-app', environment: 'dev', mode: 'FULL', names: Array(1001).fill('b') };
    expect((await app.gql(RENDERED, many)).errors?.[0]?.extensions.code).toBe('INVALID_INPUT');
    const nowhere = { app: 'example-app', environment: 'nowhere', mode: 'FULL' };
    expect((await app.gql(RENDERED, nowhere)).data).toEqual({ app: { rendered: null } });
  });

  it('has the same digest for the same answer only', async () => {
    const digest = async (over: object = {}, token?: string) => (await rendered(app, over, token)).secretDigest;
    const reader = await app.token('reader');
    const developer = await app.token('developer');
    const full = await digest();
    expect(await digest()).toBe(full);
    expect(await digest({ names: ['b', 'A', 'a-unset', 'Z'] })).toBe(full);
    expect(await digest({}, reader)).toBe(full);
    const preview = await digest({ mode: 'PREVIEW_ONLY' });
    expect(await digest({}, developer)).toBe(preview);
    const others = [preview, await digest({ names: ['b'] }), await digest({ names: ['b'], environment: 'staging' })];
    expect(new Set([full, ...others]).size).toBe(4);

    // What another environment gets, or what one renames, changes nothing here.
    await aValue(app, 'b', 'staging', 'something else');
    await done(app, environmentOp('updateEnvironment', 'id'), {
      id: Buffer.from('Environment:app/example-app/dev').toString('base64'),
      name: 'Development',
    });
    expect(await digest()).toBe(full);
    await aValue(app, 'b', 'dev', 'value c');
    expect(await digest()).not.toBe(full);
    // A mask tells nothing of what is behind it, nor that it changed.
    expect(await digest({ mode: 'PREVIEW_ONLY' })).toBe(preview);
    await aValue(app, 'b', 'dev', 'value b');
    expect(await digest()).toBe(full);
    await done(app, valueOp('unsetAppSecretValue', 'appSecretValue { isSet }'), {
      id: secretIdOf('a'),
      environment: 'dev',
    });
    expect(await digest()).not.toBe(full);
    expect(await digest({ mode: 'PREVIEW_ONLY' })).not.toBe(preview);
    await aValue(app, 'a', 'dev', '');
    expect(await digest()).toBe(full);
  });

  it('numbers changes of the app: the numbers grow with those, and with no others', async () => {
    const before = await rendered(app);
    await anApp(app, { name: 'another app' });
    const idle = await rendered(app);
    expect(idle.seq).toBe(before.seq + 1);
    expect([idle.incrementalId, idle.changelogId]).toEqual([before.incrementalId, before.changelogId]);
    let last = idle;
    const changes = [
      () => aSecret(app, { name: 'counted' }),
      () => aValue(app, 'counted', 'dev', 'x'),
      () => aValue(app, 'counted', 'production', 'x'),
      () => done(app, secretOp('deleteAppSecret', 'id'), { id: secretIdOf('counted') }),
    ];
    for (const change of changes) {
      await change();
      const next = await rendered(app);
      expect(next.incrementalId).toBeGreaterThan(last.incrementalId);
      expect(next.incrementalId).toBe(next.seq);
      expect(next.changelogId).not.toBe(last.changelogId);
      last = next;
    }
    expect((await rendered(app, { environment: 'staging' })).changelogId).not.toBe(last.changelogId);
  });
});

describe('store calls', () => {
  const SIZES = [
    { slug: 'few', secrets: 3 },
    { slug: 'many', secrets: 60 },
  ] as const;

  beforeAll(async () => {
    for (const { slug, secrets } of SIZES) {
      await anApp(app, { name: slug });
      for (let i = 0; i < secrets; i += 1) {
        const { id } = await aSecret(app, { app: slug, name: `S${i}` });
        for (const environment of ['dev', 'staging']) {
          await done(app, valueOp('setAppSecretValue', 'appSecretValue { isSet }'), {
            id,
            environment,
            valueTypeUrn: 'urn:app-secret:app-secret-type:keyValueAppSecret',
            hidden: false,
            kvAppSecretValue: { typeHint: 'urn:app-secret:kv-secret-value:textType', text: `v${i}` },
          });
        }
      }
    }
  });

  async function withGateway<T>(cacheBytes: number, use: (gateway: CountedApp) => Promise<T>): Promise<T> {
    const gateway = await countedApp(app.store, { cacheBytes, answerCacheBytes: 0 });
    gateway.reset();
    try {
      return await use(gateway);
    } finally {
      await gateway.close();
    }
  }
  const CACHED = 64 * 1024 * 1024;

  it.each([CACHED, 0])(
    'of a cold rendering are as many for 60 secrets as for 3, with %i bytes to cache',
    async (cache) => {
      for (const { slug, secrets } of SIZES) {
        await withGateway(cache, async (gateway) => {
          const { app: found } = await gateway.gql(
            RENDERED,
            { app: slug, environment: 'dev', mode: 'FULL' },
            app.owner,
          );
          expect(found.rendered.secrets).toHaveLength(secrets);
          // Who asks: index, its document, tokens. Heads: of the team, of the app, of their keys. Lists: keys twice, apps,
          // environments, secrets, values.
          expect(gateway.calls).toEqual({ get: 1, lineage: 4, newest: 2, list: 8 });
          // The values of this environment alone.
          expect(gateway.opens()).toBe(secrets);
        });
      }
    },
  );

  it('a preview opens no value, and neither do lists, differences of what is set, or what is unset', async () => {
    await withGateway(CACHED, async (gateway) => {
      await gateway.gql(RENDERED, { app: 'many', environment: 'dev', mode: 'PREVIEW_ONLY' }, app.owner);
      const query = `{ apps { nodes { slug name environments { slug name order } } }
        app(slug: "many") { difference(from: "dev", to: "production") { status secret { slug name purposeType } }
          unsetSecrets { environments { slug } } } }`;
      const { app: found } = await gateway.gql(query, {}, app.owner);
      expect([found.difference.length, found.unsetSecrets.length]).toEqual([60, 60]);
      const page = `{ app(slug: "many") { secrets(first: 50) { nodes { slug name
        values { isSet hidden revision updatedAt } } } } }`;
      expect((await gateway.gql(page, {}, app.owner)).app.secrets.nodes).toHaveLength(50);
      expect(gateway.opens()).toBe(0);
      gateway.reset();
      await gateway.gql(page, {}, app.owner);
      expect([gateway.calls, gateway.opens()]).toEqual([{ lineage: 1 }, 0]);
    });
  });
});
