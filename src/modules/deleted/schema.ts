import type { EnumRef } from '@pothos/core';
import type { Builder, Types } from '../../graphql/types/builder.ts';
import { idOfDocument } from '../../graphql/types/ids.ts';
import { type ListOrder, pageOf, within } from '../../graphql/types/pages.ts';
import { constant } from '../../kernel/casing.ts';
import { invalidInput } from '../../kernel/errors.ts';
import { idOf } from '../../vault/document.ts';
import { placeFields } from '../changes/place-schema.ts';
import type { Shown, ShownKinds } from '../shown.ts';
import type { DeletedAsk, DeletedObject, DeletedService } from './service.ts';

type Found = Awaited<ReturnType<DeletedService['list']>>[number];

const BY_ID: ListOrder<Found> = { name: 'deleted', keyOf: ({ stored }) => idOf(stored.key) };

/** The place that the kind lies in has to be given, and no other. */
function askOf(place: Shown['place'], kind: string, project: string | null, app: string | null): DeletedAsk {
  const wanted = place === 'team' ? null : place;
  for (const [name, given] of Object.entries({ project, app })) {
    if ((given !== null) === (name === wanted)) continue;
    const message = name === wanted ? `is required for ${constant(kind)}` : `must not be given for ${constant(kind)}`;
    throw invalidInput([{ path: [name], rule: 'place', message }]);
  }
  return { kind, project, app };
}

function addDeletedType(builder: Builder, kinds: ShownKinds, KindEnum: EnumRef<Types, string>) {
  return builder.objectRef<DeletedObject>('DeletedObject').implement({
    description: 'A deleted object that the `restore` mutation of its kind can restore. Never holds a value.',
    fields: (t) => ({
      kind: t.field({ type: KindEnum, description: 'The difference.', resolve: ({ kind }) => kind }),
      id: t.id({
        nullable: true,
        description: 'The id to restore it by; null for services and jobs, which are restored by project and slug.',
        resolve: ({ kind, key }) => idOfDocument(kind, key),
      }),
      slug: t.string({
        description: 'Its slug; of a workload the id of the platform.',
        resolve: ({ key }) => idOf(key),
      }),
      name: t.exposeString('name', { description: 'Its name when it was deleted.' }),
      ...placeFields(t, kinds),
      deletedAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When it was deleted; null if history does not reach back that far.',
        resolve: ({ deletedAt }) => deletedAt,
      }),
      deletedBy: t.exposeString('deletedBy', {
        nullable: true,
        description: 'Id of the token that deleted it; null if history does not reach back that far.',
      }),
      restorableUntil: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'The end of the period for restoring it; null if there is no end.',
        resolve: ({ restorableUntil }) => restorableUntil,
      }),
    }),
  });
}

/** What was deleted and can be restored. */
export function addDeleted(builder: Builder, kinds: ShownKinds): void {
  const KindEnum = builder.enumType('RestorableKind', {
    description: 'Kinds of objects that can be restored.',
    values: Object.fromEntries(
      [...kinds].flatMap(([kind, { restorable }]) =>
        restorable ? [[constant(kind), { value: kind, description: restorable.words }] as const] : [],
      ),
    ),
  });
  const DeletedType = addDeletedType(builder, kinds, KindEnum);
  const connection = builder.connectionObject(
    { type: DeletedType, name: 'DeletedObjectConnection' },
    { name: 'DeletedObjectEdge' },
  );
  builder.queryField('deleted', (t) =>
    t.connection(
      {
        type: DeletedType,
        description:
          'Deleted objects that you may list and restore, by slug. Restoring requires `DELETE` on a project, `WRITE` on anything else.',
        args: {
          kind: t.arg({ type: KindEnum, required: true, description: 'The kind of object.' }),
          project: t.arg({
            type: 'Slug',
            description:
              'The project. Required for secret groups, services, jobs, addons and external addons, else absent.',
          }),
          app: t.arg({ type: 'Slug', description: 'The app. Required for environments and app secrets, else absent.' }),
        },
        resolve: async (_root, { kind, project, app, ...page }, context) => {
          const ask = askOf(kinds.get(kind)?.place ?? 'team', kind, project ?? null, app ?? null);
          const { deleted } = context.services;
          const all = await deleted.list(ask, context.session);
          const order = within(BY_ID, kind, ask.project ?? '', ask.app ?? '');
          const { edges, pageInfo } = await pageOf(all, order, page, context);
          const shown = edges.map(async ({ cursor, node }) => ({
            cursor,
            node: await deleted.facts(node, context.session),
          }));
          return { edges: await Promise.all(shown), pageInfo };
        },
      },
      connection,
    ),
  );
}
