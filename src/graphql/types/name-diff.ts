import type { NameDiff } from '../../domain/diff.ts';
import { shared } from './shared.ts';

export const NameDiffType = shared.objectRef<NameDiff>('NameDiff').implement({
  description: 'Names that came, went or stand for something else; by code point.',
  fields: (t) => ({
    added: t.stringList({ description: 'Only after.', resolve: ({ added }) => [...added] }),
    removed: t.stringList({ description: 'Only before.', resolve: ({ removed }) => [...removed] }),
    changed: t.stringList({
      description: 'Before and after, but not the same.',
      resolve: ({ changed }) => [...changed],
    }),
  }),
});
