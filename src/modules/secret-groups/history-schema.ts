import type { Builder } from '../../graphql/types/builder.ts';
import type { Context } from '../../graphql/types/context.ts';
import { SensitivityEnum, VariableType } from '../../graphql/types/fields.ts';
import { listed } from '../../graphql/types/listed.ts';
import { onceInRequest } from '../../graphql/types/memo.ts';
import { NameDiffType } from '../../graphql/types/name-diff.ts';
import { pageOfRevisions, type RevisionList } from '../../graphql/types/revision-pages.ts';
import type { GroupDiff } from './history.ts';
import type { StoredGroup } from './model.ts';
import { SecretGroupNode } from './node.ts';
import { RestrictionsType, SecretTypeEnum } from './types.ts';
import { isRevisionShown, keysOfBoth, type Revision, variablesOfRevision } from './view.ts';

const historyOf = (now: StoredGroup, { services, session }: Context): RevisionList<Revision> => ({
  name: ['revisions', ...now.key.slice(1)],
  read: async (below, limit) =>
    (await services.secretGroups.history.revisions(now, below, limit, session)).map((past) => ({ past, now })),
  numberOf: ({ past }) => past.revision,
  isShown: (row) => isRevisionShown(row, session),
});

const addRevisionType = (builder: Builder) =>
  builder.objectRef<Revision>('SecretGroupRevision').implement({
    description: 'One revision of a secret group. At least the last 50 are kept, and all of the last 24 hours.',
    fields: (t) => ({
      revision: t.int({ description: 'Number of the revision.', resolve: ({ past }) => past.revision }),
      seq: t.field({ type: 'SafeInt', description: 'The commit that made it.', resolve: ({ past }) => past.seq }),
      deleted: t.boolean({ description: 'Whether it marks a deletion.', resolve: ({ past }) => past.deleted }),
      updatedAt: t.field({
        type: 'DateTime',
        description: 'When it was made.',
        resolve: ({ past }) => past.fields.updatedAt,
      }),
      type: t.field({
        type: SensitivityEnum,
        description: 'The type it had.',
        resolve: ({ past }) => past.fields.type,
      }),
      secretType: t.field({
        type: SecretTypeEnum,
        description: 'When it was inherited.',
        resolve: ({ past }) => past.fields.secretType,
      }),
      priority: t.int({ description: 'The priority it had.', resolve: ({ past }) => past.fields.priority }),
      restrictions: t.field({
        type: RestrictionsType,
        description: 'Who inherited it.',
        resolve: ({ past }) => past.fields.restrictions,
      }),
      variables: t.field({
        type: [VariableType],
        description:
          'Its variables by name. Requires `LIST_KEYS`; values require `READ` on the type it had and on the one it has now.',
        resolve: (row, _args, context) => listed(variablesOfRevision(row, context.session), context),
      }),
    }),
  });

const addDiffType = (builder: Builder) =>
  builder.objectRef<GroupDiff>('SecretGroupDiff').implement({
    description: 'The difference between two revisions of a group: names, never values.',
    fields: (t) => ({
      fields: t.stringList({ description: 'Settings that differ.', resolve: ({ fields }) => [...fields] }),
      variables: t.field({ type: NameDiffType, description: 'Variables.', resolve: ({ variables }) => variables }),
      files: t.field({ type: NameDiffType, description: 'Files by path.', resolve: ({ files }) => files }),
      dockerSecretMounts: t.field({
        type: NameDiffType,
        description: 'Docker secret mounts.',
        resolve: ({ dockerSecretMounts }) => dockerSecretMounts,
      }),
      addonLinks: t.field({
        type: NameDiffType,
        description: 'Links by id of the addon.',
        resolve: ({ addonLinks }) => addonLinks,
      }),
    }),
  });

export function addGroupHistory(builder: Builder): void {
  const RevisionType = addRevisionType(builder);
  const connection = builder.connectionObject(
    { type: RevisionType, name: 'SecretGroupRevisionConnection' },
    { name: 'SecretGroupRevisionEdge' },
  );
  builder.objectFields(SecretGroupNode, (t) => ({
    revisions: t.connection(
      {
        type: RevisionType,
        description:
          'Its revisions that are still kept, newest first. Those of a type that you may not list are left out.',
        resolve: (now, args, context) =>
          onceInRequest(context, ['revisions', ...now.key, String(now.revision), JSON.stringify(args)], () =>
            pageOfRevisions(historyOf(now, context), args, context),
          ),
      },
      connection,
    ),
    diff: t.field({
      type: addDiffType(builder),
      description:
        'The difference between two of its revisions. Requires `LIST_KEYS` on both; without `READ` on both, every key that both have counts as changed.',
      args: {
        from: t.arg.int({ required: true, description: 'The earlier revision.' }),
        to: t.arg.int({ required: true, description: 'The later revision.' }),
      },
      resolve: async (now, { from, to }, context) => {
        const { history } = context.services.secretGroups;
        for (const revision of [from, to])
          keysOfBoth({ past: await history.revision(now, revision, context.session), now }, context.session);
        return history.diff(now, from, to, context.session);
      },
    }),
  }));
}
