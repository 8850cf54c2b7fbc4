import { z } from 'zod';
import { idOfDocument } from '../../graphql/types/ids.ts';
import { type Connection, connection, LIST_ARGUMENTS, LIST_VARIABLES, listReply, pageQuery } from '../../rest/pages.ts';
import { PLAIN_FIELDS, type PlainResult, plainAnswer, plainOf, shownPlain } from '../../rest/plain.ts';
import { expected, type Given, mutation, nothing, once, type RestRoute, routeOf } from '../../rest/route.ts';
import { createProjectInput, updateProjectInput } from './model.ts';

const projectId = ({ path }: Given): string => idOfDocument('project', ['', path.projectId ?? '']) ?? '';

const { name, description } = createProjectInput.shape;
const projectBody = z.strictObject({ name, description });
const projectPatch = z.strictObject({
  name: updateProjectInput.shape.name,
  description: updateProjectInput.shape.description,
});
const PROJECT = '/projects/{projectId}';
const projects = 'Projects';

export const projectRoutes: readonly RestRoute[] = [
  routeOf<Connection<PlainResult>>({
    group: projects,
    method: 'GET',
    path: '/projects',
    name: 'listProjects',
    summary: 'List the projects that the token may see',
    query: pageQuery,
    isList: true,
    answer: z.strictObject({ projects: z.array(plainAnswer) }),
    document: `query Projects(${LIST_VARIABLES}) {
      result: projects(${LIST_ARGUMENTS}) { ${connection(`slug ${PLAIN_FIELDS}`)} } }`,
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
    answer: plainAnswer,
    document: mutation('createProject', `result: project { slug ${PLAIN_FIELDS} }`),
    variables: (request) => ({ input: { ...request.body, ...once(request) } }),
    reply: shownPlain,
  }),
  routeOf<PlainResult>({
    group: projects,
    method: 'GET',
    path: PROJECT,
    name: 'getProject',
    summary: 'Read a project',
    answer: plainAnswer,
    document: `query Project($slug: Slug!) { result: project(slug: $slug) { slug ${PLAIN_FIELDS} } }`,
    variables: ({ path }) => ({ slug: path.projectId }),
    reply: shownPlain,
  }),
  routeOf({
    group: projects,
    method: 'PATCH',
    path: PROJECT,
    name: 'patchProject',
    summary: 'Change the given fields of a project',
    body: projectPatch,
    answer: plainAnswer,
    document: mutation('updateProject', `result: project { slug ${PLAIN_FIELDS} }`),
    variables: (request) => ({ input: { id: projectId(request), ...request.body, ...expected(request) } }),
    reply: shownPlain,
  }),
  routeOf({
    group: projects,
    method: 'DELETE',
    path: PROJECT,
    name: 'deleteProject',
    summary: 'Delete a project without workloads',
    answer: z.strictObject({}),
    document: mutation('deleteProject', 'result: commit { seq }'),
    variables: (request) => ({ input: { id: projectId(request), ...expected(request) } }),
    reply: nothing,
  }),
];
