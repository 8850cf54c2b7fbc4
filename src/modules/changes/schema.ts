import type { Builder } from '../../graphql/types/builder.ts';
import { CommitType } from '../../graphql/types/mutation.ts';
import { sizesOf } from '../../graphql/types/pages.ts';

export function addChanges(builder: Builder): void {
  const connection = builder.connectionObject({ type: CommitType, name: 'CommitConnection' }, { name: 'CommitEdge' });
  builder.queryField('commits', (t) =>
    t.field({
      type: connection,
      description: "The team's log, oldest first. Requires `AUDIT` on the team.",
      args: {
        after: t.arg({ type: 'SafeInt', description: 'Only commits after this number. Default: from the first.' }),
        before: t.arg({ type: 'SafeInt', description: 'Only commits before this number. Default: to the newest.' }),
        first: t.arg.int({ description: 'Number of commits from the start of those, 0-100 (default 50).' }),
        last: t.arg.int({
          description: 'Number of commits from the end of those, 0-100: the newest. Cannot be combined with `first`.',
        }),
      },
      resolve: async (_root, { after = null, before = null, ...sizes }, { services, session }) => {
        const page = await services.changes.list({ after, before, ...sizesOf(sizes) }, session);
        const edges = page.commits.map((node) => ({ cursor: String(node.seq), node }));
        return {
          edges,
          pageInfo: {
            hasNextPage: page.hasNextPage,
            hasPreviousPage: page.hasPreviousPage,
            startCursor: edges[0]?.cursor ?? null,
            endCursor: edges[edges.length - 1]?.cursor ?? null,
          },
        };
      },
    }),
  );
}
