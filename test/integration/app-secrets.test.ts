import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  anApp,
  aSecret,
  aValue,
  aValueInput,
  environmentOp,
  KEY_VALUE,
  rendered,
  SECRET_FIELDS,
  secretIdOf,
  secretOp,
  VALUE_FIELDS,
  valueOp,
} from '../support/apps.ts';
import { CANARY, codeOf, done, refusals, run } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ limits: { revisionsKept: 3 } });
  await anApp(app);
});
afterAll(() => app.close());

const SECRET = `query ($slug: Slug!) { app(slug: "example-app") { secret(slug: $slug) {
  ${SECRET_FIELDS} values { ${VALUE_FIELDS} } } } }`;
const secretOf = async (slug: string) => (await app.gql(SECRET, { slug })).data.app.secret;
const UNSET = { isSet: false, valueTypeUrn: null, hidden: false, text: null, masked: false, revision: null };

const REVISIONS = `query ($slug: Slug!, $environment: Slug!) { app(slug: "example-app") { secret(slug: $slug) {
  value(environment: $environment) { revisions { nodes { revision isSet hidden text masked } } } } } }`;
async function textsOf(slug: string, environment = 'dev') {
  const { data } = await app.gql(REVISIONS, { slug, environment });
  return data.app.secret.value.revisions.nodes.map(
    ({ isSet, text, masked }: { isSet: boolean; text: string | null; masked: boolean }) =>
      masked ? '(masked)' : isSet ? text : '(unset)',
  );
}

