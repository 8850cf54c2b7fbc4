import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aGlobal, globalIdOf, globalOp } from '../support/globals.ts';
import {
  aGroup,
  aGroupInput,
  aProject,
  aServiceInput,
  base64,
  codeOf,
  done,
  groupOp,
  operation,
  PUT_JOB,
  PUT_SERVICE,
  run,
} from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

/** Case 246: whoever writes a reference to a global secret needs `link` on it. */
let app: TestApp;
let local: string;
let developer: string;
let operator: string;

const ALL = [
  'LIST',
  'LIST_KEYS',
  'READ',
  'WRITE',
  'DELETE',
  'MANAGE_RESTRICTIONS',
  'CHANGE_TYPE',
  'LINK',
  'RESOLVE',
  'RESTART',
];
const secretRef = '${secrets.vault.values.db.password}';
const configRef = '${secrets.shared.values.region}';
const noneRef = '${secrets.never-was.values.x}';
const refs = [
  ['one of type secret', secretRef],
  ['one of type config', configRef],
  ['one that never was', noneRef],
  ['one that was deleted', '${secrets.gone.values.x}'],
  ['one by a path that it has not', '${secrets.vault.values.nothing}'],
  ['one by no path at all', '${secrets.vault.values.a["b"]c}'],
] as const;

beforeAll(async () => {
  app = await startApp();
  await aProject(app);
  await aGlobal(app, { name: 'Vault', values: { db: { password: 'VaultCanary81x' } } });
  await aGlobal(app, { name: 'Shared', type: 'CONFIG', values: { region: 'north' } });
  await aGlobal(app, { name: 'Gone', values: { x: '1' } });
  await done(app, globalOp('deleteGlobalSecret', 'id'), { id: globalIdOf('gone') });
  const grants = [{ resources: ['PROJECT', 'WORKLOAD', 'SECRET_GROUP'], verbs: ALL, projects: ['default-project'] }];
  await done(app, operation('createRole', ''), { name: 'One Project', grants });
  local = await app.token('one-project');
  developer = await app.token('developer');
  operator = await app.token('operator');
});
afterAll(() => app.close());

let count = 0;
const fresh = (): string => {
  count += 1;
  return `Group ${count}`;
};
const file = (text: string) => ({ path: '/f', data: base64(text) });
const mount = (text: string) => ({ name: 'm', data: base64(text) });
type Write = (text: string, token: string) => Promise<{ readonly code?: string; readonly message?: string }>;

