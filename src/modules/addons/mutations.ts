import { allowedById, allowedInProject } from '../../graphql/types/allowed.ts';
import type { Builder } from '../../graphql/types/builder.ts';
import { expectedRevision, idempotencyKey } from '../../graphql/types/fields.ts';
import { groupAddress, idRule } from '../../graphql/types/ids.ts';
import { addMutation } from '../../graphql/types/mutation.ts';
import type { CommitFacts } from '../../vault/change.ts';
import { createAddonInput, deleteAddonInput, restoreAddonInput, rotateAddonInput, updateAddonInput } from './inputs.ts';
import { NOUN, type StoredAddon } from './model.ts';
import { addonNodes } from './node.ts';
import type { Words } from './words.ts';

interface Done {
  readonly addon: StoredAddon;
  readonly commit: CommitFacts;
}
const as = (field: string, { addon, commit }: Done) => ({ [field]: addon, commit }) as { readonly commit: CommitFacts };

/** Every change of one of the two kinds. */
export function addAddonMutations(builder: Builder, words: Words): void {
  const { kind, type, field, noun } = words;
  const payload = { [field]: { type: addonNodes[field], description: `The ${noun}.` } };
  const address = idRule(type).transform((local) => ({ kind, ...groupAddress(local) }));
  const params = "Parameters that fit the provider's schema: see `addonProviders`.";
  addMutation(builder, {
    name: `create${type}`,
    description: `Creates an ${noun}. Requires \`WRITE\` on addons.`,
    input: (t) => ({
      project: t.field({ type: 'Slug', required: true, description: 'Slug of the project.' }),
      name: t.string({
        required: true,
        description: '3-100 letters, digits, single hyphens and spaces; gives the slug.',
      }),
      description: t.string({ description: 'At most 200 characters.' }),
      provider: t.field({ type: 'Slug', required: true, description: 'Id of its provider; never changes.' }),
      params: t.field({ type: 'JSON', required: true, description: params }),
      idempotencyKey: idempotencyKey(t),
    }),
    allowed: allowedInProject('write', 'addon'),
    rules: createAddonInput,
    failures: ['notFound', 'conflict', 'limit'],
    run: async (input, { services, session }) => as(field, await services.addons.create(kind, input, session)),
    payload,
  });
  addMutation(builder, {
    name: `update${type}`,
    description: `Changes the given fields of an ${noun}. Requires \`WRITE\` on addons.`,
    input: (t) => ({
      id: t.id({ required: true, description: `The ${noun}.` }),
      name: t.string({ description: 'Its new name; the slug stays. Absent: unchanged.' }),
      description: t.string({ description: 'Absent: unchanged. Null or empty: none.' }),
      params: t.field({
        type: 'JSON',
        description: `All its parameters, secret ones included, as the provider's schema wants them: see \`addonProviders\`. Absent: unchanged.`,
      }),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedById('write', 'addon', type, NOUN[kind]),
    rules: updateAddonInput.extend({ id: address }),
    failures: ['notFound', 'conflict'],
    run: async ({ id, expectedRevision: revision, ...input }, { services, session }) =>
      as(field, await services.addons.update({ ...id, expectedRevision: revision }, input, session)),
    payload,
  });
  addMutation(builder, {
    name: `delete${type}`,
    description: `Deletes an ${noun} that no group links. Requires \`DELETE\` on addons.`,
    input: (t) => ({
      id: t.id({ required: true, description: `The ${noun}.` }),
      force: t.boolean({
        description:
          'Unlink it from all groups in the same commit; requires the same permissions as unlinking. Default: false.',
      }),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedById('delete', 'addon', type, NOUN[kind]),
    rules: deleteAddonInput.extend({ id: address }),
    failures: ['notFound', 'conflict'],
    run: async ({ id, force, expectedRevision: revision }, { services, session }) =>
      as(field, await services.addons.remove({ ...id, expectedRevision: revision }, force === true, session)),
    payload,
  });
  addLaterMutations(builder, words);
}

/** What becomes of an addon that is there. */
function addLaterMutations(builder: Builder, { kind, type, field, noun }: Words): void {
  const payload = { [field]: { type: addonNodes[field], description: `The ${noun}.` } };
  const address = idRule(type).transform((local) => ({ kind, ...groupAddress(local) }));
  const id = { required: true, description: `The ${noun}.` } as const;
  addMutation(builder, {
    name: `restore${type}`,
    description: `Restores a deleted ${noun} as it was; no group links it yet. Requires \`WRITE\` on addons.`,
    input: (t) => ({ id: t.id(id), expectedRevision: expectedRevision(t) }),
    allowed: allowedById('write', 'addon', type, NOUN[kind]),
    rules: restoreAddonInput.extend({ id: address }),
    failures: ['notFound', 'conflict', 'limit'],
    run: async ({ id: ref, expectedRevision: revision }, { services, session }) =>
      as(field, await services.addons.restore({ ...ref, expectedRevision: revision }, session)),
    payload,
  });
  addMutation(builder, {
    name: `rotate${type}`,
    description: `Has the provider create new credentials for an ${noun}. The old ones are removed after \`overlapSeconds\`. Requires \`WRITE\` on addons.`,
    input: (t) => ({
      id: t.id(id),
      overlapSeconds: t.int({
        description: 'Seconds that the old credentials stay valid: 0-2,592,000 (30 days). Default: 3,600.',
      }),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedById('write', 'addon', type, NOUN[kind]),
    rules: rotateAddonInput.extend({ id: address }),
    failures: ['notFound', 'conflict', 'limit'],
    run: async ({ id: ref, overlapSeconds, expectedRevision: revision }, { services, session }) =>
      as(field, await services.addons.rotate({ ...ref, expectedRevision: revision }, overlapSeconds, session)),
    payload,
  });
}
