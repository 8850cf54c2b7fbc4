import { allowedInTeam } from '../../graphql/types/allowed.ts';
import type { Builder } from '../../graphql/types/builder.ts';
import { expectedRevision, idempotencyKey } from '../../graphql/types/fields.ts';
import { idRule } from '../../graphql/types/ids.ts';
import { addMutation } from '../../graphql/types/mutation.ts';
import { createdAtField, descriptionField, updatedAtField } from '../../graphql/types/node-fields.ts';
import { implementNode } from '../../graphql/types/nodes.ts';
import { idOf } from '../../vault/document.ts';
import { createTagInput, deleteTagInput, updateTagInput } from './model.ts';
import { TagNode } from './node.ts';

export function addTags(builder: Builder): void {
  implementNode(builder, TagNode, {
    description: 'A tag of the catalog that groups and workloads may carry.',
    fields: (t) => ({
      name: t.string({ description: '1-100 letters, digits and single hyphens.', resolve: ({ key }) => idOf(key) }),
      description: descriptionField(t),
      revision: t.exposeInt('revision', { description: '1 at creation, one more with every change.' }),
      createdAt: createdAtField(t),
      updatedAt: updatedAtField(t),
    }),
  });
  builder.queryField('tags', (t) =>
    t.field({
      type: [TagNode],
      description: 'The tags of the catalog that you may see, by name. Groups and workloads may also carry other tags.',
      resolve: async (_root, _args, { services, session }) => [...(await services.tags.list(session))],
    }),
  );
  const payload = { tag: { type: TagNode, description: 'The tag.' } };
  addMutation(builder, {
    name: 'createTag',
    description: 'Adds a tag to the catalog. Requires `WRITE` on tags.',
    input: (t) => ({
      name: t.string({ required: true, description: '1-100 letters, digits and single hyphens.' }),
      description: t.string({ description: 'At most 200 characters.' }),
      idempotencyKey: idempotencyKey(t),
    }),
    allowed: allowedInTeam('write', 'tag'),
    rules: createTagInput,
    failures: ['notFound', 'conflict'],
    run: (input, { services, session }) => services.tags.create(input, session),
    payload,
  });
  addMutation(builder, {
    name: 'updateTag',
    description: 'Changes the description of a tag. Requires `WRITE` on tags.',
    input: (t) => ({
      id: t.id({ required: true, description: 'The tag.' }),
      description: t.string({ description: 'Null or empty: none.' }),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedInTeam('write', 'tag', ['tag', 'Tag']),
    rules: updateTagInput.extend({ id: idRule('Tag') }),
    failures: ['notFound', 'conflict'],
    run: ({ id, ...input }, { services, session }) => services.tags.update(id, input, session),
    payload,
  });
  addMutation(builder, {
    name: 'deleteTag',
    description: 'Removes a tag from the catalog. Objects that carry it keep it. Requires `DELETE` on tags.',
    input: (t) => ({
      id: t.id({ required: true, description: 'The tag.' }),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedInTeam('delete', 'tag', ['tag', 'Tag']),
    rules: deleteTagInput.extend({ id: idRule('Tag') }),
    failures: ['notFound', 'conflict'],
    run: ({ id, expectedRevision: expected }, { services, session }) => services.tags.remove(id, expected, session),
    payload,
  });
}
