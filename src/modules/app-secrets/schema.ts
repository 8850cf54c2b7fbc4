import type { Builder } from '../../graphql/types/builder.ts';
import { createdAtField, slugField, updatedAtField } from '../../graphql/types/node-fields.ts';
import { implementNode } from '../../graphql/types/nodes.ts';
import { orNull } from '../../graphql/types/or-null.ts';
import { type ListOrder, pageOf, within } from '../../graphql/types/pages.ts';
import { idOf } from '../../vault/document.ts';
import { appOf } from '../apps/model.ts';
import { AppNode } from '../apps/node.ts';
import { addComparisons } from './compare-schema.ts';
import { addCopyPreview } from './copy-schema.ts';
import type { StoredAppSecret } from './model.ts';
import { addAppSecretMutations } from './mutations.ts';
import { AppSecretNode } from './node.ts';
import { addRendering } from './rendered-schema.ts';
import { addAppSecretsStream } from './stream-schema.ts';
import { PurposeEnum } from './types.ts';
import { addValues, ValueType } from './value-schema.ts';

const placeOf = (secret: StoredAppSecret) => ({ app: appOf(secret), slug: idOf(secret.key) });

function addType(builder: Builder): void {
  implementNode(builder, AppSecretNode, {
    description: 'A secret of an app, with one value for each environment of the app.',
    fields: (t) => ({
      slug: slugField(t, 'Derived from the name: lower-cased, a hyphen for whatever is no letter or digit.'),
      app: t.field({
        type: AppNode,
        description: 'The app that it is of.',
        resolve: (secret, _args, { services, session }) => services.apps.bySlug(appOf(secret), session),
      }),
      name: t.string({
        description: '1-128 printable ASCII characters; the key that it is rendered under. Never changes.',
        resolve: ({ fields }) => fields.name,
      }),
      providerId: t.string({
        nullable: true,
        description: 'Its identifier elsewhere; null: none.',
        resolve: (secret) => secret.body().providerId,
      }),
      purposeType: t.field({
        type: PurposeEnum,
        description: 'What it is for.',
        resolve: ({ fields }) => fields.purposeType,
      }),
      values: t.field({
        type: [ValueType],
        description: 'Its value in each environment, by the order of those; unset ones too. Needs `LIST_KEYS`.',
        resolve: async (secret, _args, { services, session }) => [
          ...(await services.appSecrets.slots(secret, placeOf(secret), session)),
        ],
      }),
      value: t.field({
        type: ValueType,
        nullable: true,
        description:
          'Its value in one environment, unset or not; null when there is no such environment. Needs `LIST_KEYS`.',
        args: { environment: t.arg({ type: 'Slug', required: true, description: 'Slug of the environment.' }) },
        resolve: async (secret, { environment: slug }, { services, session }) => {
          const slots = await services.appSecrets.slots(secret, placeOf(secret), session);
          return slots.find(({ environment }) => idOf(environment.key) === slug) ?? null;
        },
      }),
      revision: t.exposeInt('revision', {
        description: '1 at creation, one more with every change of the secret itself.',
      }),
      createdAt: createdAtField(t),
      updatedAt: updatedAtField(t, 'When it last changed; its values do not count.'),
    }),
  });
}

const BY_SLUG: ListOrder<StoredAppSecret> = { name: 'appSecrets.slug', keyOf: ({ key }) => idOf(key) };

export function addAppSecrets(builder: Builder): void {
  addAppSecretsStream(builder);
  addType(builder);
  const FilterInput = builder.inputType('AppSecretFilter', {
    description: 'Which secrets; every condition that is given must hold.',
    fields: (t) => ({ nameContains: t.string({ description: 'Whose name holds this text, in any case.' }) }),
  });
  const connection = builder.connectionObject(
    { type: AppSecretNode, name: 'AppSecretConnection' },
    { name: 'AppSecretEdge' },
  );
  builder.objectFields(AppNode, (t) => ({
    secret: t.field({
      type: AppSecretNode,
      nullable: true,
      description: 'One of its secrets by slug; null when there is none or you may not see it.',
      args: { slug: t.arg({ type: 'Slug', required: true, description: 'The slug.' }) },
      resolve: ({ key }, { slug }, { services, session }) =>
        orNull(services.appSecrets.bySlug({ app: idOf(key), slug }, session)),
    }),
    secrets: t.connection(
      {
        type: AppSecretNode,
        description: 'Its secrets that you may see, by slug.',
        args: { filter: t.arg({ type: FilterInput, description: 'Which; absent: all.' }) },
        resolve: async ({ key }, { filter, ...page }, context) => {
          const all = await context.services.appSecrets.list(idOf(key), context.session);
          const text = filter?.nameContains?.toLowerCase() ?? '';
          const wanted = all.filter(({ fields }) => fields.name.toLowerCase().includes(text));
          return pageOf(wanted, within(BY_SLUG, idOf(key)), page, context);
        },
      },
      connection,
    ),
  }));
  addValues(builder);
  addRendering(builder);
  addComparisons(builder);
  addCopyPreview(builder);
  addAppSecretMutations(builder);
}
