import { z } from 'zod';
import { idOfDocument } from '../../graphql/types/ids.ts';
import { MASK } from '../../rest/files.ts';
import { expected, type Given, given, mutation, once, one, type RestRoute, routeOf } from '../../rest/route.ts';
import { createSecretInput, setValueInput } from '../app-secrets/inputs.ts';
import { appScope } from './model.ts';

const group = 'Apps';
const SECRETS = '/apps/{appId}/secrets';

const purposes = createSecretInput.shape.purposeType;
/** As the schema has them: `APIKey` is `API_KEY`. */
const PURPOSES: ReadonlyMap<string, string> = new Map([
  ['APIKey', 'API_KEY'],
  ['SSHKey', 'SSH_KEY'],
  ['UsernamePassword', 'USERNAME_PASSWORD'],
  ['Other', 'OTHER'],
]);
const purposeIn = (text: unknown): unknown => PURPOSES.get(String(text)) ?? text;
const purposeOut = (name: string): string => [...PURPOSES].find(([, each]) => each === name)?.[0] ?? name;

const { name, providerId, environmentScopedValues } = createSecretInput.shape;
const { valueTypeUrn, hidden, kvAppSecretValue } = setValueInput.shape;

interface SecretResult {
  readonly slug: string;
  readonly name: string;
  readonly providerId: string | null;
  readonly purposeType: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}
interface ValueResult {
  readonly environment: { readonly slug: string };
  readonly appSecret: { readonly slug: string };
  readonly hidden: boolean;
  readonly revision: number;
  readonly valueTypeUrn: string;
}
interface RenderedResult {
  readonly rendered: {
    readonly changelogId: string;
    readonly secretDigest: string;
    readonly incrementalId: number;
    readonly secrets: readonly {
      readonly key: string;
      readonly valueTypeUrn: string;
      readonly serializedValue: string | null;
      readonly masked: boolean;
      readonly secret: { readonly slug: string };
    }[];
  } | null;
}

const secretId = ({ path }: Given): string =>
  idOfDocument('appSecret', ['', appScope(path.appId ?? ''), path.secretId ?? '']) ?? '';

export const appRoutes: readonly RestRoute[] = [
  routeOf<SecretResult>({
    group,
    method: 'POST',
    path: SECRETS,
    name: 'createAppSecret',
    summary: 'Create a secret of an app, without a value in any environment',
    body: z.strictObject({ name, providerId, purposeType: purposes, environmentScopedValues }),
    answer: z.strictObject({
      id: z.string(),
      name: z.string(),
      providerId: z.string().optional(),
      purposeType: purposes,
      createdAt: z.string(),
      updatedAt: z.string(),
    }),
    tellsExisting: true,
    document: mutation('createAppSecret', 'result: appSecret { slug name providerId purposeType createdAt updatedAt }'),
    variables: (request) => ({
      input: {
        app: request.path.appId,
        ...request.body,
        purposeType: purposeIn(request.body.purposeType),
        ...once(request),
      },
    }),
    reply: ({ slug, purposeType, providerId: provider, ...plain }) => ({
      data: given({ id: slug, ...plain, providerId: provider ?? undefined, purposeType: purposeOut(purposeType) }),
    }),
  }),
  routeOf<ValueResult>({
    group,
    method: 'PUT',
    path: `${SECRETS}/{secretId}/environments/{environmentId}/values`,
    name: 'setAppSecretValue',
    summary: "Set a secret's value in one environment of an app",
    body: z.strictObject({
      valueTypeUrn,
      hidden,
      kvAppSecretValue,
      activity: z.unknown().optional().meta({ description: 'Ignored.' }),
    }),
    answer: z.strictObject({
      secretId: z.string(),
      environmentId: z.string(),
      valueTypeUrn: z.string(),
      hidden: z.boolean(),
    }),
    document: mutation(
      'setAppSecretValue',
      'result: appSecretValue { environment { slug } appSecret { slug } hidden revision valueTypeUrn }',
    ),
    variables: (request) => {
      const { activity: _ignored, ...body } = request.body;
      const environment = request.path.environmentId;
      return { input: { id: secretId(request), environment, ...body, ...expected(request) } };
    },
    reply: (found) => ({
      data: {
        secretId: found.appSecret.slug,
        environmentId: found.environment.slug,
        valueTypeUrn: found.valueTypeUrn,
        hidden: found.hidden,
      },
      etag: String(found.revision),
    }),
  }),
  routeOf<RenderedResult['rendered'] & object>({
    group,
    method: 'GET',
    path: `${SECRETS}/rendered`,
    name: 'getRenderedAppSecrets',
    summary: 'Read the secrets of an app as one environment has them',
    query: {
      environment: z.string().meta({ description: 'The environment.' }),
      mode: z.enum(['Full', 'PreviewOnly']).meta({ description: 'Whether values are shown, or a constant mask.' }),
      'secret-name-filter': z
        .array(z.string())
        .meta({ description: 'Only the secrets with these names; may be repeated.' }),
    },
    required: ['environment', 'mode'],
    isCached: true,
    answer: z.strictObject({
      changelogId: z.string(),
      secretDigest: z.string(),
      incrementalId: z.int(),
      secrets: z.array(
        z.strictObject({
          key: z.string(),
          valueType: z.string(),
          secretId: z.string(),
          serializedValue: z
            .string()
            .optional()
            .meta({ description: 'Absent when unset; masked without the permission.' }),
        }),
      ),
    }),
    document: `query Rendered($app: Slug!, $environment: Slug!, $mode: RenderMode!, $names: [String!]) {
      result: app(slug: $app) { result: rendered(environment: $environment, mode: $mode, names: $names) {
        changelogId secretDigest incrementalId
        secrets { key valueTypeUrn serializedValue masked secret { slug } } } } }`,
    variables: (request) => ({
      app: request.path.appId,
      environment: one(request, 'environment'),
      mode: one(request, 'mode') === 'Full' ? 'FULL' : 'PREVIEW_ONLY',
      names: request.query['secret-name-filter'] ?? null,
    }),
    reply: ({ changelogId, secretDigest, incrementalId, secrets }) => ({
      data: {
        changelogId,
        secretDigest,
        incrementalId,
        secrets: secrets.map(({ key, valueTypeUrn: valueType, serializedValue, masked, secret }) =>
          given({
            key,
            valueType,
            secretId: secret.slug,
            serializedValue: masked ? MASK : (serializedValue ?? undefined),
          }),
        ),
      },
      etag: secretDigest,
    }),
  }),
];
