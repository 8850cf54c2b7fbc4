import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  aGroup,
  aGroupInput,
  aProject,
  aServiceInput,
  CANARY,
  codeOf,
  done,
  groupOp,
  operation,
  PUT_SERVICE,
  run,
} from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
let developer: string;
beforeAll(async () => {
  app = await startApp();
  await aProject(app);
  developer = await app.token('developer');
});
afterAll(() => app.close());

describe('case 28: tags that open a restriction', () => {
  it('need the right to restrict that group', async () => {
    const restrictions = { restricted: true, tags: ['vault'] };
    await aGroup(app, { name: 'vaulted', restrictions });
    await aGroup(app, {
      name: 'vaulted config',
      type: 'CONFIG',
      restrictions: { restricted: true, tags: ['open', 'too'], tagMatchCondition: 'AND' },
    });
    const put = async (over: object, token: string) =>
      codeOf(await run(app, PUT_SERVICE, aServiceInput({ id: 'climber', ...over }), token));
    const message = (await run(app, PUT_SERVICE, aServiceInput({ id: 'climber', tags: ['vault'] }), developer)).message;
    expect(message).toBe('These tags would let the workload into a restricted group');
    expect(await put({ tags: ['other'] }, developer)).toBe('OK');
    expect(await put({ tags: ['other', 'vault'] }, developer)).toBe('FORBIDDEN');
    expect(await put({ tags: ['open', 'too'] }, developer)).toBe('OK');
    expect(await put({ tags: ['vault'] }, await app.token('operator'))).toBe('OK');
    // It is in already: keeping the tag asks for nothing, coming back does.
    expect(await put({ tags: ['vault'], name: 'Renamed' }, developer)).toBe('OK');
    expect(await put({ tags: [] }, developer)).toBe('OK');
    expect(await put({ tags: ['vault'] }, developer)).toBe('FORBIDDEN');
  });
});

describe('case 31: retyping without the right to read', () => {
  it('makes secrets of configuration, never the other way, by no mutation', async () => {
    await done(app, operation('createRole', ''), {
      name: 'Blind Retyper',
      grants: [
        { resources: ['PROJECT'], verbs: ['LIST'] },
        {
          resources: ['SECRET_GROUP'],
          verbs: ['LIST', 'LIST_KEYS', 'WRITE', 'CHANGE_TYPE', 'MANAGE_RESTRICTIONS', 'LINK'],
        },
        { resources: ['SECRET_GROUP'], verbs: ['READ'], types: ['CONFIG'] },
      ],
    });
    const token = await app.token('blind-retyper');
    const { id } = await aGroup(app, { name: 'to and fro', type: 'CONFIG' });
    const by = async (name: string, input: object) => codeOf(await run(app, groupOp(name), input, token));
    expect(await by('updateSecretGroup', { id, type: 'SECRET' })).toBe('OK');
    expect(await by('setSecretGroupVariable', { id, name: 'A', value: CANARY })).toBe('OK');
    expect(await by('updateSecretGroup', { id, type: 'CONFIG' })).toBe('FORBIDDEN');
    expect(await by('rollbackSecretGroup', { id, revision: 1 })).toBe('FORBIDDEN');
    expect(await by('putSecretGroup', aGroupInput({ name: 'to and fro', type: 'CONFIG' }))).toBe('FORBIDDEN');
    expect(await by('rollbackSecretGroup', { id, revision: 2 })).toBe('OK');
  });
});

describe('case 32: what was configuration and is a secret now', () => {
  it('is kept from those who could read it then: revisions, roll back, time travel', async () => {
    const group = await aGroup(app, { name: 'retyped', type: 'CONFIG', variables: [{ name: 'R', value: CANARY }] });
    await done(app, PUT_SERVICE, aServiceInput({ id: 'traveller' }));
    const query = `query ($id: ID!, $at: SafeInt) { node(id: $id) { ... on SecretGroup { revisions { nodes { revision variables { value masked } } } } }
      project(slug: "default-project") { service(id: "traveller") { environment(at: $at) { seq digest variable(name: "R") { value masked type } } } } }`;
    const before = await app.gql(query, { id: group.id }, developer);
    const { seq, digest, variable } = before.data.project.service.environment;
    const whole = (await app.gql(query, { id: group.id })).data.project.service.environment.digest;
    expect(variable).toEqual({ value: CANARY, masked: false, type: 'CONFIG' });
    await done(app, groupOp('updateSecretGroup'), { id: group.id, type: 'SECRET' });
    const after = await app.gql(query, { id: group.id, at: seq }, developer);
    expect(JSON.stringify(after)).not.toContain(CANARY);
    expect(after.data.project.service.environment).toMatchObject({ seq, variable: { value: null, masked: true } });
    // The outcome of then has the digest of then for those who see it whole, and another one for others.
    expect(after.data.project.service.environment.digest).not.toBe(digest);
    const asOwner = await app.gql(query, { id: group.id, at: seq });
    expect(asOwner.data.project.service.environment.digest).toBe(whole);
    expect(asOwner.data.project.service.environment.variable.value).toBe(CANARY);
    expect(codeOf(await run(app, groupOp('rollbackSecretGroup'), { id: group.id, revision: 1 }, developer))).toBe(
      'FORBIDDEN',
    );
    // An operator may write secrets, but not make one readable again by going back.
    expect(
      codeOf(
        await run(app, groupOp('rollbackSecretGroup'), { id: group.id, revision: 1 }, await app.token('operator')),
      ),
    ).toBe('FORBIDDEN');
  });

  it('case 33: lists leave out what one may not list, past revisions too', async () => {
    const group = await aGroup(app, { name: 'was secret', variables: [{ name: 'R', value: CANARY }] });
    await done(app, groupOp('updateSecretGroup'), { id: group.id, type: 'CONFIG', variables: [] });
    await done(app, operation('createRole', ''), {
      name: 'Config Role',
      grants: [{ resources: ['PROJECT', 'SECRET_GROUP'], verbs: ['LIST', 'LIST_KEYS', 'READ'], types: ['CONFIG'] }],
    });
    const token = await app.token('config-role');
    const query = 'query ($id: ID!) { node(id: $id) { ... on SecretGroup { revisions { nodes { revision type } } } } }';
    const { data, errors } = await app.gql(query, { id: group.id }, token);
    expect(errors).toBeUndefined();
    expect(data.node.revisions.nodes).toEqual([{ revision: 2, type: 'CONFIG' }]);
    const listed = await app.gql('{ project(slug: "default-project") { secretGroups { nodes { type } } } }', {}, token);
    expect(new Set(listed.data.project.secretGroups.nodes.map(({ type }: { type: string }) => type))).toEqual(
      new Set(['CONFIG']),
    );
  });
});
