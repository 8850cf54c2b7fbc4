import type { Builder } from '../../graphql/types/builder.ts';
import { orNull } from '../../graphql/types/or-null.ts';
import { EnvironmentNode } from '../apps/node.ts';
import type { Action, CopyEntry, CopyPlan } from './copy.ts';
import { checkedNames } from './inputs.ts';
import { AppSecretNode } from './node.ts';
import { types } from './types.ts';

const ActionEnum = types.enumType('AppSecretCopyAction', {
  description: 'What a copy does to one secret in the environment that it goes to.',
  values: {
    ADDED: { value: 'ADDED' as Action, description: 'It had no value there.' },
    CHANGED: {
      value: 'CHANGED' as Action,
      description: 'It had another value there, or one that was not hidden alike.',
    },
    UNCHANGED: { value: 'UNCHANGED' as Action, description: 'It has this value already; nothing is written.' },
    WRITTEN: {
      value: 'WRITTEN' as Action,
      description: 'It has a value there. You may not see whether the two values are equal; it is written in any case.',
    },
  },
});
const EntryType = types.objectRef<CopyEntry>('AppSecretCopyEntry').implement({
  description: 'What becomes of one secret.',
  fields: (t) => ({
    secret: t.field({ type: AppSecretNode, description: 'The secret.', resolve: ({ secret }) => secret }),
    action: t.field({ type: ActionEnum, description: 'What is done.', resolve: ({ action }) => action }),
  }),
});

export const PlanType = types.objectRef<CopyPlan>('AppSecretCopyPlan').implement({
  description: 'What a copy of values from one environment to another does. Never a value.',
  fields: (t) => ({
    from: t.field({ type: EnvironmentNode, description: 'Where the values come from.', resolve: ({ from }) => from }),
    to: t.field({ type: EnvironmentNode, description: 'Where they go.', resolve: ({ to }) => to }),
    seq: t.field({ type: 'SafeInt', description: "The team's commit that it was made on.", resolve: ({ seq }) => seq }),
    planHash: t.exposeString('planHash', {
      description: 'For `copyAppSecretValues`: good until one of the values changes.',
    }),
    entries: t.field({
      type: [EntryType],
      description: 'The secrets with a value to copy, by name. What has none is left as it is.',
      resolve: ({ entries }) => [...entries],
    }),
  }),
});

export function addCopyPreview(builder: Builder): void {
  builder.queryField('previewAppSecretCopy', (t) =>
    t.field({
      type: PlanType,
      nullable: true,
      description:
        'What `copyAppSecretValues` would do; changes nothing. Null when there is no such app or environment. Needs `LIST_KEYS`.',
      args: {
        app: t.arg({ type: 'Slug', required: true, description: 'Slug of the app.' }),
        from: t.arg({ type: 'Slug', required: true, description: 'Slug of the environment to copy from.' }),
        to: t.arg({ type: 'Slug', required: true, description: 'Slug of the environment to copy to.' }),
        names: t.arg.stringList({
          description: 'Only the secrets with these names, at most 1,000; absent: all. Unknown names are ignored.',
        }),
      },
      resolve: (_root, { names, ...ask }, { services, session }) =>
        orNull(services.appSecrets.previewCopy({ ...ask, names: checkedNames(names) }, session)),
    }),
  );
}
