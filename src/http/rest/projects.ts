import { z } from 'zod';
import { idOfDocument } from '../../graphql/types/ids.ts';
import { createProjectInput, updateProjectInput } from '../../modules/projects/model.ts';
import { createTagInput, updateTagInput } from '../../modules/tags/model.ts';
import {
  type Connection,
  connection,
  LIST_ARGUMENTS,
  LIST_VARIABLES,
  listReply,
  pageQuery,
  wholeList,
} from './pages.ts';
import {
  expected,
  type Given,
  given,
  type JsonObject,
  mutation,
  nothing,
  once,
  type Reply,
  type RestRoute,
  routeOf,
} from './route.ts';

/** Projects and tags: a name and a description. */

interface PlainResult {
  readonly slug?: string;
  readonly name: string;
  readonly description: string | null;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

const FIELDS = 'name description revision createdAt updatedAt';
const answer = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string().optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

/** A tag is called by its name. */
const plainOf = ({ slug, name, description, createdAt, updatedAt }: PlainResult): JsonObject =>
  given({ id: slug ?? name, name, description: description ?? undefined, createdAt, updatedAt });
const shown = (found: PlainResult): Reply => ({ data: plainOf(found), etag: String(found.revision) });

const projectId = ({ path }: Given): string => idOfDocument('project', ['', path.projectId ?? '']) ?? '';
const tagId = ({ path }: Given): string => idOfDocument('tag', ['', path.tagId ?? '']) ?? '';

const { name, description } = createProjectInput.shape;
const projectBody = z.strictObject({ name, description });
const projectPatch = z.strictObject({
  name: updateProjectInput.shape.name,
  description: updateProjectInput.shape.description,
});
const PROJECT = '/projects/{projectId}';
const projects = 'Projects';

const projectRoutes: readonly RestRoute[] = [
  routeOf<Connection<PlainResult>>({
    group: projects,
    method: 'GET',
    path: '/projects',
    name: 'listProjects',
    summary: 'List the projects that the token may see',
    query: pageQuery,
    isList: true,
    answer: z.strictObject({ projects: z.array(answer) }),
    document: `query Projects(${LIST_VARIABLES}) {
      result: projects(${LIST_ARGUMENTS}) { ${connection(`slug ${FIELDS}`)} } }`,
    variables: () => ({}),
    reply: (found) => listReply('projects', found, plainOf),
  }),
  routeOf({
    group: projects,
    method: 'POST',
    path: '/projects',
    name: 'createProject',
    summary: 'Create a project',
    body: projectBody,
    answer,
    document: mutation('createProject', `result: project { slug ${FIELDS} }`),
    variables: (request) => ({ input: { ...request.body, ...once(request) } }),
    reply: shown,
  }),
  routeOf<PlainResult>({
    group: projects,
    method: 'GET',
    path: PROJECT,
    name: 'getProject',
    summary: 'Read a project',
    answer,
    document: `query Project($slug: Slug!) { result: project(slug: $slug) { slug ${FIELDS} } }`,
    variables: ({ path }) => ({ slug: path.projectId }),
    reply: shown,
  }),
  routeOf({
    group: projects,
    method: 'PATCH',
    path: PROJECT,
    name: 'patchProject',
    summary: 'Change what is given of a project',
    body: projectPatch,
    answer,
    document: mutation('updateProject', `result: project { slug ${FIELDS} }`),
    variables: (request) => ({ input: { id: projectId(request), ...request.body, ...expected(request) } }),
    reply: shown,
  }),
  routeOf({
    group: projects,
    method: 'DELETE',
    path: PROJECT,
    name: 'deleteProject',
    summary: 'Delete a project without workloads',
    answer: z.strictObject({}),
    document: mutation('deleteProject', 'result: commit { seq }'),
    variables: (request) => ({ input: { id: projectId(request) } }),
    reply: nothing,
  }),
];

const TAG = '/tags/{tagId}';
const tags = 'Tags';
const byName = (tag: PlainResult): string => tag.name;

const tagRoutes: readonly RestRoute[] = [
  routeOf<readonly PlainResult[]>({
    group: tags,
    method: 'GET',
    path: '/tags',
    name: 'listTags',
    summary: 'List the catalogue of tags',
    query: pageQuery,
    answer: z.strictObject({ tags: z.array(answer) }),
    document: `query Tags { result: tags { ${FIELDS} } }`,
    variables: () => ({}),
    reply: (found, request) => wholeList('tags', found, byName, plainOf, request),
  }),
  routeOf({
    group: tags,
    method: 'POST',
    path: '/tags',
    name: 'addTag',
    summary: 'Add a tag to the catalogue',
    body: z.strictObject({ name: createTagInput.shape.name, description: createTagInput.shape.description }),
    answer,
    document: mutation('createTag', `result: tag { ${FIELDS} }`),
    variables: (request) => ({ input: { ...request.body, ...once(request) } }),
    reply: shown,
  }),
  routeOf<PlainResult>({
    group: tags,
    method: 'GET',
    path: TAG,
    name: 'getTag',
    summary: 'Read a tag',
    answer,
    document: `query Tag($id: ID!) { result: node(id: $id) { ... on Tag { ${FIELDS} } } }`,
    variables: (request) => ({ id: tagId(request) }),
    reply: shown,
  }),
  routeOf({
    group: tags,
    method: 'PATCH',
    path: TAG,
    name: 'patchTag',
    summary: 'Change the description of a tag',
    body: z.strictObject({ description: updateTagInput.shape.description }),
    answer,
    document: mutation('updateTag', `result: tag { ${FIELDS} }`),
    variables: (request) => ({ input: { id: tagId(request), ...request.body, ...expected(request) } }),
    reply: shown,
  }),
  routeOf({
    group: tags,
    method: 'DELETE',
    path: TAG,
    name: 'deleteTag',
    summary: 'Take a tag out of the catalogue; whatever carries it keeps it',
    answer: z.strictObject({}),
    document: mutation('deleteTag', 'result: commit { seq }'),
    variables: (request) => ({ input: { id: tagId(request) } }),
    reply: nothing,
  }),
];

export const catalogueRoutes: readonly RestRoute[] = [...projectRoutes, ...tagRoutes];
