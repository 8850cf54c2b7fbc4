import type { Builder } from '../../graphql/types/builder.ts';
import { orNull } from '../../graphql/types/or-null.ts';
import { idOf } from '../../vault/document.ts';
import { AppNode, EnvironmentNode } from '../apps/node.ts';
import type { Compared, Status, UnsetSecret } from './compare.ts';
import { AppSecretNode } from './node.ts';

export function addComparisons(builder: Builder): void {
  const StatusEnum = builder.enumType('AppSecretDifferenceStatus', {
    description: "A secret's value in one environment compared with another.",
    values: {
      ADDED: { value: 'ADDED' as Status, description: 'Set in `to` only.' },
      REMOVED: { value: 'REMOVED' as Status, description: 'Set in `from` only.' },
      CHANGED: {
        value: 'CHANGED' as Status,
        description: 'Set in both, to different values or with another `hidden`.',
      },
      EQUAL: { value: 'EQUAL' as Status, description: 'Set in both to the same value.' },
      SET_IN_BOTH: {
        value: 'SET_IN_BOTH' as Status,
        description:
          'Set in both. To see whether the values are equal requires `READ` on both; for hidden ones, `RESOLVE`.',
      },
    },
  });
  const ComparedType = builder.objectRef<Compared>('AppSecretDifference').implement({
    description: 'A secret compared between two environments. Never holds a value.',
    fields: (t) => ({
      secret: t.field({ type: AppSecretNode, description: 'The secret.', resolve: ({ secret }) => secret }),
      status: t.field({ type: StatusEnum, description: 'The difference.', resolve: ({ status }) => status }),
    }),
  });
  const UnsetType = builder.objectRef<UnsetSecret>('UnsetAppSecret').implement({
    description: 'A secret without a value in some environment.',
    fields: (t) => ({
      secret: t.field({ type: AppSecretNode, description: 'The secret.', resolve: ({ secret }) => secret }),
      environments: t.field({
        type: [EnvironmentNode],
        description: 'The environments in which it has no value, in their order.',
        resolve: ({ environments }) => [...environments],
      }),
    }),
  });
  builder.objectFields(AppNode, (t) => ({
    difference: t.field({
      type: [ComparedType],
      nullable: true,
      description:
        'Compares two of its environments: the secrets set in either, by name. Null if one of them does not exist. Requires `LIST_KEYS`.',
      args: {
        from: t.arg({ type: 'Slug', required: true, description: 'Slug of the first environment.' }),
        to: t.arg({ type: 'Slug', required: true, description: 'Slug of the second environment.' }),
      },
      resolve: async ({ key }, { from, to }, { services, session }) => {
        const compared = await orNull(services.appSecrets.difference(idOf(key), from, to, session));
        return compared && [...compared];
      },
    }),
    unsetSecrets: t.field({
      type: [UnsetType],
      description: 'Its secrets that have no value in some environment, by name. Requires `LIST_KEYS`.',
      resolve: async ({ key }, _args, { services, session }) => [
        ...(await services.appSecrets.unset(idOf(key), session)),
      ],
    }),
  }));
}
