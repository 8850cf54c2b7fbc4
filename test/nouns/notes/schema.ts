import { allowedInProject } from '../../../src/graphql/types/allowed.ts';
import type { Builder } from '../../../src/graphql/types/builder.ts';
import { declarations } from '../../../src/graphql/types/declarations.ts';
import { groupAddress } from '../../../src/graphql/types/ids.ts';
import { addMutation } from '../../../src/graphql/types/mutation.ts';
import { byId, implementNode, nodeRef } from '../../../src/graphql/types/nodes.ts';
import { orNull } from '../../../src/graphql/types/or-null.ts';
import { idOf } from '../../../src/vault/document.ts';
import { putNoteInput, type StoredNote } from './model.ts';

export const types = declarations();

const NoteNode = nodeRef(types, 'Note', {
  id: { resolve: ({ key }: StoredNote) => key.slice(1).join('/') },
  load: byId((id, { services, session }) => {
    const { project, slug } = groupAddress(id);
    return services.notes.bySlug(project, slug, session);
  }),
});

export function addNotes(builder: Builder): void {
  implementNode(builder, NoteNode, {
    description: 'What somebody wrote down about a project.',
    fields: (t) => ({
      slug: t.field({ type: 'Slug', description: 'Its slug.', resolve: ({ key }) => idOf(key) }),
      text: t.string({
        nullable: true,
        description: 'What it says; null without `READ`.',
        resolve: (note, _args, { services, session }) => services.notes.textOf(note, session),
      }),
    }),
  });
  builder.queryField('note', (t) =>
    t.field({
      type: NoteNode,
      nullable: true,
      description: 'A note; null when there is none or you may not see it.',
      args: {
        project: t.arg({ type: 'Slug', required: true, description: 'Slug of its project.' }),
        slug: t.arg({ type: 'Slug', required: true, description: 'Its slug.' }),
      },
      resolve: (_root, { project, slug }, { services, session }) =>
        orNull(services.notes.bySlug(project, slug, session)),
    }),
  );
  addMutation(builder, {
    name: 'putNote',
    description: 'Writes a note. Requires `WRITE` on notes.',
    input: (t) => ({
      project: t.field({ type: 'Slug', required: true, description: 'Slug of the project.' }),
      slug: t.field({ type: 'Slug', required: true, description: 'Its slug.' }),
      text: t.string({ required: true, description: 'What it says.' }),
    }),
    allowed: allowedInProject('write', 'note'),
    rules: putNoteInput,
    failures: ['notFound', 'conflict'],
    run: (input, { services, session }) => services.notes.put(input, session),
    payload: { note: { type: NoteNode, description: 'The note.' } },
  });
}
