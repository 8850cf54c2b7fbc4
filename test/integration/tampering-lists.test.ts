import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Kind } from '../../src/store/port.ts';
import { filled, ways } from '../support/commit-ways.ts';
import { editableStore } from '../support/editable-store.ts';
import type { TestApp } from '../support/start-app.ts';
import { freshApp } from '../support/whole-state.ts';

/** A list that leaves out what was tampered with would be taken for all there is. */
const edit = editableStore();
let app: TestApp;
let restore: () => Promise<void>;
beforeAll(async () => {
  app = await filled(3, {}, { open: edit.open });
  await ways.putVcsAccount?.(app, 1);
  restore = edit.remember();
});
afterEach(() => restore());
afterAll(() => app.close());

const ofProject = (field: string): string => `{ project(slug: "default-project") { ${field} } }`;
const ofApp = (field: string): string => `{ app(slug: "example-app") { ${field} } }`;
const page = (field: string, of = 'slug'): string => `${field}(first: 50) { nodes { ${of} } }`;
const deleted = (kind: string, within = ''): string => `{ deleted(kind: ${kind} ${within}) { nodes { name } } }`;
const IN_PROJECT = 'project: "default-project"';
const IN_APP = 'app: "example-app"';

const LISTS: readonly (readonly [Kind, readonly string[]])[] = [
  [
    'project',
    [`{ ${page('projects')} }`, deleted('PROJECT'), '{ expiringCertificates(within: 9) { pageInfo { hasNextPage } } }'],
  ],
  ['app', [`{ ${page('apps')} }`, deleted('APP')]],
  ['globalSecret', [`{ ${page('globalSecrets')} }`, deleted('GLOBAL_SECRET')]],
  ['role', ['{ roles { slug } }']],
  ['tag', ['{ tags { name } }']],
  ['token', ['{ tokens { name } }']],
  ['vcsAccount', ['{ vcsAccounts { accountLogin } }']],
  ['secretGroup', [ofProject(page('secretGroups')), deleted('SECRET_GROUP', IN_PROJECT)]],
  ['service', [ofProject(page('services', 'name')), deleted('SERVICE', IN_PROJECT)]],
  ['job', [ofProject(page('jobs', 'name')), deleted('JOB', IN_PROJECT)]],
  ['addon', [ofProject(page('addons')), deleted('ADDON', IN_PROJECT)]],
  ['externalAddon', [ofProject(page('externalAddons')), deleted('EXTERNAL_ADDON', IN_PROJECT)]],
  ['environment', [ofApp('environments { slug }'), deleted('ENVIRONMENT', IN_APP)]],
  ['appSecret', [ofApp(page('secrets')), ofApp('unsetSecrets { secret { slug } }'), deleted('APP_SECRET', IN_APP)]],
];

/** What a gateway that starts now answers; it comes in by a token that nobody tampered with. */
async function answers(queries: readonly string[]): Promise<readonly string[]> {
  const fresh = await freshApp(app.store, app.owner);
  const codes: string[] = [];
  for (const query of queries) codes.push((await fresh.gql(query, {}, app.owner)).errors?.[0]?.extensions.code ?? 'OK');
  await fresh.close();
  return codes;
}

/** Keys of all that there is of a kind, in the store's order, without the founder's token that the questions come with. */
async function keysOf(kind: Kind) {
  const docs = await app.store.list(kind, [], { limit: 100 });
  return docs.filter(({ fields }) => kind !== 'token' || fields.createdBy !== 'bootstrap').map(({ key }) => key);
}

describe.each(LISTS)('lists of %s', (kind, queries) => {
  it('serve as long as nobody tampers', async () => {
    expect(await answers(queries)).toEqual(queries.map(() => 'OK'));
  });

  it.each([
    [
      'edited',
      async (key: readonly string[]) => {
        const doc = edit.read(kind, key);
        await edit.write(kind, key, { ...doc, fields: { ...doc.fields, name: 'another' } });
      },
    ],
    ['erased', (key: readonly string[]) => edit.write(kind, key, null)],
    [
      'replaced by a copy of another',
      async (key: readonly string[]) => {
        const other = (await keysOf(kind)).find((each) => each.join() !== key.join());
        await edit.write(kind, key, { ...edit.read(kind, other ?? []), key });
      },
    ],
  ] as const)('refuse where one document was %s', async (_what, tamper) => {
    const [key = []] = (await keysOf(kind)).slice(-1);
    await tamper(key);
    expect(await answers(queries)).toEqual(queries.map(() => 'INTEGRITY'));
  });
});
