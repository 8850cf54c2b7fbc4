import { z } from 'zod';
import { idOfDocument } from '../../graphql/types/ids.ts';
import { capital } from '../../kernel/casing.ts';
import { valuesAnswer, variablesMap } from '../../rest/files.ts';
import { type Connection, connection, LIST_ARGUMENTS, LIST_VARIABLES, listReply, pageQuery } from '../../rest/pages.ts';
import {
  expected,
  given,
  type JsonObject,
  mutation,
  nothing,
  once,
  type Reply,
  type RestRoute,
  routeOf,
} from '../../rest/route.ts';
import { createAddonInput } from './inputs.ts';

interface Kind {
  readonly path: string;
  readonly plural: string;
  readonly field: 'addon' | 'externalAddon';
  readonly words: string;
  readonly group: string;
}
const KINDS: readonly Kind[] = [
  { path: 'addons', plural: 'addons', field: 'addon', words: 'addon', group: 'Addons' },
  {
    path: 'external-addons',
    plural: 'externalAddons',
    field: 'externalAddon',
    words: 'external addon',
    group: 'External addons',
  },
];

interface AddonResult {
  readonly slug: string;
  readonly name: string;
  readonly description: string | null;
  readonly providerId: string;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly params?: JsonObject | null;
}

const FIELDS = 'slug name description providerId revision createdAt updatedAt';
const { name, description, provider } = createAddonInput.shape;
const json = z.record(z.string(), z.unknown());

const listed = {
  id: z.string(),
  name: z.string(),
  description: z.string().optional(),
  spec: z.strictObject({ type: z.string() }).meta({ description: 'Its provider.' }),
  createdAt: z.string(),
  updatedAt: z.string(),
};
const answer = z.strictObject({
  ...listed,
  params: json.optional().meta({ description: 'Absent without the permission to read them.' }),
});

const plainOf = ({ slug, providerId, description: text, createdAt, updatedAt, name: title }: AddonResult): JsonObject =>
  given({
    id: slug,
    name: title,
    description: text ?? undefined,
    spec: { type: providerId },
    createdAt,
    updatedAt,
  });
const shown = (found: AddonResult): Reply => ({
  data: given({ ...plainOf(found), params: found.params ?? undefined }),
  etag: String(found.revision),
});

interface Credential {
  readonly name: string;
  readonly type: string;
  readonly value: string | null;
  readonly masked: boolean;
}
const valued = (all: readonly Credential[], isSecret: boolean): JsonObject =>
  variablesMap(all.filter(({ type, value, masked }) => (type === 'SECRET') === isSecret && (masked || value !== null)));

const pathOf = ({ path }: Kind): string => `/projects/{projectId}/${path}`;

/** All of a project. */
function routesOfAll(kind: Kind): readonly RestRoute[] {
  const { plural, field, words, group } = kind;
  const path = pathOf(kind);
  const type = capital(field);
  return [
    routeOf<Connection<AddonResult>>({
      group,
      method: 'GET',
      path,
      name: `list${type}s`,
      summary: `List the ${words}s of a project`,
      query: pageQuery,
      isList: true,
      answer: z.strictObject({ [plural]: z.array(z.strictObject(listed)) }),
      document: `query ${type}s($project: Slug!, ${LIST_VARIABLES}) { result: project(slug: $project) {
        result: ${field}s(${LIST_ARGUMENTS}) { ${connection(FIELDS)} } } }`,
      variables: (request) => ({ project: request.path.projectId }),
      reply: (found) => listReply(plural, found, plainOf),
    }),
    routeOf<AddonResult>({
      group,
      method: 'POST',
      path,
      name: `create${type}`,
      summary: `Create an ${words}`,
      body: z.strictObject({
        name,
        description,
        type: provider.meta({ description: 'Its provider, such as `postgresql`.' }),
        params: json.meta({ description: "The provider's parameters." }),
      }),
      answer,
      document: mutation(`create${type}`, `result: ${field} { ${FIELDS} params }`),
      variables: (request) => {
        const { type: providerId, ...body } = request.body;
        return { input: { project: request.path.projectId, ...body, provider: providerId, ...once(request) } };
      },
      reply: shown,
      placeOf: (at) => (at[0] === 'provider' ? ['type', ...at.slice(1)] : at),
    }),
  ];
}

function routesOfOne(kind: Kind): readonly RestRoute[] {
  const { field, words, group } = kind;
  const path = `${pathOf(kind)}/{addonId}`;
  const type = capital(field);
  return [
    routeOf<AddonResult>({
      group,
      method: 'GET',
      path,
      name: `get${type}`,
      summary: `Read an ${words}`,
      answer,
      document: `query ${type}($project: Slug!, $slug: Slug!) { result: project(slug: $project) {
        result: ${field}(slug: $slug) { ${FIELDS} params } } }`,
      variables: (request) => ({ project: request.path.projectId, slug: request.path.addonId }),
      reply: shown,
    }),
    routeOf<{ readonly credentials: readonly Credential[] }>({
      group,
      method: 'GET',
      path: `${path}/credentials`,
      name: `get${type}Credentials`,
      summary: `Read the values that the provider of an ${words} gives for its keys`,
      answer: z.strictObject({ secrets: valuesAnswer, envs: valuesAnswer }).meta({
        description: 'Secret keys and other keys. Those without a value are left out.',
      }),
      document: `query ${type}Credentials($project: Slug!, $slug: Slug!) { result: project(slug: $project) {
        result: ${field}(slug: $slug) { credentials { name type value masked } } } }`,
      variables: (request) => ({ project: request.path.projectId, slug: request.path.addonId }),
      reply: ({ credentials }) => ({ data: { secrets: valued(credentials, true), envs: valued(credentials, false) } }),
    }),
    routeOf({
      group,
      method: 'DELETE',
      path,
      name: `delete${type}`,
      summary: `Delete an ${words} that no secret group links`,
      answer: z.strictObject({}),
      document: mutation(`delete${type}`, 'result: commit { seq }'),
      variables: (request) => {
        const { projectId = '', addonId = '' } = request.path;
        return { input: { id: idOfDocument(field, ['', projectId, addonId]) ?? '', ...expected(request) } };
      },
      reply: nothing,
    }),
  ];
}

export const addonRoutes: readonly RestRoute[] = KINDS.flatMap((kind) => [...routesOfAll(kind), ...routesOfOne(kind)]);
