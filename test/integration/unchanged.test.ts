import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MUTATIONS, operationOf } from '../support/mutations.ts';
import { schema } from '../support/schema.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

/** Case 240: what says nothing new is no commit; what gives a value is always one, or its absence would tell that a guess was right. */
let app: TestApp;
beforeAll(async () => {
  app = await startApp({ limits: { ratePoints: 0 } });
});
afterAll(() => app.close());

type Input = Readonly<Record<string, unknown>>;
type Pick = (prepared: Input) => Input;

const of =
  (over: Input): Pick =>
  ({ id }) => ({ id, ...over });
const inPlace: Pick = ({ project, id }) => ({ project, id, name: 'Named So', tags: ['a'], stageId: 'stage' });

/** By mutation: an input without a value, made of the one in `MUTATIONS`. null: every input of it brings a value. */
const PLAIN: Readonly<Record<string, Pick | null>> = {
  updateProject: of({ name: 'Another Name', description: 'other' }),
  updateTag: of({ description: 'other' }),
  updateRole: of({ name: 'Another', grants: [{ resources: ['TAG'], verbs: ['LIST'] }] }),
  putService: inPlace,
  putJob: inPlace,
  putSecretGroup: ({ project }) => ({
    project,
    name: 'No Values',
    secretType: 'ENVIRONMENT',
    priority: 3,
    tags: ['x'],
  }),
  updateSecretGroup: of({
    description: 'other',
    priority: 50,
    tags: ['b', 'a'],
    restrictions: { restricted: true, tags: ['t'] },
  }),
  linkAddon: of({ link: { addon: 'another', keys: [{ keyName: 'a', aliases: ['B'] }] } }),
  putGlobalSecret: null,
  updateGlobalSecret: of({ description: 'other' }),
  updateAddon: of({ name: 'Another', description: 'other' }),
  updateExternalAddon: of({ name: 'Another', description: 'other' }),
  updateApp: of({ name: 'Another App' }),
  updateEnvironment: of({ name: 'Other', order: 7 }),
  updateAppSecret: of({ purposeType: 'OTHER' }),
  putVcsAccount: null,
  updateVcsAccount: of({ sensitivity: 'SECRET' }),
  putDeployWebhook: null,
};
const WITH_VALUES = [
  'setSecretGroupVariable',
  'setSecretGroupFile',
  'setSecretGroupDockerSecretMount',
  'setAppSecretValue',
];

const head = async (): Promise<number> => (await app.store.head(['default']))?.seq ?? 0;

async function send(name: string, input: Input): Promise<number> {
  const { data, errors } = await app.gql(operationOf(name), { input });
  if (data?.result?.commit === undefined) throw new Error(JSON.stringify({ name, input, data, errors }));
  return data.result.commit.seq;
}

const caseOf = (name: string) => {
  const found = MUTATIONS.find((each) => each.name === name);
  if (!found) throw new Error(`no case for ${name}`);
  return found;
};

const without = ({
  idempotencyKey: _key,
  expectedRevision: _revision,
  ...rest
}: Input & Record<string, unknown>): Input => rest;

it('every mutation that changes what is there is in the table', () => {
  const names = Object.keys(schema.getMutationType()?.getFields() ?? {});
  const changing = names.filter((name) => /^(update|put|link)/.test(name));
  expect(changing.filter((name) => !(name in PLAIN))).toEqual([]);
});

describe('said again without a value', () => {
  it.each(Object.entries(PLAIN).flatMap(([name, pick], i) => (pick ? [[name, pick, i] as const] : [])))(
    '%s writes nothing, and answers the commit that stands',
    async (name, pick, i) => {
      const input = pick(without((await caseOf(name).prepare(app, 2_000 + i)) as Input));
      const first = await send(name, input);
      expect(await head()).toBe(first);
      expect(await send(name, input)).toBe(first);
      expect(await head()).toBe(first);
      // Whoever else writes meanwhile makes no difference.
      await send('createTag', { name: `meanwhile-${i}` });
      expect(await send(name, input)).toBe(first);
      expect(await head()).toBe(first + 1);
    },
  );
});

describe('a value that is given again', () => {
  it.each(
    [
      ...Object.keys(PLAIN).filter((name) => PLAIN[name] === null),
      ...WITH_VALUES,
      'updateSecretGroup',
      'updateAddon',
    ].map((name, i) => [name, i] as const),
  )('is a commit: %s', async (name, i) => {
    const input = without((await caseOf(name).prepare(app, 3_000 + i)) as Input);
    const first = await send(name, input);
    expect(await send(name, input)).toBeGreaterThan(first);
    expect(await head()).toBeGreaterThan(first);
  });

  it('is one also among plain fields', async () => {
    const { id } = (await caseOf('updateSecretGroup').prepare(app, 4_000)) as Input;
    const input = { id, description: 'the same', variables: [{ name: 'A', value: 'a' }] };
    const first = await send('updateSecretGroup', input);
    expect(await send('updateSecretGroup', input)).toBe(first + 1);
  });
});
