import type { Builder } from '../../graphql/types/builder.ts';
import { orNull } from '../../graphql/types/or-null.ts';
import { EnvironmentNode } from '../apps/node.ts';
import type { Action, CopyEntry, CopyPlan } from './copy.ts';
import { checkedNames } from './inputs.ts';
import { AppSecretNode } from './node.ts';
import { types } from './types.ts';

const ActionEnum = types.enumType('AppSecretCopyAction', {
  description: 'What a copy does to one secret in the target environment.',
  values: {
    ADDED: { value: 'ADDED' as Action, description: 'It has no value there.' },
    CHANGED: {
      value: 'CHANGED' as Action,
      description: 'It has another value there, or differs in `hidden`.',
    },
    UNCHANGED: { value: 'UNCHANGED' as Action, description: 'It has the same value there; nothing is written.' },
    WRITTEN: {
      value: 'WRITTEN' as Action,
      description: 'It has a value there, and you may not see whether the two are equal. It is written in any case.',
    },
  },
});
const EntryType = types.objectRef<CopyEntry>('AppSecretCopyEntry').implement({
  description: 'What the copy does to one secret.',
  fields: (t) => ({
    secret: t.field({ type: AppSecretNode, description: 'The secret.', resolve: ({ secret }) => secret }),
    action: t.field({ type: ActionEnum, description: 'What the copy does.', resolve: ({ action }) => action }),
  }),
});

export const PlanType = types.objectRef<CopyPlan>('AppSecretCopyPlan').implement({
  description: 'What a copy of values from one environment to another would do. Never holds a value.',
  fields: (t) => ({
    from: t.field({
      type: EnvironmentNode,
      description: 'The environment that the values come from.',
      resolve: ({ from }) => from,
    }),
    to: t.field({
      type: EnvironmentNode,
      description: 'The environment that the values go to.',
      resolve: ({ to }) => to,
    }),
    seq: t.field({
      type: 'SafeInt',
      description: 'Number of the commit that the preview is as of.',
      resolve: ({ seq }) => seq,
    }),
    planHash: t.exposeString('planHash', {
      description: 'Give it to `copyAppSecretValues`. Valid until one of the values changes.',
    }),
    entries: t.field({
      type: [EntryType],
      description: 'The secrets with a value to copy, by name. Those without one stay as they are.',
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
        'What `copyAppSecretValues` would do; changes nothing. Null if there is no such app or environment. Requires `LIST_KEYS`.',
      args: {
        app: t.arg({ type: 'Slug', required: true, description: 'Slug of the app.' }),
        from: t.arg({ type: 'Slug', required: true, description: 'Slug of the environment to copy from.' }),
        to: t.arg({ type: 'Slug', required: true, description: 'Slug of the environment to copy to.' }),
        names: t.arg.stringList({
          description: 'Only the secrets with these names, at most 1,000. Unknown names are ignored. Default: all.',
        }),
      },
      resolve: (_root, { names, ...ask }, { services, session }) =>
        orNull(services.appSecrets.previewCopy({ ...ask, names: checkedNames(names) }, session)),
    }),
  );
}
