import { z } from 'zod';
import { type Given, mutation, type Reply, type RestRoute, routeOf } from '../../../src/rest/route.ts';
import { putNoteInput } from './model.ts';

interface NoteResult {
  readonly slug: string;
  readonly text: string | null;
}

const PATH = '/projects/{projectId}/notes/{noteId}';
const address = ({ path }: Given) => ({ project: path.projectId ?? '', slug: path.noteId ?? '' });
const answer = z.strictObject({ id: z.string(), text: z.string().optional() });
const shown = ({ slug, text }: NoteResult): Reply => ({ data: { id: slug, ...(text === null ? {} : { text }) } });

export const noteRoutes: readonly RestRoute[] = [
  routeOf<NoteResult>({
    group: 'Notes',
    method: 'GET',
    path: PATH,
    name: 'getNote',
    summary: 'Read a note',
    answer,
    document:
      'query Note($project: Slug!, $slug: Slug!) { result: note(project: $project, slug: $slug) { slug text } }',
    variables: address,
    reply: shown,
  }),
  routeOf<NoteResult>({
    group: 'Notes',
    method: 'PUT',
    path: PATH,
    name: 'putNote',
    summary: 'Write a note',
    body: z.strictObject({ text: putNoteInput.shape.text }),
    answer,
    document: mutation('putNote', 'result: note { slug text }'),
    variables: (request) => ({ input: { ...address(request), ...request.body } }),
    reply: shown,
  }),
];
