import { readFileSync } from 'node:fs';
import { buildSchema, type GraphQLInputObjectType, isInputObjectType, isListType, isNonNullType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  aGroup,
  aGroupInput,
  aProject,
  aServiceInput,
  codeOf,
  done,
  environmentOf,
  groupOp,
  operation,
  PUT_SERVICE,
  refusals,
  run,
} from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

/** Case 244: a patch changes the members that it names, and nothing opens a group but `restricted: false`. */
let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await aProject(app);
  await done(app, PUT_SERVICE, aServiceInput({ id: 'stranger', tags: [] }));
});
afterAll(() => app.close());

const SHOWN = 'id slug restrictions { restricted workloads { id kind } tags tagMatchCondition }';
const op = (name: string) => groupOp(name, SHOWN);
const CLOSED = {
  restricted: true,
  workloads: [{ id: 'payer', kind: 'SERVICE' }],
  tags: ['pay', 'eu'],
  tagMatchCondition: 'AND',
};
let count = 0;
const closed = async () => {
  count += 1;
  return aGroup(app, {
    name: `Closed ${count}`,
    restrictions: CLOSED,
    variables: [{ name: `KEY_${count}`, value: 'x' }],
  });
};
const seen = async (): Promise<string[]> =>
  (await environmentOf(app, 'stranger')).variables.map(({ name }: { name: string }) => name);

describe('case 244: a patch of restrictions', () => {
  it.each<[string, object, object]>([
    ['tags', { tags: ['pay', 'billing'] }, { tags: ['pay', 'billing'] }],
    ['no tags', { tags: [] }, { tags: [] }],
    ['workloads', { workloads: [{ id: 'other', kind: 'JOB' }] }, { workloads: [{ id: 'other', kind: 'JOB' }] }],
    ['no workloads', { workloads: [] }, { workloads: [] }],
    ['tagMatchCondition', { tagMatchCondition: 'OR' }, { tagMatchCondition: 'OR' }],
    ['restricted', { restricted: true }, {}],
    ['nothing', {}, {}],
  ])('that names %s changes nothing else', async (_what, restrictions, changed) => {
    const { id } = await closed();
    const { secretGroup } = await done(app, op('updateSecretGroup'), { id, restrictions });
    expect(secretGroup.restrictions).toEqual({ ...CLOSED, ...changed });
    expect(await seen()).toEqual([]);
  });

  it('opens with `restricted: false` alone, and keeps who was listed', async () => {
    const { id } = await closed();
    const { secretGroup } = await done(app, op('updateSecretGroup'), { id, restrictions: { restricted: false } });
    expect(secretGroup.restrictions).toEqual({ ...CLOSED, restricted: false });
    expect(await seen()).toEqual([`KEY_${count}`]);
    await done(app, op('updateSecretGroup'), { id, restrictions: { restricted: true } });
    expect(await seen()).toEqual([]);
  });

  it.each(['restricted', 'workloads', 'tags', 'tagMatchCondition'])('takes no null for %s', async (name) => {
    const { id } = await closed();
    const restrictions = { [name]: null };
    const [refusal] = await refusals(app, op('updateSecretGroup'), { id, restrictions });
    expect(refusal).toMatch(new RegExp(`^restrictions.${name} `));
    const creation = await refusals(app, op('createSecretGroup'), aGroupInput({ name: 'Null', restrictions }));
    expect(creation[0]).toMatch(new RegExp(`^restrictions.${name} `));
  });
});

describe('case 244: at creation', () => {
  it.each<[string, object | null | undefined, boolean]>([
    ['tags', { tags: ['pay'] }, true],
    ['no tags', { tags: [] }, true],
    ['workloads', { workloads: [{ id: 'payer', kind: 'SERVICE' }] }, true],
    ['the condition', { tagMatchCondition: 'AND' }, true],
    ['lists, and that it is open', { restricted: false, tags: ['pay'] }, false],
    ['nothing', {}, false],
    ['null', null, false],
    ['absent', undefined, false],
  ])('restrictions with %s', async (what, restrictions, expected) => {
    const input = aGroupInput({ name: `New ${what.replaceAll(/\W/g, '')}`, restrictions });
    for (const name of ['createSecretGroup', 'putSecretGroup']) {
      const { secretGroup } = await done(app, op(name), { ...input, name: `${name} ${what.replaceAll(/\W/g, '')}` });
      expect(secretGroup.restrictions.restricted).toBe(expected);
      await done(app, groupOp('deleteSecretGroup'), { id: secretGroup.id });
    }
  });
});

describe('case 244: a put of a restricted group', () => {
  it('must name its restrictions', async () => {
    await closed();
    const input = aGroupInput({ name: `Closed ${count}` });
    for (const restrictions of [undefined, null]) {
      expect(await refusals(app, op('putSecretGroup'), { ...input, restrictions })).toEqual(['restrictions required']);
    }
    const { secretGroup } = await done(app, op('putSecretGroup'), { ...input, restrictions: { tags: ['pay'] } });
    expect(secretGroup.restrictions).toMatchObject({ restricted: true, tags: ['pay'], workloads: [] });
    await done(app, op('putSecretGroup'), { ...input, restrictions: { restricted: false } });
    await done(app, op('putSecretGroup'), input);
  });

  it('is the conflict of any taken id for whoever may not list it', async () => {
    await closed();
    const grants = [
      { resources: ['PROJECT'], verbs: ['LIST'] },
      { resources: ['SECRET_GROUP'], verbs: ['LIST', 'WRITE', 'MANAGE_RESTRICTIONS'], types: ['CONFIG'] },
    ];
    await run(app, operation('createRole', ''), { name: 'Config Writer', grants });
    const token = await app.token('config-writer');
    const input = aGroupInput({ name: `Closed ${count}`, type: 'CONFIG' });
    const answers = [
      await run(app, op('putSecretGroup'), input, token),
      await run(app, op('putSecretGroup'), { ...input, restrictions: CLOSED }, token),
    ];
    expect(answers.map(codeOf)).toEqual(['CONFLICT', 'CONFLICT']);
  });
});

it('case 244: every object within an input that changes something is looked at here', () => {
  const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
  const nested = Object.values(schema.getTypeMap())
    .filter((type): type is GraphQLInputObjectType => isInputObjectType(type) && type.name.startsWith('Update'))
    .flatMap((type) =>
      Object.values(type.getFields()).flatMap((field) => {
        const inner = isNonNullType(field.type) ? field.type.ofType : field.type;
        return !isListType(inner) && isInputObjectType(inner) ? [`${type.name}.${field.name}`] : [];
      }),
    );
  expect(nested.sort()).toEqual(['UpdateGlobalSecretInput.gitops', 'UpdateSecretGroupInput.restrictions']);
});
