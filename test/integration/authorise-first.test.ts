import { assertObjectType, type GraphQLField } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { hugeInput } from '../support/huge-input.ts';
import { schema } from '../support/schema.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const mutations = Object.values(assertObjectType(schema.getMutationType()).getFields());
const inputTypeOf = (field: GraphQLField<unknown, unknown>) => {
  const type = field.args.find(({ name }) => name === 'input')?.type;
  if (!type) throw new Error(`${field.name} takes no input`);
  return type;
};
const rulesOf = (field: GraphQLField<unknown, unknown>) => (field.extensions as { rules?: z.ZodType }).rules;

const REFUSED = '__typename ... on Error { code message }';
const LISTED = '... on InvalidInputError { fields { path rule } more }';

let app: TestApp;
/** Every run of a rule of a mutation, by its name. */
const runs = new Map<string, number>();
const tokens = new Map<string, string>();

beforeAll(async () => {
  for (const field of mutations) {
    const rules = rulesOf(field);
    if (!rules) continue;
    const { run } = rules._zod;
    rules._zod.run = (...args) => {
      runs.set(field.name, (runs.get(field.name) ?? 0) + 1);
      return run(...args);
    };
  }
  app = await startApp({ limits: { deadlineMs: 60_000 } });
  await app.gql('mutation { createProject(input: { name: "Default Project" }) { __typename } }');
  await app.gql('mutation { createProject(input: { name: "Other Project" }) { __typename } }');
  await app.gql(
    'mutation { putService(input: { project: "default-project", id: "s", name: "Service" }) { __typename } }',
  );
  const workload = { project: 'default-project', kind: 'SERVICE', id: 's' };
  tokens.set('dependent', await app.token('dependent', { kind: 'DEPENDENT', workload }));
  tokens.set('auditor', await app.token('auditor'));
  tokens.set('gateway', await app.token('gateway'));
  const grants = [
    {
      resources: ['PROJECT', 'SECRET_GROUP', 'ADDON', 'WORKLOAD', 'DEPLOY_WEBHOOK'],
      verbs: ['LIST', 'WRITE', 'DELETE'],
    },
  ].map((grant) => ({ ...grant, projects: ['other-project'] }));
  await app.gql('mutation ($input: CreateRoleInput!) { createRole(input: $input) { __typename } }', {
    input: { name: 'Elsewhere', grants },
  });
  tokens.set('elsewhere', await app.token('elsewhere'));
});
afterAll(() => app.close());

/** The code of one mutation, whichever way it comes. */
async function codeOf(field: GraphQLField<unknown, unknown>, input: unknown, token: string | undefined) {
  const type = inputTypeOf(field);
  const query = `mutation ($input: ${String(type)}) { ${field.name}(input: $input) { ${REFUSED} } }`;
  const { data, errors } = await app.gql(query, { input }, token);
  return errors?.[0]?.extensions.code ?? data?.[field.name]?.code ?? data?.[field.name]?.__typename;
}

describe('who asks comes before what is asked', () => {
  it('each mutation declares its rules', () => {
    expect(mutations.length).toBeGreaterThan(50);
    expect(mutations.filter((field) => !rulesOf(field)).map(({ name }) => name)).toEqual([]);
  });

  const asked = mutations.flatMap((field) =>
    ['dependent', 'auditor', 'gateway', 'elsewhere'].map((who) => [field.name, who, field] as const),
  );
  it.each(asked)('case 234: %s with a huge bad input from one who may not (%s)', async (name, who, field) => {
    runs.clear();
    const code = await codeOf(field, hugeInput(inputTypeOf(field), 1_000), tokens.get(who));
    expect(['FORBIDDEN', 'NOT_FOUND']).toContain(code);
    expect(runs.get(name)).toBeUndefined();
  });

  it.each(mutations.map((field) => [field.name, field] as const))(
    'case 234: %s with a huge bad input lists at most 100 problems',
    async (name, field) => {
      runs.clear();
      const type = inputTypeOf(field);
      const query = `mutation ($input: ${String(type)}) { ${name}(input: $input) { __typename ${LISTED} } }`;
      const { data, errors } = await app.gql(query, { input: hugeInput(type, 1_000) });
      expect(runs.get(name)).toBe(1);
      const found = data?.[name];
      if (found?.__typename !== 'InvalidInputError') return expect(errors ?? found).toBeTruthy();
      expect(found.fields.length).toBeGreaterThan(0);
      expect(found.fields.length).toBeLessThanOrEqual(100);
      if (found.more) expect(found.fields).toHaveLength(100);
    },
  );

  it('case 234: a project that is not there and one that is not allowed sound alike, whatever the input', async () => {
    const field = mutations.find(({ name }) => name === 'createSecretGroup');
    if (!field) throw new Error('no such mutation');
    const good = { name: 'A B', secretType: 'ENVIRONMENT', priority: 1 };
    for (const input of [good, { ...good, name: '!' }]) {
      for (const project of ['default-project', 'no-such-project']) {
        expect(await codeOf(field, { ...input, project }, tokens.get('elsewhere'))).toBe('NOT_FOUND');
      }
    }
  });
});

describe('33,000 bad names', () => {
  const input = {
    project: 'default-project',
    name: 'Example Secret',
    secretType: 'ENVIRONMENT',
    priority: 10,
    variables: Array.from({ length: 33_000 }, () => ({ name: '!', value: '' })),
  };
  const one = `createSecretGroup(input: $input) { ${REFUSED} ${LISTED} }`;
  const ten = Array.from({ length: 10 }, (_, i) => `a${i}: ${one}`).join(' ');

  it('case 234: are refused to a dependent before rules are looked at, ten times in one request too', async () => {
    runs.clear();
    const query = `mutation ($input: CreateSecretGroupInput!) { ${ten} }`;
    const { errors } = await app.gql(query, { input }, tokens.get('dependent'));
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(Array(1).fill('FORBIDDEN'));
    expect(runs.size).toBe(0);
  });

  it('case 234: give an owner 100 problems and the word that there are more, ten times too', async () => {
    const query = `mutation ($input: CreateSecretGroupInput!) { ${ten} }`;
    const { data } = await app.gql(query, { input });
    for (let i = 0; i < 10; i += 1) {
      expect(data[`a${i}`].fields).toHaveLength(100);
      expect(data[`a${i}`].more).toBe(true);
      expect(data[`a${i}`].fields[0]).toEqual({ path: ['variables', '0', 'name'], rule: 'pattern' });
    }
  });

  it('are not looked at one by one when there are more than the list may hold', async () => {
    const tags = Array.from({ length: 30_000 }, () => '!');
    const query = `mutation ($input: CreateSecretGroupInput!) { ${one} }`;
    const { data } = await app.gql(query, { input: { ...input, variables: [], tags } });
    expect(data.createSecretGroup.fields).toEqual([{ path: ['tags'], rule: 'max' }]);
  });

  it('case 234: 20,000 bad values of an enum are told five times', async () => {
    const kinds = Array.from({ length: 20_000 }, () => ({ id: 'a', kind: 'NOTHING' }));
    const query = `mutation ($input: CreateSecretGroupInput!) { ${one} }`;
    const { errors } = await app.gql(query, { input: { ...input, variables: [], restrictions: { workloads: kinds } } });
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(Array(5).fill('BAD_REQUEST'));
  });
});
