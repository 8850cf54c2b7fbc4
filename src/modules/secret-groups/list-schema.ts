import { coversScope } from '../../domain/restrict.ts';
import type { Scope, Sensitivity } from '../../domain/types.ts';
import type { Builder } from '../../graphql/types/builder.ts';
import { SensitivityEnum } from '../../graphql/types/fields.ts';
import { type ListOrder, pageOf, within } from '../../graphql/types/pages.ts';
import { ScopeEnum } from '../../graphql/types/scope.ts';
import { idOf } from '../../vault/document.ts';
import { ProjectNode } from '../projects/node.ts';
import type { StoredGroup } from './model.ts';
import { SecretGroupNode } from './node.ts';

interface Filter {
  readonly type?: Sensitivity | null | undefined;
  readonly scope?: Scope | null | undefined;
  readonly tag?: string | null | undefined;
  readonly stageId?: string | null | undefined;
  readonly nameContains?: string | null | undefined;
}

function passes({ fields }: StoredGroup, filter: Filter): boolean {
  const { type, scope, tag, stageId, nameContains } = filter;
  return (
    (!type || fields.type === type) &&
    (!scope || coversScope(fields.secretType, scope)) &&
    (!tag || fields.tags.includes(tag)) &&
    (!stageId || fields.stageId === stageId) &&
    (!nameContains || fields.name.toLowerCase().includes(nameContains.toLowerCase()))
  );
}

/** The last instant that a Date can hold. */
const END_OF_TIME = 8_640_000_000_000_000;

/** Every order ends with the slug, which makes it total. */
const ORDERS = {
  SLUG: { name: 'groups.slug', keyOf: ({ key }) => idOf(key) },
  NAME: { name: 'groups.name', keyOf: ({ key, fields }) => `${fields.name}\0${idOf(key)}` },
  PRIORITY: {
    name: 'groups.priority',
    // Highest first; among equals by slug, the order in which groups win.
    keyOf: ({ key, fields }) => `${String(100 - fields.priority).padStart(3, '0')} ${idOf(key)}`,
  },
  UPDATED: {
    name: 'groups.updated',
    // Last changed first; among equals by slug.
    keyOf: ({ key, fields }) => `${String(END_OF_TIME - Date.parse(fields.updatedAt)).padStart(16, '0')} ${idOf(key)}`,
  },
} as const satisfies Record<string, ListOrder<StoredGroup>>;

export function addGroupLists(builder: Builder): void {
  const FilterInput = builder.inputType('SecretGroupFilter', {
    description: 'Selects groups. Every given condition must hold.',
    fields: (t) => ({
      type: t.field({ type: SensitivityEnum, description: 'Of this type.' }),
      scope: t.field({ type: ScopeEnum, description: 'Inherited in this scope.' }),
      tag: t.string({ description: 'With this tag.' }),
      stageId: t.field({ type: 'Slug', description: 'With this stage label.' }),
      nameContains: t.string({ description: 'The name contains this text, ignoring case.' }),
    }),
  });
  const OrderEnum = builder.enumType('SecretGroupOrder', {
    description: 'An order of groups; equal ones are sorted by slug.',
    values: {
      SLUG: { value: 'SLUG' as const, description: 'By slug.' },
      NAME: { value: 'NAME' as const, description: 'By name, by code point.' },
      PRIORITY: { value: 'PRIORITY' as const, description: 'Highest priority first.' },
      UPDATED: { value: 'UPDATED' as const, description: 'Last changed first.' },
    },
  });
  const connection = builder.connectionObject(
    { type: SecretGroupNode, name: 'SecretGroupConnection' },
    { name: 'SecretGroupEdge' },
  );
  builder.objectField(ProjectNode, 'secretGroups', (t) =>
    t.connection(
      {
        type: SecretGroupNode,
        description: 'The secret groups of the project that you may see.',
        args: {
          filter: t.arg({ type: FilterInput, description: 'Selects a part of them. Default: all.' }),
          orderBy: t.arg({ type: OrderEnum, description: 'The order. Default: by slug.' }),
        },
        resolve: async ({ key }, { filter, orderBy, ...page }, context) => {
          const groups = await context.services.secretGroups.list(idOf(key), context.session);
          const wanted = filter ? groups.filter((group) => passes(group, filter)) : groups;
          return pageOf(wanted, within(ORDERS[orderBy ?? 'SLUG'], idOf(key)), page, context);
        },
      },
      connection,
    ),
  );
}
