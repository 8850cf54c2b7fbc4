import { describe, expect, inject, it } from 'vitest';
import { FORMAT } from '../../src/store/format.ts';
import { type GoldenStore, goldenFormats, goldenPlace, readAnswers, STORES } from '../support/golden-files.ts';
import { GOLDEN_LIMITS, goldenClock, goldenKinds } from '../support/golden-world.ts';
import { KINDS } from '../support/kinds.ts';
import { done, groupOp } from '../support/makers.ts';
import { operationOf } from '../support/mutations.ts';
import { type AppOptions, startApp, type TestApp } from '../support/start-app.ts';
import { answersOf } from '../support/tampering-sweep.ts';
import { freshApp } from '../support/whole-state.ts';

const mongodbUrl = inject('mongodbUrl');
const OPTIONS = { clock: goldenClock, limits: GOLDEN_LIMITS };

/** A gateway on a golden store, for the time of `use`. */
async function opened(format: number, store: GoldenStore, use: (app: TestApp) => Promise<void>): Promise<void> {
  const place = goldenPlace(store, mongodbUrl ?? '');
  await place.putThere(format);
  const options: AppOptions = { ...OPTIONS, open: place.open };
  const started = await startApp(options);
  const { owner } = readAnswers(format, store);
  const gql: TestApp['gql'] = (query, variables, token = owner) => started.gql(query, variables, token);
  const app = { ...started, owner, gql };
  try {
    await use(app);
  } finally {
    await app.close();
    await place.dispose();
  }
}

it('there are golden stores of the present format, with every kind of document in them', () => {
  expect(goldenFormats()).toContain(FORMAT);
  for (const store of STORES) {
    const { kinds } = readAnswers(FORMAT, store);
    expect(KINDS.filter((kind) => !kinds[kind]?.[0])).toEqual([]);
    const deleted = Object.entries(kinds).filter(([, [, count]]) => count > 0);
    expect(deleted.length).toBeGreaterThan(4);
  }
});

describe.each(goldenFormats())('a store of format %i', (format) => {
  describe.each(STORES)('%s', (store) => {
    it.skipIf(store === 'mongodb' && mongodbUrl === null)('opens, and tells everything as it was', async () => {
      await opened(format, store, async (app) => {
        const { answers, kinds, owner } = readAnswers(format, store);
        const told = await answersOf(
          app,
          answers.map(([query]) => [query, owner]),
        );
        for (const [i, [query, data]] of answers.entries()) {
          expect({ query, data: told[i]?.data, refused: told[i]?.refused }).toEqual({ query, data, refused: false });
        }
        expect(await goldenKinds(app.store)).toMatchObject(kinds);
      });
    });

    it.skipIf(store === 'mongodb' && mongodbUrl === null)(
      'goes on: its keys stand for what they did, and it takes commits',
      async () => {
        await opened(format, store, async (app) => {
          const again = { input: { name: 'P 1', idempotencyKey: 'key 1' } };
          const { data, errors } = await app.gql(operationOf('createProject', 'project { slug }'), again);
          expect(errors).toBeUndefined();
          expect(data.result).toMatchObject({ __typename: 'CreateProjectPayload', project: { slug: 'p-1' } });
          const id = Buffer.from('SecretGroup:default-project/own').toString('base64');
          await done(app, groupOp('setSecretGroupVariable', 'id'), { id, name: 'OWN', value: 'after it was opened' });
          const later = await freshApp(app.store, app.owner, OPTIONS);
          const query = `{ project(slug: "default-project") { secretGroup(slug: "own") { variables { value } } } }`;
          expect((await later.gql(query, {}, app.owner)).data.project.secretGroup.variables).toContainEqual({
            value: 'after it was opened',
          });
          await later.close();
        });
      },
    );
  });
});
