import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Doc, Key, Kind } from '../../src/store/port.ts';
import { anApp, aSecret, aValue, aValueInput, secretIdOf, VALUE_FIELDS, valueOp } from '../support/apps.ts';
import { editableStore } from '../support/editable-store.ts';
import { done } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { freshApp } from '../support/whole-state.ts';

const edit = editableStore();
let app: TestApp;
beforeAll(async () => {
  app = await startApp({ open: edit.open });
  await anApp(app);
  await anApp(app, { name: 'other app', environments: [{ name: 'dev' }] });
  for (const of of ['example-app', 'other-app']) {
    const { id } = await aSecret(app, { app: of });
    const input = { id, ...aValueInput(`of ${of}`, { hidden: true }) };
    await done(app, valueOp('setAppSecretValue'), input);
  }
  await aValue(app, 'api-key', 'dev', 'second', { hidden: true });
  await aValue(app, 'api-key', 'production', 'of production');
});
afterAll(() => app.close());

const READS: readonly (readonly [string, string])[] = [
  [
    'the value',
    `{ app(slug: "example-app") { secret(slug: "api-key") { value(environment: "dev") { ${VALUE_FIELDS} } } } }`,
  ],
  [
    'rendered',
    '{ app(slug: "example-app") { rendered(environment: "dev", mode: FULL) { secrets { serializedValue } } } }',
  ],
  ['what is unset', '{ app(slug: "example-app") { unsetSecrets { secret { slug } } } }'],
  ['the plan of a copy', '{ previewAppSecretCopy(app: "example-app", from: "dev", to: "staging") { planHash } }'],
];
const SET = valueOp('setAppSecretValue', 'appSecretValue { isSet }');

/** What a gateway that starts now answers: its codes. */
async function answers(): Promise<readonly string[]> {
  const fresh = await freshApp(app.store, app.owner);
  const codes: string[] = [];
  for (const [, query] of READS)
    codes.push((await fresh.gql(query, {}, app.owner)).errors?.[0]?.extensions.code ?? 'OK');
  const input = { id: secretIdOf('api-key'), ...aValueInput('x') };
  const { data, errors } = await fresh.gql(SET, { input }, app.owner);
  codes.push(errors?.[0]?.extensions.code ?? data.result.__typename);
  await fresh.close();
  return codes;
}

const PLACE = ['default', 'app/example-app'];
const VALUE: Key = [...PLACE, 'dev/api-key'];
const edited = (kind: Kind, key: Key, over: object): Doc => {
  const doc = edit.read(kind, key);
  return { ...doc, fields: { ...doc.fields, ...over } };
};

describe('in the store of an app', () => {
  it('nothing was tampered with', async () => {
    const restore = edit.remember();
    expect(await answers()).toEqual(['OK', 'OK', 'OK', 'OK', 'SetAppSecretValuePayload']);
    await restore();
  });

  it.each<[string, Kind, Key, () => Doc | null]>([
    [
      'case 112: a hidden value made readable',
      'appSecretValue',
      VALUE,
      () => edited('appSecretValue', VALUE, { hidden: false }),
    ],
    [
      'case 112: a value of an earlier environment',
      'appSecretValue',
      VALUE,
      () => edited('appSecretValue', VALUE, { incarnation: '2.1' }),
    ],
    ['case 110: an older value put back', 'appSecretValue', VALUE, () => edit.readRevision('appSecretValue', VALUE, 1)],
    [
      'case 109: the value of another environment',
      'appSecretValue',
      VALUE,
      () => ({ ...edit.read('appSecretValue', [...PLACE, 'production/api-key']), key: VALUE }),
    ],
    [
      'case 109: the value of another app',
      'appSecretValue',
      VALUE,
      () => ({ ...edit.read('appSecretValue', ['default', 'app/other-app', 'dev/api-key']), key: VALUE }),
    ],
    ['case 111: a value taken away', 'appSecretValue', VALUE, () => null],
    ['case 111: a secret taken away', 'appSecret', [...PLACE, 'api-key'], () => null],
    [
      'case 112: the protection of an environment',
      'environment',
      [...PLACE, 'dev'],
      () => edited('environment', [...PLACE, 'dev'], { protected: true }),
    ],
  ])('%s is refused wherever it counts', async (_what, kind, key, forged) => {
    const restore = edit.remember();
    await edit.write(kind, key, forged());
    expect(await answers()).toEqual(Array(READS.length + 1).fill('INTEGRITY'));
    await restore();
  });
});
