import type { ObjectFieldBuilder } from '@pothos/core';
import type { Types } from '../../graphql/types/builder.ts';
import type { ShownKinds } from '../shown.ts';
import { createVisibility, type Visibility } from './visible.ts';

/** Where a document lies. */
export function placeFields<T extends Parameters<Visibility['projectOf']>[0]>(
  t: ObjectFieldBuilder<Types, T>,
  kinds: ShownKinds,
) {
  const { appOfTouched, projectOf } = createVisibility(kinds);
  return {
    project: t.field({
      type: 'Slug',
      nullable: true,
      description: 'The project that it is or lies in; null: it belongs to the team itself.',
      resolve: (what) => projectOf(what),
    }),
    app: t.field({
      type: 'Slug',
      nullable: true,
      description: 'The app that it is or lies in; null: none.',
      resolve: (what) => appOfTouched(what),
    }),
  };
}
