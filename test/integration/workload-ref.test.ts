import { isInputObjectType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aGroupInput, aProject, aServiceInput, groupOp, PUT_SERVICE, run } from '../support/makers.ts';
import { schema } from '../support/schema.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const FIELDS = '... on InvalidInputError { fields { path rule } }';
const CREATE_GROUP = `mutation ($input: CreateSecretGroupInput!) { result: createSecretGroup(input: $input) { __typename
  ... on CreateSecretGroupPayload { secretGroup { restrictions { workloads { kind id } } } commit { seq } } ${FIELDS} } }`;
const UPDATE_GROUP = `mutation ($input: UpdateSecretGroupInput!) { result: updateSecretGroup(input: $input) { __typename ${FIELDS} } }`;
const CREATE_TOKEN = `mutation ($input: CreateTokenInput!) { result: createToken(input: $input) { __typename
  ... on CreateTokenPayload { token { workload { project id } } } ${FIELDS} } }`;
const ACKNOWLEDGE = `mutation ($input: AcknowledgeEnvironmentInput!) { result: acknowledgeEnvironment(input: $input) { __typename ${FIELDS} } }`;
const LISTEN = (name: string, scope: string) => `subscription ($workload: WorkloadRefInput!) {
  ${name}(project: "default-project", workload: $workload ${scope}) { __typename } }`;

const OWN = { kind: 'SERVICE', id: 'example-service' };
const NAMED = { ...OWN, project: 'default-project' };
const ELSEWHERE = { ...OWN, project: 'another-project' };
const refused = (...path: string[]) => ({ __typename: 'InvalidInputError', fields: [{ path, rule: 'project' }] });

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await aProject(app);
  await run(app, PUT_SERVICE, aServiceInput());
});
afterAll(() => app.close());

describe('a workload that is named where its project is known', () => {
  it('may name that project, which is not kept a second time', async () => {
    const made = await run(app, CREATE_GROUP, aGroupInput({ restrictions: { workloads: [NAMED] } }));
    expect(made.secretGroup.restrictions.workloads).toEqual([OWN]);
    const input = { project: 'default-project', workload: NAMED, seq: made.commit.seq };
    expect((await run(app, ACKNOWLEDGE, input)).__typename).toBe('AcknowledgeEnvironmentPayload');
  });

  it('is refused in another one, by its place', async () => {
    const restrictions = { workloads: [{ kind: 'JOB', id: 'a' }, ELSEWHERE] };
    const place = ['restrictions', 'workloads', '1', 'project'];
    expect(await run(app, CREATE_GROUP, aGroupInput({ name: 'Another', restrictions }))).toEqual(refused(...place));
    const group = await run(app, groupOp('createSecretGroup'), aGroupInput({ name: 'A third' }));
    expect(await run(app, UPDATE_GROUP, { id: group.secretGroup.id, restrictions })).toEqual(refused(...place));
    const input = { project: 'default-project', workload: ELSEWHERE, seq: 1 };
    expect(await run(app, ACKNOWLEDGE, input)).toEqual(refused('workload', 'project'));
  });

  it.each([
    ['environmentChanged', ', scope: RUNTIME'],
    ['restartRequested', ''],
  ])('is refused by %s', async (name, scope) => {
    const response = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      // One that is not refused would stay open.
      signal: AbortSignal.timeout(20_000),
      headers: {
        authorization: `Bearer ${app.owner}`,
        'content-type': 'application/json',
        accept: 'text/event-stream',
      },
      body: JSON.stringify({ query: LISTEN(name, scope), variables: { workload: ELSEWHERE } }),
    });
    const text = await response.text();
    expect(text).toContain('INVALID_INPUT');
    expect(text).toContain('workload.project');
  });
});

it('a token is bound to a workload of a project that is named', async () => {
  const input = { name: 'bound', kind: 'DEPENDENT', role: 'dependent' };
  expect(await run(app, CREATE_TOKEN, { ...input, workload: OWN })).toMatchObject({
    __typename: 'InvalidInputError',
    fields: [{ path: ['workload', 'project'] }],
  });
  const { token } = await run(app, CREATE_TOKEN, { ...input, workload: NAMED });
  expect(token.workload).toEqual({ project: 'default-project', id: 'example-service' });
});

describe('the id of a workload', () => {
  it('is an ID wherever it is given, so that what one answer holds fits into the next question', () => {
    const given = Object.values(schema.getTypeMap()).flatMap((type) => {
      if (isInputObjectType(type)) return Object.values(type.getFields());
      return isObjectType(type) ? Object.values(type.getFields()).flatMap(({ args }) => args) : [];
    });
    const ids = given.filter(({ name, description }) => name === 'id' && description?.startsWith("The platform's id"));
    expect(ids.length).toBeGreaterThan(8);
    expect(ids.filter(({ type }) => String(type) !== 'ID!')).toEqual([]);
  });

  it('is declared so by what people send', async () => {
    const query = `query Runtime($project: Slug!, $service: ID!) { project(slug: $project) { service(id: $service) {
      environment(scope: RUNTIME) { seq digest variables { name value masked source { __typename
        ... on SecretGroupSource { group { slug } } } } unresolved { name reference reason } } } } }`;
    const { data, errors } = await app.gql(query, { project: 'default-project', service: 'example-service' });
    expect([errors, typeof data?.project.service.environment.digest]).toEqual([undefined, 'string']);
  });
});
