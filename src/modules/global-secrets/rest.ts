import { z } from 'zod';
import { idOfDocument } from '../../graphql/types/ids.ts';
import { pathRule } from '../../input/rules.ts';
import { slugOf } from '../../kernel/ids.ts';
import { base64, MASK, mapOf, placeInMap } from '../../rest/files.ts';
import { type Connection, connection, LIST_ARGUMENTS, LIST_VARIABLES, listReply, pageQuery } from '../../rest/pages.ts';
import {
  expected,
  type Given,
  given,
  type JsonObject,
  lower,
  mutation,
  nothing,
  type Operation,
  once,
  type Reply,
  type RestRoute,
  routeOf,
  upper,
} from '../../rest/route.ts';
import { createGlobalInput, updateGlobalInput } from './inputs.ts';

const group = 'Global secrets';
const ONE = '/secrets/{secretId}';

const encoding = z.enum(['utf-8', 'binary']);
const rules = createGlobalInput.shape;
const json = z.record(z.string(), z.unknown());
const secrets = z.strictObject({
  values: json.optional(),
  files: z
    .record(z.string(), z.strictObject({ path: pathRule, data: base64, encoding: encoding.optional() }))
    .optional(),
});
const gitops = rules.gitops;
const globalBody = z.strictObject({
  name: rules.name,
  type: rules.type,
  description: rules.description,
  secrets: secrets.optional(),
  gitops,
});
const patchBody = z.strictObject({
  description: updateGlobalInput.shape.description,
  secrets: secrets.optional(),
  gitops: updateGlobalInput.shape.gitops,
});

const listed = {
  id: z.string(),
  name: z.string(),
  description: z.string().optional(),
  type: z.enum(['secret', 'config']),
  createdAt: z.string(),
  updatedAt: z.string(),
};
const gitopsAnswer = z.strictObject({
  vcsService: z.enum(['bitbucket', 'gitlab', 'github', 'self-hosted', 'azure']),
  selfHostedVcsId: z.string().optional(),
  accountLogin: z.string().optional(),
  vcsLinkId: z.string().optional(),
  repoUrl: z.string(),
  branch: z.string(),
  filePath: z.string(),
  holdRewrites: z.literal(true).optional(),
  signers: z.array(z.string()).optional(),
});
const globalAnswer = z.strictObject({
  ...listed,
  secrets: z
    .strictObject({
      values: json,
      files: z.record(z.string(), z.strictObject({ path: z.string(), data: z.string(), encoding })),
    })
    .optional(),
  gitops: gitopsAnswer.optional(),
});

const PLAIN_FIELDS = 'slug name description type revision createdAt updatedAt';
const GITOPS_FIELDS = `gitops { vcsService selfHostedVcsId accountLogin vcsLinkId repoUrl branch filePath holdRewrites
  signers }`;
const FIELDS = `${PLAIN_FIELDS} ${GITOPS_FIELDS} values masked valueReferences { path }
  files { id path data encoding }`;

interface GlobalResult {
  readonly slug: string;
  readonly name: string;
  readonly description: string | null;
  readonly type: string;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly masked?: boolean;
  readonly values?: JsonObject | null;
  readonly valueReferences?: readonly { readonly path: readonly string[] }[];
  readonly files?: readonly {
    readonly id: string;
    readonly path: string;
    readonly data: string | null;
    readonly encoding: string;
  }[];
  readonly gitops?: (JsonObject & { readonly holdRewrites: boolean; readonly signers: readonly string[] }) | null;
}

const plainOf = ({ slug, name, description, type, createdAt, updatedAt }: GlobalResult): JsonObject => ({
  id: slug,
  name,
  ...(description === null ? {} : { description }),
  type: lower(type),
  createdAt,
  updatedAt,
});

/** The outermost keys, each with the mask: what is below them has the shape of the value. */
const maskedValues = (paths: GlobalResult['valueReferences']): JsonObject =>
  mapOf((paths ?? []).map(({ path }) => [path[0] ?? '', MASK]));

function secretsOf({ masked, values, valueReferences, files = [] }: GlobalResult): JsonObject {
  return {
    values: masked ? maskedValues(valueReferences) : (values ?? {}),
    files: mapOf(
      files.map(({ id, path, data, encoding: name }) => [id, { path, data: data ?? MASK, encoding: lower(name) }]),
    ),
  };
}

function gitopsOf(found: GlobalResult['gitops']): JsonObject | undefined {
  if (!found) return undefined;
  const { holdRewrites, signers, ...plain } = found;
  const named = Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== null));
  return {
    ...named,
    vcsService: lower(String(plain.vcsService)),
    ...(holdRewrites ? { holdRewrites } : {}),
    ...(signers.length > 0 ? { signers } : {}),
  };
}

