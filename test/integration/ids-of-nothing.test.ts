import { isInputObjectType, isNonNullType } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aProject } from '../support/makers.ts';
import { MUTATIONS } from '../support/mutations.ts';
import { schema } from '../support/schema.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await aProject(app);
});
afterAll(() => app.close());

/** Mutations of what a global id names, with the member of their input that holds it. */
const BY_ID = MUTATIONS.flatMap(({ name, prepare }, n) => {
  const field = schema.getMutationType()?.getFields()[name];
  const input = field?.args[0]?.type;
  const type = isNonNullType(input) ? input.ofType : input;
  if (!isInputObjectType(type)) return [];
  const member = ['id', 'app', 'source'].find(
    (each) => String(type.getFields()[each]?.type) === 'ID!' && !type.getFields().project,
  );
  return member === undefined ? [] : [{ name, n: 5_000 + n, prepare, member, type: type.name }];
});

it.each(BY_ID)(
  '$name says what is not found when a slug stands in place of its id',
  async ({ name, prepare, ...one }) => {
    const input = await prepare(app, one.n);
    const query = `mutation ($input: ${one.type}!) { result: ${name}(input: $input) { ... on Error { code message } } }`;
    for (const id of ['default-project', Buffer.from('Nothing:default-project/x').toString('base64')]) {
      const { data, errors } = await app.gql(query, { input: { ...input, [one.member]: id } });
      expect(errors).toBeUndefined();
      expect(data.result).toMatchObject({
        code: 'NOT_FOUND',
        message: expect.stringMatching(/^[A-Z]\w+( \w+|, \w+)* not found$/),
      });
      expect(data.result.message === 'Project not found').toBe(/Project$/.test(name));
    }
  },
);
