import type { Builder } from '../../graphql/types/builder.ts';
import { createdAtField, slugField, updatedAtField } from '../../graphql/types/node-fields.ts';
import { implementNode } from '../../graphql/types/nodes.ts';
import { orNull } from '../../graphql/types/or-null.ts';
import { type ListOrder, pageOf } from '../../graphql/types/pages.ts';
import { idOf } from '../../vault/document.ts';
import { appOf, type StoredApp } from './model.ts';
import { addAppMutations } from './mutations.ts';
import { AppNode, EnvironmentNode } from './node.ts';

function addEnvironmentType(builder: Builder): void {
  implementNode(builder, EnvironmentNode, {
    description: 'A place where an app runs, such as staging. Each secret of the app has a value for it, or none yet.',
    fields: (t) => ({
      slug: slugField(t),
      app: t.field({
        type: AppNode,
        description: 'The app it belongs to.',
        resolve: (environment, _args, { services, session }) => services.apps.bySlug(appOf(environment), session),
      }),
      name: t.string({
        description: '1-50 letters, digits, single hyphens and spaces.',
        resolve: ({ fields }) => fields.name,
      }),
      order: t.int({
        description: "Position among the app's environments; equal positions are sorted by slug.",
        resolve: ({ fields }) => fields.order,
      }),
      protected: t.boolean({
        description: 'Whether changing it, and the values in it, requires `WRITE_PROTECTED`.',
        resolve: ({ fields }) => fields.protected,
      }),
      revision: t.exposeInt('revision', { description: '1 at creation, one more with every change.' }),
      createdAt: createdAtField(t),
      updatedAt: updatedAtField(t, 'When it last changed; values that are set in it do not count.'),
    }),
  });
}

function addAppType(builder: Builder): void {
  implementNode(builder, AppNode, {
    description: 'An application of the team: its environments, and its secrets with one value for each environment.',
    fields: (t) => ({
      slug: slugField(t),
      name: t.string({
        description: '3-100 letters, digits, single hyphens and spaces.',
        resolve: ({ fields }) => fields.name,
      }),
      environment: t.field({
        type: EnvironmentNode,
        nullable: true,
        description: 'An environment by its slug; null if there is none.',
        args: { slug: t.arg({ type: 'Slug', required: true, description: 'The slug.' }) },
        resolve: ({ key }, { slug }, { services, session }) =>
          orNull(services.environments.bySlug({ app: idOf(key), slug }, session)),
      }),
      environments: t.field({
        type: [EnvironmentNode],
        description: 'Its environments by their order, then by slug.',
        resolve: async ({ key }, _args, { services, session }) => [
          ...(await services.environments.list(idOf(key), session)),
        ],
      }),
      revision: t.exposeInt('revision', { description: '1 at creation, one more with every change.' }),
      createdAt: createdAtField(t),
      updatedAt: updatedAtField(t, 'When it last changed; changes of its environments and secrets do not count.'),
    }),
  });
}

const BY_SLUG: ListOrder<StoredApp> = { name: 'apps.slug', keyOf: ({ key }) => idOf(key) };

export function addApps(builder: Builder): void {
  addAppType(builder);
  addEnvironmentType(builder);
  const FilterInput = builder.inputType('AppFilter', {
    description: 'Selects apps. Every given condition must hold.',
    fields: (t) => ({ nameContains: t.string({ description: 'The name contains this text, ignoring case.' }) }),
  });
  const connection = builder.connectionObject({ type: AppNode, name: 'AppConnection' }, { name: 'AppEdge' });
  builder.queryFields((t) => ({
    app: t.field({
      type: AppNode,
      nullable: true,
      description: 'An app by its slug; null if there is none or you may not see it.',
      args: { slug: t.arg({ type: 'Slug', required: true, description: 'The slug.' }) },
      resolve: (_root, { slug }, { services, session }) => orNull(services.apps.bySlug(slug, session)),
    }),
    apps: t.connection(
      {
        type: AppNode,
        description: 'The apps of the team that you may see, by slug.',
        args: { filter: t.arg({ type: FilterInput, description: 'Selects a part of them. Default: all.' }) },
        resolve: async (_root, { filter, ...page }, context) => {
          const all = await context.services.apps.list(context.session);
          const text = filter?.nameContains?.toLowerCase() ?? '';
          const wanted = all.filter(({ fields }) => fields.name.toLowerCase().includes(text));
          return pageOf(wanted, BY_SLUG, page, context);
        },
      },
      connection,
    ),
  }));
  addAppMutations(builder);
}
