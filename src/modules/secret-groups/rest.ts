import { z } from 'zod';
import { idOfDocument } from '../../graphql/types/ids.ts';
import { slugOf } from '../../kernel/ids.ts';
import { MASK, valuesAnswer } from '../../rest/files.ts';
import { type Connection, connection, LIST_ARGUMENTS, LIST_VARIABLES, listReply, pageQuery } from '../../rest/pages.ts';
import { Refusal } from '../../rest/problem.ts';
import {
  expected,
  type Given,
  type JsonObject,
  mutation,
  nothing,
  type Operation,
  once,
  one,
  type Reply,
  type RestRoute,
  routeOf,
} from '../../rest/route.ts';
import {
  CONTENT_FIELDS,
  changedAnswer,
  changedOf,
  type GroupResult,
  groupAnswer,
  groupBody,
  inputOf,
  itemAnswer,
  LINK_FIELDS,
  type Link,
  PLAIN_FIELDS,
  patchBody,
  patchOf,
  placeInGroup,
  plainOf,
  secretsOf,
  updateBody,
} from './rest-shape.ts';

const PATH = '/projects/{projectId}/secrets';
const ONE = `${PATH}/{secretId}`;
const group = 'Secret groups';

const project = ({ path }: Given): JsonObject => ({ project: path.projectId });
/** The global id of the group that the path names; its team is the caller's, and is no part of it. */
export const groupId = ({ path }: Given): string =>
  idOfDocument('secretGroup', ['', path.projectId ?? '', path.secretId ?? '']) ?? '';
const inPath = ({ path }: Given): JsonObject => ({ project: path.projectId, slug: path.secretId });

const oneGroup = (fields: string): string => `query SecretGroup($project: Slug!, $slug: Slug!) {
  result: project(slug: $project) { result: secretGroup(slug: $slug) { ${fields} } } }`;

const payload = `result: secretGroup { ${PLAIN_FIELDS} ${LINK_FIELDS} ${CONTENT_FIELDS} }`;
const changed = (result: GroupResult): Reply => ({ data: changedOf(result), etag: String(result.revision) });

const otherwise = (variables: Operation['variables']): Operation => ({
  document: oneGroup(PLAIN_FIELDS),
  variables,
  reply: changed,
});
const byName: Operation['variables'] = ({ path, body }) => ({
  project: path.projectId,
  slug: slugOf(String(body.name)),
});

const detailed = ({ path }: Given, result: GroupResult): JsonObject => ({
  ...plainOf(result),
  projectId: path.projectId,
  createdAt: result.createdAt,
  updatedAt: result.updatedAt,
});

/** Keys that come from linked addons: their names are known here, their values are drawn for workloads alone. */
const linked = (links: readonly Link[]): JsonObject =>
  Object.fromEntries(links.flatMap(({ keys }) => keys.flatMap(({ names }) => names.map((name) => [name, MASK]))));

function shown(result: GroupResult, show: string): JsonObject {
  const own = secretsOf(result);
  const inherited = linked(result.addonLinks ?? []);
  if (show === 'inherited') return { variables: inherited, files: {}, dockerSecretMounts: {} };
  if (show === 'this') return own;
  return { ...own, variables: { ...inherited, ...(own.variables as JsonObject) } };
}

const write = { group, answer: changedAnswer, placeOf: placeInGroup } as const;

const writing: readonly RestRoute[] = [
  routeOf({
    ...write,
    method: 'POST',
    path: PATH,
    name: 'createSecret',
    summary: 'Create a secret group',
    body: groupBody,
    document: mutation('createSecretGroup', payload),
    variables: (given) => ({ input: { ...project(given), ...inputOf(given), ...once(given) } }),
    reply: changed,
    otherwise: otherwise(byName),
  }),
  routeOf({
    ...write,
    method: 'PUT',
    path: PATH,
    name: 'putSecret',
    summary: 'Create or replace the secret group with the identifier that the name gives',
    body: groupBody,
    document: mutation('putSecretGroup', payload),
    variables: (given) => ({ input: { ...project(given), ...inputOf(given), ...expected(given), ...once(given) } }),
    reply: changed,
    otherwise: otherwise(byName),
  }),
  routeOf({
    ...write,
    method: 'PATCH',
    path: ONE,
    name: 'patchSecret',
    summary: 'Change the given fields of a secret group',
    body: patchBody,
    document: mutation('updateSecretGroup', payload),
    variables: (given) => ({ input: { id: groupId(given), ...patchOf(given), ...expected(given) } }),
    reply: changed,
    otherwise: otherwise(inPath),
  }),
  routeOf({
    ...write,
    method: 'POST',
    path: ONE,
    name: 'updateSecret',
    summary: 'Change the given fields of a secret group, without a response body',
    body: updateBody,
    answer: z.strictObject({}),
    document: mutation('updateSecretGroup', 'result: commit { seq }'),
    variables: (given) => ({ input: { id: groupId(given), ...patchOf(given), ...expected(given) } }),
    reply: nothing,
  }),
  routeOf({
    group,
    method: 'DELETE',
    path: ONE,
    name: 'deleteSecret',
    summary: 'Delete a secret group',
    answer: z.strictObject({}),
    document: mutation('deleteSecretGroup', 'result: commit { seq }'),
    variables: (given) => ({ input: { id: groupId(given), ...expected(given) } }),
    reply: nothing,
  }),
];

