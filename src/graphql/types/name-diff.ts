import type { NameDiff } from '../../domain/diff.ts';
import { shared } from './shared.ts';

export const NameDiffType = shared.objectRef<NameDiff>('NameDiff').implement({
  description: 'Names that were added, removed or changed, sorted by code point.',
  fields: (t) => ({
    added: t.stringList({ description: 'Present only afterwards.', resolve: ({ added }) => [...added] }),
    removed: t.stringList({ description: 'Present only before.', resolve: ({ removed }) => [...removed] }),
    changed: t.stringList({
      description: 'Present before and after, but not the same.',
      resolve: ({ changed }) => [...changed],
    }),
  }),
});