/** Every way to write a text that may hold a reference. */
const WAYS: Readonly<Record<string, Write>> = {
  'createSecretGroup variables': (value, token) =>
    run(
      app,
      groupOp('createSecretGroup', 'id'),
      aGroupInput({ name: fresh(), type: 'CONFIG', variables: [{ name: 'A', value }] }),
      token,
    ),
  'createSecretGroup files': (text, token) =>
    run(
      app,
      groupOp('createSecretGroup', 'id'),
      aGroupInput({ name: fresh(), type: 'CONFIG', files: [file(text)] }),
      token,
    ),
  'putSecretGroup mounts': (text, token) =>
    run(
      app,
      groupOp('putSecretGroup', 'id'),
      aGroupInput({ name: fresh(), type: 'CONFIG', dockerSecretMounts: [mount(text)] }),
      token,
    ),
  'putSecretGroup over one that is there': async (value, token) => {
    const { name } = await existing();
    return run(
      app,
      groupOp('putSecretGroup', 'id'),
      aGroupInput({ name, type: 'CONFIG', variables: [{ name: 'A', value }] }),
      token,
    );
  },
  updateSecretGroup: async (value, token) => {
    const { id } = await existing();
    return run(app, groupOp('updateSecretGroup', 'id'), { id, variables: [{ name: 'A', value }] }, token);
  },
  setSecretGroupVariable: async (value, token) => {
    const { id } = await existing();
    return run(app, groupOp('setSecretGroupVariable', 'id'), { id, name: 'A', value }, token);
  },
  setSecretGroupFile: async (text, token) => {
    const { id } = await existing();
    return run(app, groupOp('setSecretGroupFile', 'id'), { id, file: file(text) }, token);
  },
  setSecretGroupDockerSecretMount: async (text, token) => {
    const { id } = await existing();
    return run(app, groupOp('setSecretGroupDockerSecretMount', 'id'), { id, mount: mount(text) }, token);
  },
  rollbackSecretGroup: async (value, token) => {
    const { id } = await existing();
    await done(app, groupOp('setSecretGroupVariable', 'id'), { id, name: 'A', value });
    await done(app, groupOp('unsetSecretGroupVariable', 'id'), { id, name: 'A' });
    return run(app, groupOp('rollbackSecretGroup', 'id'), { id, revision: 2 }, token);
  },
  restoreSecretGroup: async (value, token) => {
    const { id } = await existing();
    await done(app, groupOp('setSecretGroupVariable', 'id'), { id, name: 'A', value });
    await done(app, groupOp('deleteSecretGroup', 'id'), { id });
    return run(app, groupOp('restoreSecretGroup', 'id'), { id }, token);
  },
};
const WORKLOAD_WAYS: Readonly<Record<string, Write>> = {
  'putService variables': (value, token) =>
    run(app, PUT_SERVICE, aServiceInput({ variables: [{ name: 'A', value }] }), token),
  'putService buildFiles': (text, token) => run(app, PUT_SERVICE, aServiceInput({ buildFiles: [file(text)] }), token),
  'putJob buildArguments': (value, token) =>
    run(app, PUT_JOB, aServiceInput({ buildArguments: [{ name: 'A', value }] }), token),
  'putJob files': (text, token) => run(app, PUT_JOB, aServiceInput({ files: [file(text)] }), token),
  restoreService: async (value, token) => {
    await done(app, PUT_SERVICE, aServiceInput({ id: 'again', variables: [{ name: 'A', value }] }));
    const at = { project: 'default-project', id: 'again' };
    await done(app, operation('deleteService', ''), at);
    const restored = await run(app, operation('restoreService', ''), at, token);
    if (codeOf(restored) !== 'OK') await done(app, operation('restoreService', ''), at);
    return restored;
  },
};
const existing = async () => {
  const name = fresh();
  return { name, ...(await aGroup(app, { name, type: 'CONFIG', variables: [{ name: 'KEPT', value: 'k' }] })) };
};

describe.each(Object.entries({ ...WAYS, ...WORKLOAD_WAYS }))('case 246: %s', (_name, write) => {
  it('answers every reference of a role of one project in the same way', async () => {
    const answers = [];
    for (const [, text] of refs) answers.push(await write(`x ${text}`, local));
    expect(answers[0]).toMatchObject({ code: 'FORBIDDEN' });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(codeOf((await write('${OTHER} $${secrets.vault.values.x}', local)) as never)).toBe('OK');
  });

  it('is for those with `link` on its type', async () => {
    expect(codeOf((await write(secretRef, app.owner)) as never)).toBe('OK');
    expect(codeOf((await write(noneRef, operator)) as never)).toBe('OK');
    expect(codeOf((await write(secretRef, operator)) as never)).toBe('OK');
  });
});

describe.each(Object.entries(WAYS))('case 246: %s by a developer', (_name, write) => {
  it('takes configuration and refuses secrets, and what could become one', async () => {
    expect(codeOf((await write(configRef, developer)) as never)).toBe('OK');
    for (const text of [secretRef, noneRef]) expect((await write(text, developer)).code).toBe('FORBIDDEN');
  });
});

