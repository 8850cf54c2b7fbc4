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
      description: 'The project itself, or the project it belongs to; null if it belongs to the team.',
      resolve: (what) => projectOf(what),
    }),
    app: t.field({
      type: 'Slug',
      nullable: true,
      description: 'The app itself, or the app it belongs to; null if none.',
      resolve: (what) => appOfTouched(what),
    }),
  };
}
