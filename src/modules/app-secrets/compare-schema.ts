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
      CHANGED: { value: 'CHANGED' as Status, description: 'Set in both, to different values or not hidden alike.' },
      EQUAL: { value: 'EQUAL' as Status, description: 'Set in both to the same value.' },
      SET_IN_BOTH: {
        value: 'SET_IN_BOTH' as Status,
        description:
          'Set in both. Whether to the same value is for those who may read both, and of hidden ones for those with `RESOLVE`.',
      },
    },
  });
  const ComparedType = builder.objectRef<Compared>('AppSecretDifference').implement({
    description: 'A secret in two environments. Never a value.',
    fields: (t) => ({
      secret: t.field({ type: AppSecretNode, description: 'The secret.', resolve: ({ secret }) => secret }),
      status: t.field({ type: StatusEnum, description: 'What it is.', resolve: ({ status }) => status }),
    }),
  });
  const UnsetType = builder.objectRef<UnsetSecret>('UnsetAppSecret').implement({
    description: 'A secret without a value somewhere.',
    fields: (t) => ({
      secret: t.field({ type: AppSecretNode, description: 'The secret.', resolve: ({ secret }) => secret }),
      environments: t.field({
        type: [EnvironmentNode],
        description: 'Where it has none, by their order.',
        resolve: ({ environments }) => [...environments],
      }),
    }),
  });
  builder.objectFields(AppNode, (t) => ({
    difference: t.field({
      type: [ComparedType],
      nullable: true,
      description:
        'Two of its environments side by side: the secrets that are set in either, by name; null when one of them is not there. Needs `LIST_KEYS`.',
      args: {
        from: t.arg({ type: 'Slug', required: true, description: 'Slug of the one environment.' }),
        to: t.arg({ type: 'Slug', required: true, description: 'Slug of the other.' }),
      },
      resolve: async ({ key }, { from, to }, { services, session }) => {
        const compared = await orNull(services.appSecrets.difference(idOf(key), from, to, session));
        return compared && [...compared];
      },
    }),
    unsetSecrets: t.field({
      type: [UnsetType],
      description: 'Which of its secrets have no value where, by name. Needs `LIST_KEYS`.',
      resolve: async ({ key }, _args, { services, session }) => [
        ...(await services.appSecrets.unset(idOf(key), session)),
      ],
    }),
  }));
}
