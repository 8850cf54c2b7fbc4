import { done, operation } from './makers.ts';
import type { TestApp } from './start-app.ts';

/** Inputs and operations of apps, environments and their secrets that tests share. */

const withLimit = (text: string): string =>
  text.replace('... on Error', '... on LimitExceededError { limit maximum actual } ... on Error');

export const APP_FIELDS = 'id slug name revision environments { slug }';
const ENVIRONMENT_FIELDS = 'id slug name order protected revision';
export const SECRET_FIELDS = 'id slug name providerId purposeType revision';
export const VALUE_FIELDS = 'environment { slug } isSet valueTypeUrn hidden text masked revision';

export const appOp = (name: string, fields = APP_FIELDS): string => withLimit(operation(name, `app { ${fields} }`));
export const environmentOp = (name: string, fields = ENVIRONMENT_FIELDS): string =>
  withLimit(operation(name, `environment { ${fields} }`));
export const secretOp = (name: string, fields = SECRET_FIELDS): string =>
  withLimit(operation(name, `appSecret { ${fields} }`));
export const valueOp = (name: string, fields = `appSecretValue { ${VALUE_FIELDS} }`): string =>
  withLimit(operation(name, fields));

export const KEY_VALUE = 'urn:app-secret:app-secret-type:keyValueAppSecret';
const TEXT = 'urn:app-secret:kv-secret-value:textType';

export const aValueInput = (text: string, over: object = {}) => ({
  environment: 'dev',
  valueTypeUrn: KEY_VALUE,
  hidden: false,
  kvAppSecretValue: { typeHint: TEXT, text },
  ...over,
});

export const secretIdOf = (slug: string, app = 'example-app'): string =>
  Buffer.from(`AppSecret:app/${app}/${slug}`).toString('base64');
export const environmentIdOf = (slug: string, app = 'example-app'): string =>
  Buffer.from(`Environment:app/${app}/${slug}`).toString('base64');
export const appIdOf = (slug = 'example-app'): string => Buffer.from(`App:${slug}`).toString('base64');

const ENVIRONMENTS = [{ name: 'dev' }, { name: 'staging' }, { name: 'production', protected: true }];

/** An app with dev, staging and a protected production. */
export const anApp = async (app: TestApp, over: object = {}) =>
  (await done(app, appOp('createApp'), { name: 'Example App', environments: ENVIRONMENTS, ...over })).app;

export const aSecret = async (app: TestApp, over: object = {}) =>
  (
    await done(app, secretOp('createAppSecret'), {
      app: 'example-app',
      name: 'API_KEY',
      purposeType: 'API_KEY',
      ...over,
    })
  ).appSecret;

/** Sets what a secret is in an environment. */
export const aValue = async (app: TestApp, slug: string, environment: string, text: string, over: object = {}) =>
  (
    await done(app, valueOp('setAppSecretValue'), {
      id: secretIdOf(slug),
      ...aValueInput(text, { environment, ...over }),
    })
  ).appSecretValue;

export const RENDERED = `query ($app: Slug!, $environment: Slug!, $mode: RenderMode!, $names: [String!]) {
  app(slug: $app) { rendered(environment: $environment, mode: $mode, names: $names) {
    seq incrementalId changelogId secretDigest unset
    secrets { key valueTypeUrn secretId secret { slug } serializedValue masked } } } }`;

export interface RenderedAnswer {
  readonly seq: number;
  readonly incrementalId: number;
  readonly changelogId: string;
  readonly secretDigest: string;
  readonly unset: readonly string[];
  readonly secrets: readonly {
    readonly key: string;
    readonly valueTypeUrn: string;
    readonly secretId: string;
    readonly serializedValue: string | null;
    readonly masked: boolean;
  }[];
}

export async function rendered(app: TestApp, over: object = {}, token?: string): Promise<RenderedAnswer> {
  const variables = { app: 'example-app', environment: 'dev', mode: 'FULL', ...over };
  const { data, errors } = await app.gql(RENDERED, variables, token ?? app.owner);
  if (errors) throw new Error(errors.map(({ extensions }) => extensions.code).join());
  return data.app.rendered;
}

/** What is rendered, as an object of names. */
export const renderedTexts = async (app: TestApp, over: object = {}, token?: string) =>
  Object.fromEntries(
    (await rendered(app, over, token)).secrets.map(({ key, serializedValue }) => [key, serializedValue]),
  );
