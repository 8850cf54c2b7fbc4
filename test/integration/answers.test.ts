import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import { counting } from '../support/counting.ts';
import { aGroupInput, aProject, aServiceInput, environmentOf, groupOp, PUT_SERVICE, run } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const REVOKE = `mutation ($input: RevokeTokenInput!) { result: revokeToken(input: $input) { __typename } }`;
const VIEWER = '{ viewer { name role { slug } } }';

describe('answers given again', () => {
  let app: TestApp;
  let calls: Readonly<Record<string, number>>;
  let id: string;
  const change = (value: string) => run(app, groupOp('setSecretGroupVariable', 'id'), { id, name: 'A', value });

  beforeAll(async () => {
    app = await startApp({
      open: ({ mac }) => {
        const counted = counting(openMemoryStore({ mac }));
        calls = counted.calls;
        return counted.port;
      },
    });
    await aProject(app);
    const variables = [{ name: 'A', value: 'one' }];
    id = (await run(app, groupOp('createSecretGroup'), aGroupInput({ variables }))).secretGroup.id;
    await run(app, PUT_SERVICE, aServiceInput());
  });
  afterAll(() => app.close());

  it('are the same, byte for byte, and cost one store call', async () => {
    const first = await environmentOf(app);
    const before = { ...calls };
    expect(await environmentOf(app)).toEqual(first);
    expect({ ...calls }).toEqual({ ...before, lineage: (before.lineage ?? 0) + 1 });
  });

  it('are made anew after any commit', async () => {
    expect((await environmentOf(app)).variables[0].value).not.toBe('two');
    await change('two');
    expect((await environmentOf(app)).variables[0].value).toBe('two');
  });

  it('are never given to another caller', async () => {
    const reader = await app.token('reader');
    const auditor = await app.token('auditor');
    expect((await environmentOf(app, undefined, {}, reader)).variables[0].masked).toBe(false);
    expect((await environmentOf(app, undefined, {}, auditor)).variables[0]).toMatchObject({
      masked: true,
      value: null,
    });
    expect((await app.gql(VIEWER, {}, reader)).data.viewer.role.slug).toBe('reader');
    expect((await app.gql(VIEWER, {}, auditor)).data.viewer.role.slug).toBe('auditor');
  });

  it('are not given to a token that was revoked in between', async () => {
    const reader = await app.token('reader');
    expect((await app.gql(VIEWER, {}, reader)).status).toBe(200);
    const { data } = await app.gql('{ tokens { id name } }');
    const token = data.tokens.at(-1);
    for (const each of data.tokens) if (each.name !== 'owner') await run(app, REVOKE, { id: each.id });
    expect(token).toBeDefined();
    expect((await app.gql(VIEWER, {}, reader)).status).toBe(401);
  });

  it('are not kept of mutations: the same one runs again', async () => {
    const [first, second] = [await change('three'), await change('three')];
    expect(second.commit.seq).toBe(first.commit.seq + 1);
  });

  it('are not kept when the operator says so', async () => {
    const plain = await startApp({ answerCacheBytes: 0 });
    expect((await plain.gql(VIEWER)).data.viewer.name).toBe('owner');
    expect((await plain.gql(VIEWER)).data.viewer.name).toBe('owner');
    await plain.close();
  });
});
