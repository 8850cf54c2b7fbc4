import type { ObjectFieldBuilder } from '@pothos/core';
import type { Key } from '../../store/port.ts';
import { idOf } from '../../vault/document.ts';
import type { Types } from './builder.ts';

/** Fields that objects have alike which are stored as documents. */

export const slugField = <T extends { readonly key: Key }>(
  t: ObjectFieldBuilder<Types, T>,
  description = 'Derived from the name at creation.',
) => t.field({ type: 'Slug', description, resolve: ({ key }) => idOf(key) });

export const createdAtField = <T extends { readonly fields: { readonly createdAt: string } }>(
  t: ObjectFieldBuilder<Types, T>,
) => t.field({ type: 'DateTime', description: 'When it was created.', resolve: ({ fields }) => fields.createdAt });

export const updatedAtField = <T extends { readonly fields: { readonly updatedAt: string } }>(
  t: ObjectFieldBuilder<Types, T>,
  description = 'When it last changed.',
) => t.field({ type: 'DateTime', description, resolve: ({ fields }) => fields.updatedAt });

export const descriptionField = <T extends { readonly body: () => { readonly description: string | null } }>(
  t: ObjectFieldBuilder<Types, T>,
) =>
  t.string({
    nullable: true,
    description: 'At most 200 characters; null means none.',
    resolve: (stored) => stored.body().description,
  });