it('case 246: asks for nothing that was there before', async () => {
  const { id } = await aGroup(app, {
    name: fresh(),
    type: 'CONFIG',
    variables: [{ name: 'A', value: secretRef }],
    files: [file(secretRef)],
  });
  await done(app, groupOp('setSecretGroupVariable', 'id'), { id, name: 'A', value: `more ${secretRef}` }, local);
  await done(app, groupOp('updateSecretGroup', 'id'), { id, priority: 3 }, local);
  const moved = await run(app, groupOp('setSecretGroupVariable', 'id'), { id, name: 'B', value: secretRef }, local);
  expect(moved.code).toBe('FORBIDDEN');
});

describe('deleting a global secret', () => {
  const remove = (slug: string, token = app.owner, more: object = {}) =>
    run(app, globalOp('deleteGlobalSecret', 'id'), { id: globalIdOf(slug), ...more }, token);

  it('is refused while anything refers to it, naming what the caller may list', async () => {
    await aGlobal(app, { name: 'Used', type: 'CONFIG', values: { a: '1' } });
    await aProject(app, 'Elsewhere');
    const value = '${secrets.used.values.a}';
    await aGroup(app, { name: 'User Here', type: 'CONFIG', variables: [{ name: 'A', value }] });
    await aGroup(app, { name: 'Secret User', project: 'elsewhere', files: [file(value)] });
    await done(app, PUT_JOB, aServiceInput({ project: 'elsewhere', id: 'drawing', variables: [{ name: 'A', value }] }));
    const told = await remove('used');
    expect(told.code).toBe('CONFLICT');
    expect(told.message).toContain('secret group default-project/user-here');
    expect(told.message).toContain('secret group elsewhere/secret-user');
    expect(told.message).toContain('job elsewhere/drawing');

    const grants = [
      { resources: ['GLOBAL_SECRET'], verbs: ['LIST', 'DELETE'] },
      { resources: ['PROJECT', 'SECRET_GROUP'], verbs: ['LIST'], types: ['CONFIG'], projects: ['default-project'] },
    ];
    await done(app, operation('createRole', ''), { name: 'Deleter', grants });
    const less = await remove('used', await app.token('deleter'));
    expect(less.message).toBe(
      'These refer to it: secret group default-project/user-here; `force: true` deletes it all the same',
    );
    await done(app, operation('createRole', ''), { name: 'Blind Deleter', grants: grants.slice(0, 1) });
    const blind = await remove('used', await app.token('blind-deleter'));
    expect(blind).toMatchObject({
      code: 'CONFLICT',
      message: 'Something refers to it; `force: true` deletes it all the same',
      existing: null,
    });
    expect(codeOf(await remove('used', app.owner, { force: true }))).toBe('OK');
  });

  it('is taken when nothing does, or what did is gone', async () => {
    await aGlobal(app, { name: 'Unused', type: 'CONFIG', values: { a: '1' } });
    const { id } = await aGroup(app, {
      name: fresh(),
      variables: [{ name: 'A', value: '${secrets.unused.values.a}' }],
    });
    await aGroup(app, { name: fresh(), variables: [{ name: 'A', value: '$${secrets.unused.values.a}' }] });
    expect(codeOf(await remove('unused'))).toBe('CONFLICT');
    await done(app, groupOp('deleteSecretGroup', 'id'), { id });
    expect(codeOf(await remove('unused'))).toBe('OK');
  });

  it('never passes a reference that is being written', async () => {
    for (let i = 0; i < 5; i += 1) {
      const slug = `raced-${i}`;
      await aGlobal(app, { name: slug, values: { a: '1' } });
      const [removed, written] = await Promise.all([
        remove(slug),
        run(
          app,
          groupOp('createSecretGroup', 'id'),
          aGroupInput({ name: fresh(), variables: [{ name: 'A', value: `\${secrets.${slug}.values.a}` }] }),
          operator,
        ),
      ]);
      // Written after it was gone is a reference to nothing, which takes no more than that of an operator.
      if (codeOf(written) === 'OK' && codeOf(removed) === 'OK')
        expect(removed.commit.seq).toBeLessThan(written.commit.seq);
    }
  });
});
