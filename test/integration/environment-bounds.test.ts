import { afterEach, describe, expect, it } from 'vitest';
import {
  aGroup,
  aGroupInput,
  aProject,
  aServiceInput,
  codeOf,
  done,
  groupOp,
  operation,
  PUT_SERVICE,
  run,
} from '../support/makers.ts';
import { type AppOptions, startApp, type TestApp } from '../support/start-app.ts';

/** How large an environment may become: judged at every write that makes it larger, and bounded again when it is resolved. */
let app: TestApp;
afterEach(() => app?.close());

async function started(limits: AppOptions['limits']): Promise<void> {
  app = await startApp({ limits: { ratePoints: 0, ...limits } });
  await aProject(app);
}

const CREATE = groupOp('createSecretGroup', 'id slug');
const texts = (count: number, value: string, prefix = 'V') =>
  Array.from({ length: count }, (_, i) => ({ name: `${prefix}${i}`, value }));
const idOf = (slug: string): string => Buffer.from(`SecretGroup:default-project/${slug}`).toString('base64');
const ENVIRONMENT = `{ project(slug: "default-project") { service(id: "example-service") { environment {
  variables { name value masked error { code path } } } } } }`;
describe('case 236: a write that would make an environment too large', () => {
  it('is refused with the limit, its maximum and the workloads', async () => {
    await started({});
    await done(app, PUT_SERVICE, aServiceInput());
    await done(app, PUT_SERVICE, aServiceInput({ id: 'another' }));
    // 7 MB of references in one group are more than an environment may have.
    const input = aGroupInput({ name: 'huge', variables: texts(112, '${A}x'.repeat(13_000)) });
    const refused = await run(app, CREATE, input);
    expect(refused).toMatchObject({
      __typename: 'LimitExceededError',
      limit: 'references in the environment of service another, service example-service',
      maximum: 100_000,
      actual: 112 * 13_000,
    });
    expect(refused.message).toContain('KEYLOOM_LIMIT_ENVIRONMENT_REFERENCES');
  });

  it.each([
    ['variables', { environmentVariables: 20 }, { variables: texts(6, 'x') }],
    ['bytes of variables', { environmentBytes: 2_000 }, { variables: texts(6, 'x'.repeat(100)) }],
    ['references', { environmentReferences: 20 }, { variables: texts(6, '${A}') }],
    ['files', { environmentFiles: 4 }, { files: [{ path: '/a', data: 'eA==', encoding: 'UTF_8' }] }],
    [
      'bytes of files',
      { environmentFileBytes: 400 },
      { files: [{ path: '/a', data: Buffer.alloc(100).toString('base64'), encoding: 'BINARY' }] },
    ],
  ])('counts %s over all groups of a workload', async (what, limits, holds) => {
    await started(limits);
    await done(app, PUT_SERVICE, aServiceInput());
    const answers: string[] = [];
    for (let i = 0; i < 6; i += 1) {
      const renamed = JSON.parse(JSON.stringify(holds).replaceAll('"V', `"G${i}_`).replaceAll('"/a', `"/a${i}`));
      const made = await run(app, CREATE, aGroupInput({ name: `group ${i}`, ...renamed }));
      answers.push(codeOf(made));
      if (codeOf(made) !== 'OK') expect(made.limit).toBe(`${what} in the environment of service example-service`);
    }
    expect(answers.slice(0, 3)).toEqual(['OK', 'OK', 'OK']);
    expect(answers).toContain('LIMIT_EXCEEDED');
  });

  it('is no concern of groups that no workload inherits, until one does', async () => {
    await started({ environmentVariables: 20 });
    const only = { restricted: true, tags: ['t'] };
    for (let i = 0; i < 5; i += 1) {
      await aGroup(app, { name: `group ${i}`, restrictions: only, variables: texts(6, 'x', `G${i}_`) });
    }
    await done(app, PUT_SERVICE, aServiceInput());
    const tagged = await run(app, PUT_SERVICE, aServiceInput({ tags: ['t'] }));
    expect(tagged).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      limit: 'variables in the environment of service example-service',
    });
    // Nor may a group be opened to it.
    const opened = await run(app, groupOp('updateSecretGroup', 'id'), {
      id: idOf('group-0'),
      restrictions: { restricted: false },
    });
    expect(codeOf(opened)).toBe('OK');
    for (const slug of ['group-1', 'group-2']) {
      await run(app, groupOp('updateSecretGroup', 'id'), { id: idOf(slug), restrictions: { restricted: false } });
    }
    const fourth = await run(app, groupOp('updateSecretGroup', 'id'), {
      id: idOf('group-3'),
      restrictions: { restricted: false },
    });
    expect(codeOf(fourth)).toBe('LIMIT_EXCEEDED');
  });

  it('may make smaller, or leave, what is too large already', async () => {
    await started({});
    await done(app, PUT_SERVICE, aServiceInput());
    await aGroup(app, { name: 'first', variables: texts(30, 'x') });
    const { store } = app;
    const smaller = await startApp({ open: () => store as never, limits: { environmentVariables: 10 } });
    const update = groupOp('updateSecretGroup', 'id');
    const variables = (count: number) =>
      run(smaller, update, { id: idOf('first'), variables: texts(count, 'y') }, app.owner);
    expect(codeOf(await variables(31))).toBe('LIMIT_EXCEEDED');
    expect(codeOf(await variables(30))).toBe('OK');
    expect(codeOf(await variables(29))).toBe('OK');
    expect(codeOf(await variables(30))).toBe('LIMIT_EXCEEDED');
  });

  it.each(['rollback', 'restore'])('is refused by %s as well', async (way) => {
    await started({ environmentVariables: 20 });
    await done(app, PUT_SERVICE, aServiceInput());
    await aGroup(app, { name: 'first', variables: texts(15, 'x') });
    const id = idOf('first');
    if (way === 'rollback') await done(app, groupOp('updateSecretGroup', 'id'), { id, variables: [] });
    else await done(app, groupOp('deleteSecretGroup', 'id'), { id });
    await aGroup(app, { name: 'second', variables: texts(15, 'x', 'W') });
    const back =
      way === 'rollback'
        ? run(app, groupOp('rollbackSecretGroup', 'id'), { id, revision: 1 })
        : run(app, groupOp('restoreSecretGroup', 'id'), { id });
    expect(codeOf(await back)).toBe('LIMIT_EXCEEDED');
  });

  it("leaves half of the room to a workload's own values", async () => {
    await started({ environmentVariables: 20 });
    expect(codeOf(await run(app, PUT_SERVICE, aServiceInput({ variables: texts(11, 'x') })))).toBe('LIMIT_EXCEEDED');
    expect(codeOf(await run(app, PUT_SERVICE, aServiceInput({ variables: texts(10, 'x') })))).toBe('OK');
  });
});

