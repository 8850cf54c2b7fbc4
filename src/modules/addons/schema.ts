import { reveal } from '../../audit/reveal.ts';
import type { Builder } from '../../graphql/types/builder.ts';
import { SensitivityEnum } from '../../graphql/types/fields.ts';
import { listed } from '../../graphql/types/listed.ts';
import { createdAtField, descriptionField, slugField, updatedAtField } from '../../graphql/types/node-fields.ts';
import { implementNode } from '../../graphql/types/nodes.ts';
import { orNull } from '../../graphql/types/or-null.ts';
import { type ListOrder, pageOf } from '../../graphql/types/pages.ts';
import { idOf } from '../../vault/document.ts';
import { ProjectNode } from '../projects/node.ts';
import { addTestAddon } from './check-schema.ts';
import type { CredentialRow } from './credentials.ts';
import { addAddonHistory } from './history-schema.ts';
import type { StoredAddon } from './model.ts';
import { addAddonMutations } from './mutations.ts';
import { addonNodes } from './node.ts';
import { addProviders, ProviderType } from './provider-schema.ts';
import { types } from './types.ts';
import { WORDS, type Words } from './words.ts';

export function addAddons(builder: Builder): void {
  addProviders(builder);
  for (const words of WORDS) {
    addType(builder, words);
    addQueries(builder, words);
    addAddonMutations(builder, words);
  }
  addAddonHistory(builder);
  addTestAddon(builder);
}

const AddonCredentialType = types.objectRef<CredentialRow>('AddonCredential').implement({
  description: 'A key of an addon and what its provider gives for it.',
  fields: (t) => ({
    name: t.exposeString('name', { description: "The provider's name for it." }),
    type: t.field({
      type: SensitivityEnum,
      description: '`SECRET`: its value requires `RESOLVE` on addons.',
      resolve: (row) => row.type,
    }),
    value: t.string({
      nullable: true,
      description: 'Null when masked, or when the provider gives no value.',
      resolve: ({ value }, _args, context) => reveal(context, value),
    }),
    masked: t.boolean({ description: 'True if you may not see the value.', resolve: ({ value }) => !value.isSeen }),
  }),
});

function addType(builder: Builder, { field, about }: Words): void {
  implementNode(builder, addonNodes[field], {
    description: about,
    fields: (t) => ({
      slug: slugField(t, 'Derived from the name at creation. Links refer to it.'),
      project: t.field({
        type: ProjectNode,
        description: 'The project it belongs to.',
        resolve: ({ key }, _args, { services, session }) => services.projects.bySlug(key[1] ?? '', session),
      }),
      name: t.string({
        description: '3-100 letters, digits, single hyphens and spaces.',
        resolve: ({ fields }) => fields.name,
      }),
      description: descriptionField(t),
      providerId: t.string({ description: 'Id of its provider.', resolve: ({ fields }) => fields.provider }),
      provider: t.field({
        type: ProviderType,
        nullable: true,
        description: 'Its provider; null while the provider is not loaded, and then its keys have no values.',
        resolve: (addon, _args, { services }) => services.addons.providers.of(addon),
      }),
      params: t.field({
        type: 'JSON',
        nullable: true,
        description: 'Its parameters; secret ones are null. Null without `READ` on addons.',
        resolve: (addon, _args, context) => reveal(context, context.services.addons.params(addon, context.session)),
      }),
      credentials: t.field({
        type: [AddonCredentialType],
        description:
          "The provider's keys with their current values, by name. Requires `READ` on addons; values of secret keys require `RESOLVE` on addons.",
        async resolve(addon, _args, context) {
          const { rows, volatile } = await context.services.addons.credentials(addon, context.session);
          if (volatile) context.notRepeatable();
          return listed(rows, context);
        },
      }),
      revision: t.exposeInt('revision', { description: '1 at creation, one more with every change.' }),
      rotatedAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When its credentials were last rotated; null if never.',
        resolve: ({ fields }) => fields.rotatedAt ?? null,
      }),
      retiringUntil: t.field({
        type: ['DateTime'],
        description: 'When each of its old credentials ends, at the earliest.',
        resolve: ({ fields }) => [...(fields.retiringUntil ?? [])].sort(),
      }),
      createdAt: createdAtField(t),
      updatedAt: updatedAtField(t),
    }),
  });
}

function addQueries(builder: Builder, { kind, type, field, noun }: Words): void {
  const order: ListOrder<StoredAddon> = { name: `${field}s`, keyOf: ({ key }) => idOf(key) };
  const connection = builder.connectionObject(
    { type: addonNodes[field], name: `${type}Connection` },
    { name: `${type}Edge` },
  );
  builder.objectField(ProjectNode, field, (t) =>
    t.field({
      type: addonNodes[field],
      nullable: true,
      description: `An ${noun} by its slug; null if there is none or you may not see it.`,
      args: { slug: t.arg({ type: 'Slug', required: true, description: 'The slug.' }) },
      resolve: ({ key }, { slug }, { services, session }) =>
        orNull(services.addons.bySlug({ kind, project: idOf(key), slug }, session)),
    }),
  );
  builder.objectField(ProjectNode, `${field}s`, (t) =>
    t.connection(
      {
        type: addonNodes[field],
        description: `The ${noun}s of the project that you may see, by slug.`,
        resolve: async ({ key }, page, context) =>
          pageOf(await context.services.addons.list(kind, idOf(key), context.session), order, page, context),
      },
      connection,
    ),
  );
}