describe('an app secret', () => {
  it('is created with an unset value in every environment, also in those that come later', async () => {
    const made = await aSecret(app, { name: 'Example Secret', environmentScopedValues: [], providerId: '' });
    expect(made).toMatchObject({ slug: 'example-secret', providerId: null, purposeType: 'API_KEY', revision: 1 });
    const { values } = await secretOf('example-secret');
    expect(values).toEqual(['dev', 'staging', 'production'].map((slug) => ({ environment: { slug }, ...UNSET })));
    await done(app, environmentOp('createEnvironment', 'slug'), { app: 'example-app', name: 'later' });
    expect((await secretOf('example-secret')).values[3]).toEqual({ environment: { slug: 'later' }, ...UNSET });
    const { data } = await app.gql('query ($id: ID!) { node(id: $id) { ... on AppSecret { name app { slug } } } }', {
      id: made.id,
    });
    expect(data.node).toEqual({ name: 'Example Secret', app: { slug: 'example-app' } });
  });

  it('case 50: has one slug for all spellings, and tells the id of what is there', async () => {
    const { id } = await aSecret(app, { name: 'SIX_WAYS' });
    for (const name of ['six_ways', 'six ways', 'Six-Ways', 'six.ways', '__six__ways__', '/six/ways', 'SIX: WAYS!']) {
      const taken = await run(app, secretOp('createAppSecret'), { app: 'example-app', name, purposeType: 'OTHER' });
      expect(taken).toMatchObject({
        code: 'CONFLICT',
        existing: id,
        message: 'There is already a secret with the same derived identifier',
      });
    }
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', 'a\'b"c\\d`e', '${X}', '$ne0'])(
    'case 41: may be called %s, and is rendered so',
    async (name) => {
      const { slug } = await aSecret(app, { name, purposeType: 'OTHER' });
      await aValue(app, slug, 'dev', `value of ${name}`);
      const { secrets } = await rendered(app, { names: [name] });
      expect(secrets).toMatchObject([{ key: name, serializedValue: `value of ${name}` }]);
      expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
    },
  );

  it.each([
    [{ name: '' }, ['name min', 'name pattern']],
    [{ name: '___' }, ['name pattern']],
    [{ name: ' a' }, ['name pattern']],
    [{ name: 'a\nb' }, ['name pattern']],
    [{ name: 'clé' }, ['name pattern']],
    [{ name: 'x'.repeat(129) }, ['name max']],
    [{ name: 'ok', environmentScopedValues: [{ text: CANARY }] }, ['environmentScopedValues max']],
    [{ name: '\u212a', providerId: 'a\u0000b', app: 'a b' }, ['BAD_REQUEST']],
    [{ name: '\u212a', providerId: 'a\u0000b' }, ['name pattern', 'providerId pattern']],
  ])('refuses %j', async (over, expected) => {
    const input = { app: 'example-app', purposeType: 'OTHER', ...over };
    expect(await refusals(app, secretOp('createAppSecret'), input)).toEqual(expected);
  });

  it('is updated, deleted, restored with its values, and made anew without them', async () => {
    const { id } = await aSecret(app, { name: 'changing' });
    await aValue(app, 'changing', 'dev', 'kept');
    const input = { id, providerId: 'p-1', purposeType: 'SSH_KEY', expectedRevision: 1 };
    const { appSecret } = await done(app, secretOp('updateAppSecret'), input);
    expect(appSecret).toMatchObject({ name: 'changing', providerId: 'p-1', purposeType: 'SSH_KEY', revision: 2 });
    expect(await run(app, secretOp('updateAppSecret'), input)).toMatchObject({ currentRevision: 2 });
    expect((await done(app, secretOp('updateAppSecret'), { id, providerId: null })).appSecret.providerId).toBeNull();
    await done(app, secretOp('deleteAppSecret', 'slug'), { id });
    expect(await secretOf('changing')).toBeNull();
    expect((await rendered(app, { names: ['changing'] })).secrets).toEqual([]);
    expect(codeOf(await run(app, valueOp('setAppSecretValue'), { id, ...aValueInput('x') }))).toBe('NOT_FOUND');
    await done(app, secretOp('restoreAppSecret', 'slug'), { id });
    expect((await secretOf('changing')).values[0]).toMatchObject({ text: 'kept', revision: 1 });
    expect(codeOf(await run(app, secretOp('restoreAppSecret'), { id }))).toBe('CONFLICT');
    await done(app, secretOp('deleteAppSecret', 'slug'), { id });
    const anew = { app: 'example-app', name: 'Changing', purposeType: 'API_KEY' };
    expect(await run(app, secretOp('createAppSecret'), anew)).toMatchObject({ code: 'CONFLICT', existing: id });
    await aSecret(app, { name: 'Changing', discardValues: true });
    expect((await secretOf('changing')).values[0]).toEqual({ environment: { slug: 'dev' }, ...UNSET });
    expect(await textsOf('changing')).toEqual([]);
    await aValue(app, 'changing', 'dev', 'new');
    expect(await textsOf('changing')).toEqual(['new']);
  });

  it('is created once for an idempotency key', async () => {
    const input = { app: 'example-app', name: 'keyed', purposeType: 'OTHER', idempotencyKey: 'one' };
    const first = await done(app, secretOp('createAppSecret'), input);
    expect(await done(app, secretOp('createAppSecret'), { ...input, environmentScopedValues: [] })).toEqual(first);
  });

  it('case 144: of 20 created at once, one is', async () => {
    const input = { app: 'example-app', name: 'raced', purposeType: 'OTHER' };
    const codes = await Promise.all(
      Array.from({ length: 20 }, async () => codeOf(await run(app, secretOp('createAppSecret'), input))),
    );
    expect(codes.sort()).toEqual([...Array(19).fill('CONFLICT'), 'OK']);
  });
});

