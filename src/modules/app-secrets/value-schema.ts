import { reveal } from '../../audit/reveal.ts';
import type { Builder } from '../../graphql/types/builder.ts';
import type { Context } from '../../graphql/types/context.ts';
import { pageOfRevisions, type RevisionList } from '../../graphql/types/revision-pages.ts';
import { EnvironmentNode } from '../apps/node.ts';
import { KEY_VALUE_URN } from './inputs.ts';
import { AppSecretNode } from './node.ts';
import type { Slot } from './slots.ts';
import { types } from './types.ts';
import type { ValueRevision } from './values.ts';
import { pastTextOf, textOf } from './view.ts';

/** Reached only by those who may see keys. */
export const ValueType = types.objectRef<Slot>('AppSecretValue').implement({
  description: "A secret's value in one environment; unset if it has none.",
  fields: (t) => ({
    environment: t.field({
      type: EnvironmentNode,
      description: 'The environment.',
      resolve: ({ environment }) => environment,
    }),
    appSecret: t.field({ type: AppSecretNode, description: 'The secret.', resolve: ({ secret }) => secret }),
    isSet: t.boolean({ description: 'Whether there is a value.', resolve: ({ value }) => value !== null }),
    valueTypeUrn: t.string({
      nullable: true,
      description: `Type of the value: \`${KEY_VALUE_URN}\`; null when unset.`,
      resolve: ({ value }) => value && KEY_VALUE_URN,
    }),
    hidden: t.boolean({
      description: 'Whether it is write-only: it cannot be read back, only `rendered` shows it.',
      resolve: ({ value }) => value?.fields.hidden ?? false,
    }),
    text: t.string({
      nullable: true,
      description: 'The value; null when masked or unset. Requires `READ`.',
      resolve: (slot, _args, context) => reveal(context, textOf(slot, context.session)),
    }),
    masked: t.boolean({
      description: 'True if you may not see the value.',
      resolve: (slot, _args, { session }) => !textOf(slot, session).isSeen,
    }),
    revision: t.int({
      nullable: true,
      description: '1 when first set, one more with every change, unsetting included; null if it was never set.',
      resolve: ({ latest }) => latest?.revision ?? null,
    }),
    updatedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was last set or unset; null if never.',
      resolve: ({ latest }) => latest?.fields.updatedAt ?? null,
    }),
  }),
});

function historyOf(slot: Slot, { services, session }: Context): RevisionList<ValueRevision> {
  const read = services.appSecrets.revisions(slot, session);
  return {
    name: ['appSecretValues.revisions', ...(slot.latest?.key.slice(1) ?? [])],
    read,
    numberOf: ({ past }) => past.revision,
  };
}

export function addValues(builder: Builder): void {
  const RevisionType = builder.objectRef<ValueRevision>('AppSecretValueRevision').implement({
    description: 'One revision of a value. At least the last 50 are kept, and all of the last 24 hours.',
    fields: (t) => ({
      revision: t.int({ description: 'Number of the revision.', resolve: ({ past }) => past.revision }),
      seq: t.field({ type: 'SafeInt', description: 'The commit that made it.', resolve: ({ past }) => past.seq }),
      isSet: t.boolean({
        description: 'Whether there was a value. If false, it was unset.',
        resolve: ({ past }) => !past.deleted,
      }),
      hidden: t.boolean({
        description: 'Whether it was write-only.',
        resolve: ({ past }) => !past.deleted && past.fields.hidden,
      }),
      text: t.string({
        nullable: true,
        description: 'The value; null when masked or unset. A hidden value masks all earlier ones for good.',
        resolve: (row, _args, context) => reveal(context, pastTextOf(row, context.session)),
      }),
      masked: t.boolean({
        description: 'True if you may not see the value.',
        resolve: (row, _args, { session }) => !pastTextOf(row, session).isSeen,
      }),
      updatedAt: t.field({
        type: 'DateTime',
        description: 'When it was made.',
        resolve: ({ past }) => past.fields.updatedAt,
      }),
    }),
  });
  const connection = builder.connectionObject(
    { type: RevisionType, name: 'AppSecretValueRevisionConnection' },
    { name: 'AppSecretValueRevisionEdge' },
  );
  builder.objectFields(ValueType, (t) => ({
    revisions: t.connection(
      {
        type: RevisionType,
        description: 'Its revisions that are still kept, newest first.',
        resolve: (slot, args, context) => pageOfRevisions(historyOf(slot, context), args, context),
      },
      connection,
    ),
  }));
}
