import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  aGroup,
  aGroupInput,
  aProject,
  aServiceInput,
  done,
  environmentOf,
  groupOp,
  PUT_SERVICE,
  refusals,
} from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const NAMES = ['LD_PRELOAD', 'NODE_OPTIONS', 'PATH', 'BASH_ENV', 'DYLD_INSERT_LIBRARIES', 'GIT_SSH_COMMAND'];
const CREATE = groupOp('createSecretGroup');
const variables = (...names: readonly string[]) => names.map((name) => ({ name, value: 'v' }));
const link = (addon: string, keyName: string, ...aliases: readonly string[]) => ({
  addon,
  keys: [{ keyName, aliases }],
});
const allowDangerousNames = true;

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await aProject(app);
});
afterAll(() => app.close());

describe('case 55: a name that changes what a workload runs', () => {
  it('is refused wherever it comes from, all of them at once', async () => {
    const input = aGroupInput({
      name: 'dangerous',
      variables: variables('FINE', ...NAMES, 'path', 'MY_PATH'),
      addonLinks: [link('db', 'KEY', 'OK', 'PATH'), link('ld', 'PRELOAD')],
    });
    expect(await refusals(app, CREATE, input)).toEqual([
      'addonLinks.0.keys.0.aliases.1 dangerous',
      'addonLinks.1.keys.0.keyName dangerous',
      ...NAMES.map((_name, i) => `variables.${i + 1}.name dangerous`),
    ]);
    const service = aServiceInput({ variables: variables('PATH'), buildArguments: variables('A', 'IFS') });
    expect(await refusals(app, PUT_SERVICE, service)).toEqual([
      'buildArguments.1.name dangerous',
      'variables.0.name dangerous',
    ]);
    const { id } = await aGroup(app, { name: 'plain' });
    const LINK = groupOp('linkAddon');
    expect(await refusals(app, LINK, { id, link: link('db', 'KEY', 'PATH') })).toEqual([
      'link.keys.0.aliases.0 dangerous',
    ]);
    const SET = groupOp('setSecretGroupVariable');
    expect(await refusals(app, SET, { id, name: 'PATH', value: '/evil' })).toEqual(['name dangerous']);
    const UPDATE = groupOp('updateSecretGroup');
    expect(await refusals(app, UPDATE, { id, variables: variables('A', 'PATH') })).toEqual([
      'variables.1.name dangerous',
    ]);
  });

  it('is taken when it is meant, warned of in resolutions, and need not be meant again', async () => {
    const { id } = await aGroup(app, { name: 'meant', variables: variables('PATH', 'FINE'), allowDangerousNames });
    await done(app, groupOp('setSecretGroupVariable'), { id, name: 'IFS', value: ' ', allowDangerousNames });
    await done(app, groupOp('updateSecretGroup'), { id, priority: 11, variables: variables('IFS', 'PATH', 'NEW') });
    await done(app, groupOp('putSecretGroup'), aGroupInput({ name: 'meant', variables: variables('PATH') }));
    await done(app, groupOp('rollbackSecretGroup'), { id, revision: 2 });
    await done(app, groupOp('linkAddon'), { id, link: link('db', 'KEY', 'BASH_ENV'), allowDangerousNames });
    await done(app, PUT_SERVICE, aServiceInput({ variables: variables('NODE_OPTIONS'), allowDangerousNames }));
    await done(app, PUT_SERVICE, aServiceInput({ variables: variables('NODE_OPTIONS', 'B') }));
    const environment = await environmentOf(app);
    expect(environment.warnings).toEqual([
      {
        code: 'DANGEROUS_NAME',
        names: ['IFS', 'NODE_OPTIONS', 'PATH'],
        message: 'These variables change what else the workload runs: IFS, NODE_OPTIONS, PATH',
      },
    ]);
  });
});