describe('what a refusal tells', () => {
  const ROLE = operation('createRole', 'role { slug }');
  const writer = async (name: string, grants: readonly object[]): Promise<string> => {
    await done(app, ROLE, { name, grants });
    return app.token(name.toLowerCase().replaceAll(' ', '-'));
  };

  it('names no workload that the writer may not list, and not how many there are', async () => {
    await started({ environmentVariables: 20 });
    const said: string[] = [];
    const token = await writer('Groups Only', [
      { resources: ['PROJECT'], verbs: ['LIST'] },
      { resources: ['SECRET_GROUP'], verbs: ['LIST', 'LIST_KEYS', 'READ', 'WRITE'] },
    ]);
    for (const id of ['one', 'two']) {
      await done(app, PUT_SERVICE, aServiceInput({ id }));
      said.push((await run(app, CREATE, aGroupInput({ variables: texts(21, 'x') }), token)).message);
    }
    expect(said[0]).toBe(said[1]);
    expect(said[0]).toContain('the environment of a workload');
  });

  it('measures nothing that the writer may not read', async () => {
    const answers: string[] = [];
    for (const hidden of ['x', 'x'.repeat(60_000), '${A}'.repeat(15_000)]) {
      await started({ environmentBytes: 100_000, environmentReferences: 200 });
      await done(app, PUT_SERVICE, aServiceInput());
      await aGroup(app, { name: 'hidden', type: 'SECRET', variables: texts(20, 'x', 'H') });
      const id = idOf('hidden');
      // Past the limits by the owner's hand, in a gateway with larger ones.
      const large = await startApp({ open: () => app.store as never });
      await done(large, groupOp('setSecretGroupVariable', 'id'), { id, name: 'H0', value: hidden }, app.owner);
      const token = await app.token('developer');
      const seen: unknown[] = [];
      for (const [i, count] of [30, 60, 90].entries()) {
        const input = aGroupInput({ name: `mine ${i}`, type: 'CONFIG', variables: texts(count, '${B} y', `M${i}_`) });
        const { message, code, actual } = await run(app, CREATE, input, token);
        seen.push([message, code, actual]);
      }
      answers.push(JSON.stringify(seen));
      await app.close();
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('LIMIT_EXCEEDED');
  });
});

describe('when it is resolved', () => {
  it('references are bounded by the type of their source, and the error is masked like a value', async () => {
    await started({});
    await done(app, PUT_SERVICE, aServiceInput());
    await aGroup(app, { name: 'secrets', type: 'SECRET', variables: texts(4, '${A}${B}', 'S') });
    await aGroup(app, {
      name: 'plain',
      type: 'CONFIG',
      variables: [...texts(2, '${A}', 'C'), { name: 'A', value: 'a' }],
    });
    const narrow = await startApp({ open: () => app.store as never, limits: { environmentReferences: 5 } });
    const seenBy = async (token: string) =>
      (await narrow.gql(ENVIRONMENT, {}, token)).data.project.service.environment.variables as readonly {
        name: string;
        value: string | null;
        error: { code: string } | null;
      }[];
    const all = new Map((await seenBy(app.owner)).map((each) => [each.name, each]));
    expect([all.get('S0')?.value, all.get('S1')?.value]).toEqual(['a${B}', 'a${B}']);
    expect([all.get('S2')?.error?.code, all.get('S3')?.error?.code]).toEqual(['TOO_LARGE', 'TOO_LARGE']);
    // Configuration has a room of its own: what one may see does not tell how much there is of what one may not.
    expect([all.get('C0')?.value, all.get('C1')?.value]).toEqual(['a', 'a']);
    const developer = new Map((await seenBy(await app.token('developer'))).map((each) => [each.name, each]));
    for (const name of ['S0', 'S1', 'S2', 'S3']) {
      expect(developer.get(name)).toMatchObject({ value: null, masked: true, error: null });
    }
    expect(developer.get('C1')?.value).toBe('a');
  });

  it('what is past the limit is not scanned: six groups of 7 MB of references cost what is within it', async () => {
    await started({ environmentReferences: 10_000_000, environmentBytes: 100_000_000 });
    await done(app, PUT_SERVICE, aServiceInput());
    for (let i = 0; i < 6; i += 1) {
      await aGroup(app, { name: `group ${i}`, type: 'CONFIG', variables: texts(11, '${A}x'.repeat(13_000), `G${i}_`) });
    }
    const usual = await startApp({ open: () => app.store as never });
    const { data } = await usual.gql(ENVIRONMENT, {}, app.owner);
    const codes = data.project.service.environment.variables.map(
      (each: { error: { code: string } | null }) => each.error?.code ?? 'none',
    );
    // 100,000 references are the first seven texts, which have more steps than one result may have.
    expect(codes.filter((code: string) => code === 'TOO_MANY_STEPS')).toHaveLength(7);
    expect(codes.filter((code: string) => code === 'TOO_LARGE')).toHaveLength(59);
  });
});
