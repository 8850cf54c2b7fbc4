import type { Builder } from '../../graphql/types/builder.ts';
import { CommitType } from '../../graphql/types/mutation.ts';
import { sizesOf } from '../../graphql/types/pages.ts';

export function addChanges(builder: Builder): void {
  const connection = builder.connectionObject({ type: CommitType, name: 'CommitConnection' }, { name: 'CommitEdge' });
  builder.queryField('commits', (t) =>
    t.field({
      type: connection,
      description: "The team's log, oldest first. Needs `audit` on the team.",
      args: {
        after: t.arg({ type: 'SafeInt', description: 'Only commits after this number; absent: from the first.' }),
        first: t.arg.int({ description: 'The first so many, 0 to 100; absent: 50.' }),
      },
      resolve: async (_root, { after, first }, { services, session }) => {
        const seq = after ?? 0;
        const { commits, hasNextPage } = await services.changes.list(seq, sizesOf({ first }).first, session);
        const edges = commits.map((node) => ({ cursor: String(node.seq), node }));
        return {
          edges,
          pageInfo: {
            hasNextPage,
            hasPreviousPage: seq > 0,
            startCursor: edges[0]?.cursor ?? null,
            endCursor: edges[edges.length - 1]?.cursor ?? null,
          },
        };
      },
    }),
  );
}