interface Detailed extends GroupResult {
  readonly addonLinks: readonly Link[];
  /** Of each link; null: the token may not see it, or it is gone. */
  readonly addons: readonly ({ readonly name: string; readonly providerId: string } | null)[];
}

const addonDocument = (field: string): string => `query LinkedAddon($project: Slug!, $slug: Slug!) {
  result: project(slug: $project) { result: ${field}(slug: $slug) { name providerId } } }`;
const ADDON = addonDocument('addon');
const EXTERNAL_ADDON = addonDocument('externalAddon');

function unseen(error: unknown): null {
  if (error instanceof Refusal && HIDDEN.has(error.problem.code)) return null;
  throw error;
}
const HIDDEN: ReadonlySet<string> = new Set(['NOT_FOUND', 'FORBIDDEN']);

const addonSecrets = z.array(
  z.strictObject({
    id: z.string(),
    name: z.string(),
    addonType: z.string(),
    version: z.string().meta({ description: 'Empty: versions are not known here.' }),
    variables: valuesAnswer,
  }),
);

const reading: readonly RestRoute[] = [
  routeOf<Connection<GroupResult>>({
    group,
    method: 'GET',
    path: PATH,
    name: 'listSecrets',
    summary: 'List the secret groups of a project, without values',
    query: pageQuery,
    isList: true,
    answer: z.strictObject({ secrets: z.array(itemAnswer) }),
    document: `query SecretGroups($project: Slug!, ${LIST_VARIABLES}) { result: project(slug: $project) {
      result: secretGroups(${LIST_ARGUMENTS}) { ${connection(PLAIN_FIELDS)} } } }`,
    variables: project,
    reply: (found, { path }) =>
      listReply('secrets', found, (each) => ({ ...plainOf(each), projectId: path.projectId })),
  }),
  routeOf<GroupResult>({
    group,
    method: 'GET',
    path: ONE,
    name: 'getSecret',
    summary: 'Read a secret group with its secrets',
    query: {
      show: z.enum(['this', 'inherited', 'all']).meta({
        description: 'Its own secrets, those of linked addons (names only: values are drawn for workloads), or both.',
      }),
    },
    answer: groupAnswer,
    document: oneGroup(`${PLAIN_FIELDS} ${LINK_FIELDS} ${CONTENT_FIELDS}`),
    variables: inPath,
    reply: (found, given) => ({
      data: { ...detailed(given, found), secrets: shown(found, one(given, 'show') ?? 'all') },
      etag: String(found.revision),
    }),
  }),
  routeOf<Detailed>({
    group,
    method: 'GET',
    path: `${ONE}/details`,
    name: 'getSecretDetails',
    summary: 'Read a secret group with its own secrets and those of each linked addon',
    answer: groupAnswer.extend({ addonSecrets }),
    document: oneGroup(`${PLAIN_FIELDS} ${LINK_FIELDS} ${CONTENT_FIELDS}`),
    variables: inPath,
    complete: async (found, { path }, ask) => {
      const { addonLinks = [], ...own } = found as GroupResult;
      const addons: Detailed['addons'][number][] = [];
      for (const { kind, addon } of addonLinks) {
        const document = kind === 'ADDON' ? ADDON : EXTERNAL_ADDON;
        // Whoever may see the link, but not the addon, gets its id.
        const seen = ask(document, { project: path.projectId, slug: addon }).catch(unseen);
        addons.push((await seen) as Detailed['addons'][number]);
      }
      return { ...own, addonLinks, addons };
    },
    reply: (found, given) => ({
      data: {
        ...detailed(given, found),
        secrets: secretsOf(found),
        addonSecrets: found.addonLinks.map((link, i) => ({
          id: link.addon,
          name: found.addons[i]?.name ?? link.addon,
          addonType: found.addons[i]?.providerId ?? '',
          version: '',
          variables: linked([link]),
        })),
      },
      etag: String(found.revision),
    }),
  }),
];

export const secretGroupRoutes: readonly RestRoute[] = [...reading, ...writing];
