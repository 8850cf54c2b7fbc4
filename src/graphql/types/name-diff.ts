import type { NameDiff } from '../../domain/diff.ts';
import { SAID_BY_EVENT } from './alike.ts';
import { shared } from './shared.ts';

export const NameDiffType = shared.objectRef<NameDiff>('NameDiff').implement({
  description: 'Names that were added, removed or changed, sorted by code point.',
  fields: (t) => ({
    added: t.stringList({
      description: 'Present only afterwards.',
      ...SAID_BY_EVENT,
      resolve: ({ added }) => [...added],
    }),
    removed: t.stringList({
      description: 'Present only before.',
      ...SAID_BY_EVENT,
      resolve: ({ removed }) => [...removed],
    }),
    changed: t.stringList({
      description: 'Present before and after, but not the same.',
      ...SAID_BY_EVENT,
      resolve: ({ changed }) => [...changed],
    }),
  }),
});