const shown = (found: GlobalResult): Reply => ({
  data: given({
    ...plainOf(found),
    secrets: found.files ? secretsOf(found) : undefined,
    gitops: gitopsOf(found.gitops),
  }),
  etag: String(found.revision),
});

type Body = {
  readonly secrets?: z.input<typeof secrets>;
  readonly gitops?: JsonObject | null;
} & JsonObject;

function inputOf({ body }: Given): JsonObject {
  const { secrets: held, gitops: git, ...plain } = body as Body;
  return given({
    ...plain,
    type: upper(plain.type),
    values: held?.values,
    files:
      held?.files &&
      Object.entries(held.files).map(([id, { path, data, encoding: name }]) =>
        given({ id, path, data, encoding: upper(name) }),
      ),
    gitops: git ? given({ ...git, vcsService: upper(git.vcsService) }) : git,
  });
}

function placeOf([first = '', ...rest]: readonly string[], { body }: Given): readonly string[] {
  const held = (body as Body).secrets;
  if (first === 'values') return ['secrets', 'values', ...rest];
  if (first === 'files') return placeInMap(['secrets'], 'files', rest, held?.files, ['id']);
  return [first, ...rest];
}

const globalId = ({ path }: Given): string => idOfDocument('globalSecret', ['', path.secretId ?? '']) ?? '';
const bySlug = ({ path }: Given): JsonObject => ({ slug: path.secretId });
const oneGlobal = (fields: string): string =>
  `query GlobalSecret($slug: Slug!) { result: globalSecret(slug: $slug) { ${fields} } }`;
const otherwise = (variables: Operation['variables']): Operation => ({
  document: oneGlobal(`${PLAIN_FIELDS} ${GITOPS_FIELDS}`),
  variables,
  reply: shown,
});
const byName: Operation['variables'] = ({ body }) => ({ slug: slugOf(String(body.name)) });
const payload = `result: globalSecret { ${FIELDS} }`;

export const globalSecretRoutes: readonly RestRoute[] = [
  routeOf<Connection<GlobalResult>>({
    group,
    method: 'GET',
    path: '/secrets',
    name: 'listGlobalSecrets',
    summary: 'List the global secrets of the team, without values',
    query: pageQuery,
    isList: true,
    answer: z.strictObject({ secrets: z.array(z.strictObject(listed)) }),
    document: `query GlobalSecrets(${LIST_VARIABLES}) {
      result: globalSecrets(${LIST_ARGUMENTS}) { ${connection(PLAIN_FIELDS)} } }`,
    variables: () => ({}),
    reply: (found) => listReply('secrets', found, plainOf),
  }),
  routeOf({
    group,
    method: 'POST',
    path: '/secrets',
    name: 'createGlobalSecret',
    summary: 'Create a global secret',
    body: globalBody,
    answer: globalAnswer,
    document: mutation('createGlobalSecret', payload),
    variables: (request) => ({ input: { ...inputOf(request), ...once(request) } }),
    reply: shown,
    otherwise: otherwise(byName),
    placeOf,
  }),
  routeOf({
    group,
    method: 'PUT',
    path: '/secrets',
    name: 'putGlobalSecret',
    summary: 'Create or replace the global secret with the identifier that the name gives',
    body: globalBody,
    answer: globalAnswer,
    document: mutation('putGlobalSecret', payload),
    variables: (request) => ({ input: { ...inputOf(request), ...expected(request), ...once(request) } }),
    reply: shown,
    otherwise: otherwise(byName),
    placeOf,
  }),
  routeOf<GlobalResult>({
    group,
    method: 'GET',
    path: ONE,
    name: 'getGlobalSecret',
    summary: 'Read a global secret',
    answer: globalAnswer,
    document: oneGlobal(FIELDS),
    variables: bySlug,
    reply: shown,
  }),
  routeOf({
    group,
    method: 'PATCH',
    path: ONE,
    name: 'patchGlobalSecret',
    summary: 'Change the given fields of a global secret',
    body: patchBody,
    answer: globalAnswer,
    document: mutation('updateGlobalSecret', payload),
    variables: (request) => ({ input: { id: globalId(request), ...inputOf(request), ...expected(request) } }),
    reply: shown,
    otherwise: otherwise(bySlug),
    placeOf,
  }),
  routeOf({
    group,
    method: 'DELETE',
    path: ONE,
    name: 'deleteGlobalSecret',
    summary: 'Delete a global secret that nothing refers to',
    answer: z.strictObject({}),
    document: mutation('deleteGlobalSecret', 'result: commit { seq }'),
    variables: (request) => ({ input: { id: globalId(request), ...expected(request) } }),
    reply: nothing,
  }),
];
