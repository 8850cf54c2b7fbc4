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
    description: "A secret of an app, with one value for each of the app's environments.",
    fields: (t) => ({
      slug: slugField(
        t,
        'Derived from the name: in lower case, with hyphens in place of other characters than letters and digits.',
      ),
      app: t.field({
        type: AppNode,
        description: 'The app it belongs to.',
        resolve: (secret, _args, { services, session }) => services.apps.bySlug(appOf(secret), session),
      }),
      name: t.string({
        description: '1-128 printable ASCII characters: its key in `rendered`. Never changes.',
        resolve: ({ fields }) => fields.name,
      }),
      providerId: t.string({
        nullable: true,
        description: 'Its identifier in another system; null if none.',
        resolve: (secret) => secret.body().providerId,
      }),
      purposeType: t.field({
        type: PurposeEnum,
        description: 'What it is for.',
        resolve: ({ fields }) => fields.purposeType,
      }),
      values: t.field({
        type: [ValueType],
        description:
          'Its value in each environment, set or unset, in the order of the environments. Requires `LIST_KEYS`.',
        resolve: async (secret, _args, { services, session }) => [
          ...(await services.appSecrets.slots(secret, placeOf(secret), session)),
        ],
      }),
      value: t.field({
        type: ValueType,
        nullable: true,
        description:
          'Its value in one environment, set or unset; null if there is no such environment. Requires `LIST_KEYS`.',
        args: { environment: t.arg({ type: 'Slug', required: true, description: 'Slug of the environment.' }) },
        resolve: async (secret, { environment: slug }, { services, session }) => {
          const slots = await services.appSecrets.slots(secret, placeOf(secret), session);
          return slots.find(({ environment }) => idOf(environment.key) === slug) ?? null;
        },
      }),
      revision: t.exposeInt('revision', {
        description: '1 at creation, one more with every change of the secret itself, not of its values.',
      }),
      createdAt: createdAtField(t),
      updatedAt: updatedAtField(t, 'When it last changed; changes of its values do not count.'),
    }),
  });
}

const BY_SLUG: ListOrder<StoredAppSecret> = { name: 'appSecrets.slug', keyOf: ({ key }) => idOf(key) };

export function addAppSecrets(builder: Builder): void {
  addAppSecretsStream(builder);
  addType(builder);
  const FilterInput = builder.inputType('AppSecretFilter', {
    description: 'Selects secrets. Every given condition must hold.',
    fields: (t) => ({ nameContains: t.string({ description: 'The name contains this text, ignoring case.' }) }),
  });
  const connection = builder.connectionObject(
    { type: AppSecretNode, name: 'AppSecretConnection' },
    { name: 'AppSecretEdge' },
  );
  builder.objectFields(AppNode, (t) => ({
    secret: t.field({
      type: AppSecretNode,
      nullable: true,
      description: 'A secret by its slug; null if there is none or you may not see it.',
      args: { slug: t.arg({ type: 'Slug', required: true, description: 'The slug.' }) },
      resolve: ({ key }, { slug }, { services, session }) =>
        orNull(services.appSecrets.bySlug({ app: idOf(key), slug }, session)),
    }),
    secrets: t.connection(
      {
        type: AppSecretNode,
        description: 'Its secrets that you may see, by slug.',
        args: { filter: t.arg({ type: FilterInput, description: 'Selects a part of them. Default: all.' }) },
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
