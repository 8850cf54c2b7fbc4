import type { TestApp } from './start-app.ts';

/** Inputs and operations that tests share. */

export const aGroupInput = (over: object = {}) => ({
  project: 'default-project',
  name: 'Example Secret',
  secretType: 'ENVIRONMENT_ARGUMENTS',
  priority: 10,
  ...over,
});

export const aServiceInput = (over: object = {}) => ({
  project: 'default-project',
  id: 'example-service',
  name: 'Example Service',
  ...over,
});

const EXPECTED = `... on Error { code message } ... on InvalidInputError { fields { path rule message } }
  ... on ConflictError { existing currentRevision }`;
const FAILURES = `${EXPECTED} ... on LimitExceededError { limit maximum actual }`;

export const CREATE_PROJECT = `mutation ($input: CreateProjectInput!) { createProject(input: $input) {
  __typename ... on CreateProjectPayload { project { id slug revision } commit { seq } } ${EXPECTED} } }`;

const groupMutation = (name: string, fields: string): string => {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return `mutation ($input: ${type}Input!) { result: ${name}(input: $input) {
    __typename ... on ${type}Payload { secretGroup { ${fields} } commit { seq operation } } ${FAILURES} } }`;
};

/** Any mutation under the alias `result`, asked for these fields of its payload. */
export const operation = (name: string, fields: string): string => {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return `mutation ($input: ${type}Input!) { result: ${name}(input: $input) {
    __typename ... on ${type}Payload { ${fields} commit { seq operation } } ${EXPECTED} } }`;
};

export const base64 = (text: string): string => Buffer.from(text).toString('base64');

export const GROUP_FIELDS = `id slug name description stageId tags type secretType priority revision
  restrictions { restricted workloads { id kind } tags tagMatchCondition }
  variables { name value masked } files { path encoding size data masked } dockerSecretMounts { name encoding data masked }
  addonLinks { kind addon required keys { keyName aliases names } }`;

/** Any mutation whose payload has a `secretGroup`. */
export const groupOp = (name: string, fields = GROUP_FIELDS): string => groupMutation(name, fields);

export const PUT_SERVICE = `mutation ($input: PutServiceInput!) { result: putService(input: $input) {
  __typename ... on PutServicePayload { service { id revision tags } commit { seq } } ${FAILURES} } }`;
export const PUT_JOB = `mutation ($input: PutJobInput!) { result: putJob(input: $input) {
  __typename ... on PutJobPayload { job { id revision tags } commit { seq } } ${FAILURES} } }`;

export const ENVIRONMENT = `query ($project: Slug!, $service: ID!, $scope: Scope = RUNTIME, $at: SafeInt) {
  project(slug: $project) { service(id: $service) { environment(scope: $scope, at: $at) {
    seq digest
    variables { name value masked type source { __typename ... on SecretGroupSource { group { slug } } } error { code path } }
    files { path data masked error { code } } dockerSecretMounts { name data masked }
    warnings { code names message } unresolved { name reference reason } } } } }`;

export async function aProject(app: TestApp, name = 'Default Project'): Promise<string> {
  const { data, errors } = await app.gql(CREATE_PROJECT, { input: { name } });
  if (data?.createProject?.__typename !== 'CreateProjectPayload') throw new Error(JSON.stringify({ data, errors }));
  return data.createProject.project.id;
}

/** Runs a mutation under the alias `result` and gives its result; errors at the top are thrown as their codes. */
export async function run(app: TestApp, operation: string, input: object, token?: string | null) {
  const { data, errors } = await app.gql(operation, { input }, token === undefined ? app.owner : token);
  if (errors) return { __typename: 'errors', code: errors[0]?.extensions.code, message: errors[0]?.message };
  return data.result;
}

/** The code of what `run` gave; OK when the mutation did it. */
export const codeOf = (result: { readonly __typename: string; readonly code?: string }): string =>
  result.code ?? (result.__typename.endsWith('Payload') ? 'OK' : result.__typename);

/** Goes into bad values; no answer may hold it. */
export const CANARY = 'hunter2canary';

/** Every bad leaf as `path rule`, sorted; or the code of what is no INVALID_INPUT. */
export async function refusals(app: TestApp, operation: string, input: object): Promise<readonly string[]> {
  const result = await run(app, operation, input);
  if (JSON.stringify(result).includes(CANARY)) throw new Error('the answer repeats a value');
  if (result.code !== 'INVALID_INPUT') return [codeOf(result)];
  const fields: readonly { readonly path: readonly string[]; readonly rule: string }[] = result.fields;
  return fields.map(({ path, rule }) => `${path.join('.')} ${rule}`).sort();
}

/** What `run` gives, or its failure thrown. */
export async function done(app: TestApp, operation: string, input: object, token?: string) {
  const result = await run(app, operation, input, token);
  if (codeOf(result) !== 'OK') throw new Error(JSON.stringify(result));
  return result;
}

/** A group that is there. */
export const aGroup = async (app: TestApp, over: object = {}) =>
  (await done(app, groupOp('createSecretGroup'), aGroupInput(over))).secretGroup;

export async function environmentOf(app: TestApp, service = 'example-service', over: object = {}, token?: string) {
  const variables = { project: 'default-project', service, ...over };
  const { data, errors } = await app.gql(ENVIRONMENT, variables, token ?? app.owner);
  if (errors) throw new Error(errors.map(({ extensions, message }) => `${extensions.code} ${message}`).join('; '));
  return data.project.service.environment;
}