describe('a value', () => {
  it('is set, changed and unset in one environment without touching the others', async () => {
    const { id } = await aSecret(app, { name: 'plain' });
    const first = await aValue(app, 'plain', 'dev', 'one');
    expect(first).toEqual({
      environment: { slug: 'dev' },
      isSet: true,
      valueTypeUrn: KEY_VALUE,
      hidden: false,
      text: 'one',
      masked: false,
      revision: 1,
    });
    await aValue(app, 'plain', 'staging', 'other');
    await aValue(app, 'plain', 'dev', '', { expectedRevision: 1 });
    const stale = await run(app, valueOp('setAppSecretValue'), { id, ...aValueInput('x', { expectedRevision: 1 }) });
    expect(stale).toMatchObject({ code: 'CONFLICT', currentRevision: 2 });
    const { values } = await secretOf('plain');
    expect(values.map(({ text }: { text: string }) => text)).toEqual(['', 'other', null, null]);
    const unset = await done(app, valueOp('unsetAppSecretValue'), { id, environment: 'dev', expectedRevision: 2 });
    expect(unset.appSecretValue).toMatchObject({ isSet: false, text: null, revision: 3 });
    expect(codeOf(await run(app, valueOp('unsetAppSecretValue'), { id, environment: 'dev' }))).toBe('CONFLICT');
    expect(codeOf(await run(app, valueOp('unsetAppSecretValue'), { id, environment: 'nowhere' }))).toBe('NOT_FOUND');
    await aValue(app, 'plain', 'dev', 'two', { expectedRevision: 3 });
    expect(await textsOf('plain')).toEqual(['two', '(unset)', '', 'one']);
    const never = aValueInput('x', { environment: 'production', expectedRevision: 1 });
    expect(codeOf(await run(app, valueOp('setAppSecretValue'), { id, ...never }))).toBe('CONFLICT');
  });

  it.each([
    [{ valueTypeUrn: 'urn:app-secret:app-secret-type:other' }, ['valueTypeUrn enum']],
    [{ valueTypeUrn: `${KEY_VALUE} ` }, ['valueTypeUrn enum']],
    [{ kvAppSecretValue: { typeHint: KEY_VALUE, text: CANARY } }, ['kvAppSecretValue.typeHint enum']],
    [
      { valueTypeUrn: '', kvAppSecretValue: { typeHint: '', text: `${CANARY}\u0000` }, expectedRevision: 0 },
      ['expectedRevision min', 'kvAppSecretValue.text unicode', 'kvAppSecretValue.typeHint enum', 'valueTypeUrn enum'],
    ],
    [{ kvAppSecretValue: { text: CANARY } }, ['BAD_REQUEST']],
    [{ hidden: null }, ['BAD_REQUEST']],
  ])('of a wrong shape is refused, naming all that is wrong: %j', async (over, expected) => {
    const input = { id: secretIdOf('plain'), ...aValueInput('x', over) };
    expect(await refusals(app, valueOp('setAppSecretValue'), input)).toEqual(expected);
  });

  it('is at most 64 KiB of UTF-8', async () => {
    const { id } = await aSecret(app, { name: 'large' });
    const set = (text: string) => run(app, valueOp('setAppSecretValue', ''), { id, ...aValueInput(text) });
    expect(codeOf(await set('é'.repeat(32_768)))).toBe('OK');
    expect(await set(`${'é'.repeat(32_768)}a`)).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      limit: 'bytes of the value',
      maximum: 65_536,
      actual: 65_537,
    });
  });

  it('that is hidden is shown to nobody, and neither is what came before it', async () => {
    await aSecret(app, { name: 'hiding' });
    await aValue(app, 'hiding', 'dev', 'shown once');
    const hidden = await aValue(app, 'hiding', 'dev', 'shown once', { hidden: true });
    expect(hidden).toMatchObject({ isSet: true, hidden: true, text: null, masked: true });
    expect(await textsOf('hiding')).toEqual(['(masked)', '(masked)']);
    // Turning it off takes a new text; the old one stays out of sight.
    await aValue(app, 'hiding', 'dev', 'shown again');
    expect(await textsOf('hiding')).toEqual(['shown again', '(masked)', '(masked)']);
    await done(app, valueOp('unsetAppSecretValue'), { id: secretIdOf('hiding'), environment: 'dev' });
    expect(await textsOf('hiding')).toEqual(['(unset)', 'shown again', '(masked)', '(masked)']);
    await aValue(app, 'hiding', 'dev', 'hunter2', { hidden: true });
    const secret = await secretOf('hiding');
    expect(JSON.stringify(secret)).not.toContain('hunter2');
    expect((await rendered(app, { names: ['hiding'] })).secrets).toMatchObject([{ serializedValue: 'hunter2' }]);
  });

  it('of the last day is never forgotten, and what is older beyond the number kept is', async () => {
    let now = new Date('2026-01-01T00:00:00.000Z');
    const timed = await startApp({ limits: { revisionsKept: 3 }, clock: () => now });
    await anApp(timed);
    await aSecret(timed);
    const revisions = async () =>
      (await timed.store.revisions('appSecretValue', ['default', 'app/example-app', 'dev/api-key'], { limit: 99 })).map(
        ({ revision }) => revision,
      );
    for (let i = 1; i <= 10; i += 1) await aValue(timed, 'api-key', 'dev', `v${i}`);
    expect(await revisions()).toHaveLength(10);
    now = new Date('2026-01-03T00:00:00.000Z');
    for (let i = 11; i <= 20; i += 1) await aValue(timed, 'api-key', 'dev', `v${i}`);
    // The tenth was the present one until a moment ago.
    expect(await revisions()).toEqual([20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10]);
    await timed.close();
  });
});
