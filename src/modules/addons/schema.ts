import type { Builder } from '../../graphql/builder.ts';
import { expectedRevision, idempotencyKey } from '../../graphql/fields.ts';
import { groupAddress, idRule } from '../../graphql/ids.ts';
import { addMutation } from '../../graphql/mutation.ts';
import { nodes } from '../../graphql/nodes.ts';
import { orNull } from '../../graphql/or-null.ts';
import { type ListOrder, pageOf } from '../../graphql/pages.ts';
import { idOf } from '../../vault/document.ts';
import type { CommitFacts } from '../../vault/once.ts';
import { createAddonInput, deleteAddonInput, updateAddonInput } from './inputs.ts';
import type { AddonKind, StoredAddon } from './model.ts';
import { addProviders, ProviderType } from './provider-schema.ts';

/** How one of the two kinds is called. */
interface Words {
  readonly kind: AddonKind;
  readonly type: 'Addon' | 'ExternalAddon';
  readonly field: 'addon' | 'externalAddon';
  readonly noun: string;
  readonly about: string;
}
const KINDS: readonly Words[] = [
  {
    kind: 'addon',
    type: 'Addon',
    field: 'addon',
    noun: 'addon',
    about: 'A backing service of a project, whose keys secret groups may link.',
  },
  {
    kind: 'external-addon',
    type: 'ExternalAddon',
    field: 'externalAddon',
    noun: 'external addon',
    about: 'A resource that lives elsewhere, whose keys secret groups may link.',
  },
];

export function addAddons(builder: Builder): void {
  addProviders(builder);
  for (const words of KINDS) {
    addType(builder, words);
    addQueries(builder, words);
    addMutations(words);
  }
}

function addType(builder: Builder, { type, field, about }: Words): void {
  builder.objectType(nodes[field], {
    name: type,
    description: about,
    fields: (t) => ({
      slug: t.field({
        type: 'Slug',
        description: 'Derived from the name at creation; links name it.',
        resolve: ({ key }) => idOf(key),
      }),
      project: t.field({
        type: nodes.project,
        description: 'The project it belongs to.',
        resolve: ({ key }, _args, { services, session }) => services.projects.bySlug(key[1] ?? '', session),
      }),
      name: t.string({
        description: '3-100 letters, digits, single hyphens and spaces.',
        resolve: ({ fields }) => fields.name,
      }),
      description: t.string({
        nullable: true,
        description: 'At most 200 characters; null means none.',
        resolve: (addon) => addon.body().description,
      }),
      providerId: t.string({ description: 'Id of its provider.', resolve: ({ fields }) => fields.provider }),
      provider: t.field({
        type: ProviderType,
        nullable: true,
        description: 'Its provider; null while that is not loaded: then its keys have no values.',
        resolve: (addon, _args, { services }) => services.addons.providerOf(addon),
      }),
      params: t.field({
        type: 'JSON',
        nullable: true,
        description: 'Its parameters, secrets among them as null. Null without `read` on addons.',
        resolve: (addon, _args, { services, session }) => services.addons.params(addon, session),
      }),
      revision: t.exposeInt('revision', { description: '1 at creation, one more with every change.' }),
      createdAt: t.field({
        type: 'DateTime',
        description: 'When it was created.',
        resolve: ({ fields }) => fields.createdAt,
      }),
      updatedAt: t.field({
        type: 'DateTime',
        description: 'When it last changed.',
        resolve: ({ fields }) => fields.updatedAt,
      }),
    }),
  });
}

function addQueries(builder: Builder, { kind, type, field, noun }: Words): void {
  const order: ListOrder<StoredAddon> = { name: `${field}s`, keyOf: ({ key }) => idOf(key) };
  const connection = builder.connectionObject(
    { type: nodes[field], name: `${type}Connection` },
    { name: `${type}Edge` },
  );
  builder.objectField(nodes.project, field, (t) =>
    t.field({
      type: nodes[field],
      nullable: true,
      description: `An ${noun} by its slug; null when there is none or you may not see it.`,
      args: { slug: t.arg({ type: 'Slug', required: true, description: 'The slug.' }) },
      resolve: ({ key }, { slug }, { services, session }) =>
        orNull(services.addons.bySlug({ kind, project: idOf(key), slug }, session)),
    }),
  );
  builder.objectField(nodes.project, `${field}s`, (t) =>
    t.connection(
      {
        type: nodes[field],
        description: `The ${noun}s of the project that you may see, by slug.`,
        resolve: async ({ key }, page, context) =>
          pageOf(await context.services.addons.list(kind, idOf(key), context.session), order, page, context),
      },
      connection,
    ),
  );
}

interface Done {
  readonly addon: StoredAddon;
  readonly commit: CommitFacts;
}

function addMutations({ kind, type, field, noun }: Words): void {
  const payload = { [field]: { type: nodes[field], description: `The ${noun}.` } };
  const as = ({ addon, commit }: Done) => ({ [field]: addon, commit }) as { readonly commit: CommitFacts };
  const address = idRule(type).transform((local) => ({ kind, ...groupAddress(local) }));
  const params = 'As the provider takes them: see `addonProviders`.';
  addMutation({
    name: `create${type}`,
    description: `Creates an ${noun}. Needs \`write\` on addons.`,
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
    rules: createAddonInput,
    failures: ['notFound', 'conflict', 'limit'],
    run: async (input, { services, session }) => as(await services.addons.create(kind, input, session)),
    payload,
  });
  addMutation({
    name: `update${type}`,
    description: `Changes what is given of an ${noun}. Needs \`write\` on addons.`,
    input: (t) => ({
      id: t.id({ required: true, description: `The ${noun}.` }),
      name: t.string({ description: 'Its new name; the slug stays. Absent: unchanged.' }),
      description: t.string({ description: 'Absent: unchanged; null or empty: none.' }),
      params: t.field({ type: 'JSON', description: `All of them, secrets too. ${params} Absent: unchanged.` }),
      expectedRevision: expectedRevision(t),
    }),
    rules: updateAddonInput.extend({ id: address }),
    failures: ['notFound', 'conflict'],
    run: async ({ id, expectedRevision: revision, ...input }, { services, session }) =>
      as(await services.addons.update({ ...id, expectedRevision: revision }, input, session)),
    payload,
  });
  addMutation({
    name: `delete${type}`,
    description: `Deletes an ${noun} that no group links. Needs \`delete\` on addons.`,
    input: (t) => ({
      id: t.id({ required: true, description: `The ${noun}.` }),
      force: t.boolean({
        description: 'Unlinks it from all groups in the same commit, by the rights that unlinking needs. Absent: no.',
      }),
      expectedRevision: expectedRevision(t),
    }),
    rules: deleteAddonInput.extend({ id: address }),
    failures: ['notFound', 'conflict'],
    run: async ({ id, force, expectedRevision: revision }, { services, session }) =>
      as(await services.addons.remove({ ...id, expectedRevision: revision }, force === true, session)),
    payload,
  });
}
