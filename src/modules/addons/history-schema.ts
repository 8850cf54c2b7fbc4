import { reveal } from '../../audit/reveal.ts';
import type { Builder } from '../../graphql/types/builder.ts';
import type { Context } from '../../graphql/types/context.ts';
import { onceInRequest } from '../../graphql/types/memo.ts';
import { updatedAtField } from '../../graphql/types/node-fields.ts';
import { pageOfRevisions, type RevisionList } from '../../graphql/types/revision-pages.ts';
import type { StoredAddon } from './model.ts';
import { addonNodes } from './node.ts';

const historyOf = (addon: StoredAddon, { services, session }: Context): RevisionList<StoredAddon> => ({
  name: ['addon revisions', addon.kind, ...addon.key.slice(1)],
  read: (below, limit) => services.addons.revisions(addon, below, limit, session),
  numberOf: ({ revision }) => revision,
});

export function addAddonHistory(builder: Builder): void {
  const RevisionType = builder.objectRef<StoredAddon>('AddonRevision').implement({
    description:
      'One revision of an addon or external addon. At least the last 50 are kept, and all of the last 24 hours.',
    fields: (t) => ({
      revision: t.int({ description: 'Number of the revision.', resolve: ({ revision }) => revision }),
      seq: t.field({ type: 'SafeInt', description: 'The commit that made it.', resolve: ({ seq }) => seq }),
      deleted: t.boolean({ description: 'Whether it marks a deletion.', resolve: ({ deleted }) => deleted }),
      updatedAt: updatedAtField(t, 'When it was made.'),
      name: t.string({ description: 'The name it had.', resolve: ({ fields }) => fields.name }),
      description: t.string({
        nullable: true,
        description: 'The description it had; null means none.',
        resolve: (addon) => addon.body().description,
      }),
      providerId: t.string({ description: 'Id of its provider.', resolve: ({ fields }) => fields.provider }),
      params: t.field({
        type: 'JSON',
        nullable: true,
        description: 'The parameters it had, secrets among them as null. Null without `READ` on addons.',
        resolve: (addon, _args, context) => reveal(context, context.services.addons.params(addon, context.session)),
      }),
    }),
  });
  const connection = builder.connectionObject(
    { type: RevisionType, name: 'AddonRevisionConnection' },
    { name: 'AddonRevisionEdge' },
  );
  for (const field of ['addon', 'externalAddon'] as const) {
    builder.objectField(addonNodes[field], 'revisions', (t) =>
      t.connection(
        {
          type: RevisionType,
          description: 'Its revisions that are still kept, newest first.',
          resolve: (addon, args, context) =>
            onceInRequest(
              context,
              ['revisions', addon.kind, ...addon.key, String(addon.revision), JSON.stringify(args)],
              () => pageOfRevisions(historyOf(addon, context), args, context),
            ),
        },
        connection,
      ),
    );
  }
}
