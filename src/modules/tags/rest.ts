import { z } from 'zod';
import { idOfDocument } from '../../graphql/types/ids.ts';
import { pageQuery, wholeList } from '../../rest/pages.ts';
import { PLAIN_FIELDS, type PlainResult, plainAnswer, plainOf, shownPlain } from '../../rest/plain.ts';
import { expected, type Given, mutation, nothing, once, type RestRoute, routeOf } from '../../rest/route.ts';
import { createTagInput, updateTagInput } from './model.ts';

const tagId = ({ path }: Given): string => idOfDocument('tag', ['', path.tagId ?? '']) ?? '';

const TAG = '/tags/{tagId}';
const tags = 'Tags';
const byName = (tag: PlainResult): string => tag.name;

export const tagRoutes: readonly RestRoute[] = [
  routeOf<readonly PlainResult[]>({
    group: tags,
    method: 'GET',
    path: '/tags',
    name: 'listTags',
    summary: 'List the catalog of tags',
    query: pageQuery,
    answer: z.strictObject({ tags: z.array(plainAnswer) }),
    document: `query Tags { result: tags { ${PLAIN_FIELDS} } }`,
    variables: () => ({}),
    reply: (found, request) => wholeList('tags', found, byName, plainOf, request),
  }),
  routeOf({
    group: tags,
    method: 'POST',
    path: '/tags',
    name: 'addTag',
    summary: 'Add a tag to the catalog',
    body: z.strictObject({ name: createTagInput.shape.name, description: createTagInput.shape.description }),
    answer: plainAnswer,
    document: mutation('createTag', `result: tag { ${PLAIN_FIELDS} }`),
    variables: (request) => ({ input: { ...request.body, ...once(request) } }),
    reply: shownPlain,
  }),
  routeOf<PlainResult>({
    group: tags,
    method: 'GET',
    path: TAG,
    name: 'getTag',
    summary: 'Read a tag',
    answer: plainAnswer,
    document: `query Tag($id: ID!) { result: node(id: $id) { ... on Tag { ${PLAIN_FIELDS} } } }`,
    variables: (request) => ({ id: tagId(request) }),
    reply: shownPlain,
  }),
  routeOf({
    group: tags,
    method: 'PATCH',
    path: TAG,
    name: 'patchTag',
    summary: 'Change the description of a tag',
    body: z.strictObject({ description: updateTagInput.shape.description }),
    answer: plainAnswer,
    document: mutation('updateTag', `result: tag { ${PLAIN_FIELDS} }`),
    variables: (request) => ({ input: { id: tagId(request), ...request.body, ...expected(request) } }),
    reply: shownPlain,
  }),
  routeOf({
    group: tags,
    method: 'DELETE',
    path: TAG,
    name: 'deleteTag',
    summary: 'Remove a tag from the catalog; objects that carry it keep it',
    answer: z.strictObject({}),
    document: mutation('deleteTag', 'result: commit { seq }'),
    variables: (request) => ({ input: { id: tagId(request), ...expected(request) } }),
    reply: nothing,
  }),
];
