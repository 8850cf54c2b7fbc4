import type { ResolutionError } from '../../domain/types.ts';
import type { Context } from '../../graphql/types/context.ts';
import { orNull } from '../../graphql/types/or-null.ts';
import type { StoredGroup } from '../secret-groups/model.ts';
import { SecretGroupNode } from '../secret-groups/node.ts';
import { AddonKindEnum } from '../secret-groups/types.ts';
import { types } from './types.ts';
import type { SourceView } from './views.ts';

const groupField = {
  type: SecretGroupNode,
  nullable: true,
  description: 'The group; null when you may not see it.',
} as const;

/** Looked up once in a request: a group is the source of many variables. */
function groupOf({ project, source }: SourceView, _args: object, context: Context): Promise<StoredGroup | null> | null {
  if (source.kind === 'direct') return null;
  const { services, session, memo } = context;
  return memo.of(`group ${project}/${source.group}`, () =>
    orNull(services.secretGroups.bySlug({ project, slug: source.group }, session)),
  );
}

const GroupSource = types.objectRef<SourceView>('SecretGroupSource').implement({
  description: 'Written in a secret group.',
  fields: (t) => ({
    group: t.field({ ...groupField, resolve: groupOf }),
  }),
});

const AddonSource = types.objectRef<SourceView>('AddonSource').implement({
  description: 'A value of an addon that a secret group links.',
  fields: (t) => ({
    group: t.field({ ...groupField, resolve: groupOf }),
    kind: t.field({
      type: AddonKindEnum,
      description: 'Kind of the addon.',
      resolve: ({ source }) => (source.kind === 'addon' ? source.addonKind : 'addon'),
    }),
    addon: t.string({
      description: 'Id of the addon.',
      resolve: ({ source }) => (source.kind === 'addon' ? source.addonId : ''),
    }),
    keyName: t.string({
      description: 'Name of the key at the provider.',
      resolve: ({ source }) => (source.kind === 'addon' ? source.keyName : ''),
    }),
  }),
});

const DirectSource = types.objectRef<SourceView>('DirectSource').implement({
  description: 'Written in the workload itself.',
  fields: (t) => ({
    direct: t.boolean({ description: 'Always true.', resolve: () => true }),
  }),
});

const TYPE_OF = { group: GroupSource, addon: AddonSource, direct: DirectSource } as const;

export const SourceUnion = types.unionType('VariableSource', {
  description: 'Where a resolved value was written.',
  types: [GroupSource, AddonSource, DirectSource],
  resolveType: ({ source }) => TYPE_OF[source.kind],
});

const ErrorCodeEnum = types.enumType('ResolutionErrorCode', {
  description: 'Why a key has no value.',
  values: {
    CYCLE: {
      value: 'CYCLE' as const,
      description: 'It refers to itself, directly or through others, or to a key that does.',
    },
    TOO_DEEP: { value: 'TOO_DEEP' as const, description: 'Its references go deeper than 32.' },
    TOO_LARGE: {
      value: 'TOO_LARGE' as const,
      description: 'The result would be larger than 1 MiB, or all results together too large.',
    },
    TOO_MANY_STEPS: { value: 'TOO_MANY_STEPS' as const, description: 'Resolving it takes more than 10,000 steps.' },
  },
});

export const ErrorType = types.objectRef<ResolutionError>('ResolutionError').implement({
  description: 'Why a key has no value. Other keys are not affected.',
  fields: (t) => ({
    code: t.field({ type: ErrorCodeEnum, description: 'Code for programs.', resolve: ({ code }) => code }),
    path: t.stringList({
      description: 'Names of the keys from this one to the cause. Never a value.',
      resolve: ({ path }) => [...path],
    }),
  }),
});
