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
    description: 'Where an app runs, such as staging: each of its secrets has a value there, or none yet.',
    fields: (t) => ({
      slug: slugField(t),
      app: t.field({
        type: AppNode,
        description: 'The app that it is of.',
        resolve: (environment, _args, { services, session }) => services.apps.bySlug(appOf(environment), session),
      }),
      name: t.string({
        description: '1-50 letters, digits, single hyphens and spaces.',
        resolve: ({ fields }) => fields.name,
      }),
      order: t.int({
        description: 'Where it stands among the environments of the app; equal ones stand by slug.',
        resolve: ({ fields }) => fields.order,
      }),
      protected: t.boolean({
        description: 'Whether changing it, and the values in it, needs `WRITE_PROTECTED`.',
        resolve: ({ fields }) => fields.protected,
      }),
      revision: t.exposeInt('revision', { description: '1 at creation, one more with every change.' }),
      createdAt: createdAtField(t),
      updatedAt: updatedAtField(t, 'When it last changed; setting values in it does not change it.'),
    }),
  });
}

function addAppType(builder: Builder): void {
  implementNode(builder, AppNode, {
    description: 'A catalog application: its environments, and its secrets with a value for each of them.',
    fields: (t) => ({
      slug: slugField(t),
      name: t.string({
        description: '3-100 letters, digits, single hyphens and spaces.',
        resolve: ({ fields }) => fields.name,
      }),
      environment: t.field({
        type: EnvironmentNode,
        nullable: true,
        description: 'One of its environments by slug; null when there is none.',
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
      updatedAt: updatedAtField(t, 'When it last changed; what is in it does not count.'),
    }),
  });
}

const BY_SLUG: ListOrder<StoredApp> = { name: 'apps.slug', keyOf: ({ key }) => idOf(key) };

export function addApps(builder: Builder): void {
  addAppType(builder);
  addEnvironmentType(builder);
  const FilterInput = builder.inputType('AppFilter', {
    description: 'Which apps; every condition that is given must hold.',
    fields: (t) => ({ nameContains: t.string({ description: 'Whose name holds this text, in any case.' }) }),
  });
  const connection = builder.connectionObject({ type: AppNode, name: 'AppConnection' }, { name: 'AppEdge' });
  builder.queryFields((t) => ({
    app: t.field({
      type: AppNode,
      nullable: true,
      description: 'An app by its slug; null when there is none or you may not see it.',
      args: { slug: t.arg({ type: 'Slug', required: true, description: 'The slug.' }) },
      resolve: (_root, { slug }, { services, session }) => orNull(services.apps.bySlug(slug, session)),
    }),
    apps: t.connection(
      {
        type: AppNode,
        description: 'The apps of the team that you may see, by slug.',
        args: { filter: t.arg({ type: FilterInput, description: 'Which; absent: all.' }) },
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
