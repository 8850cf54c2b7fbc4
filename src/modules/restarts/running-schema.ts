import type { Builder } from '../../graphql/types/builder.ts';
import { type ListOrder, pageOf, within } from '../../graphql/types/pages.ts';
import { ScopeEnum } from '../../graphql/types/scope.ts';
import { idOf } from '../../vault/document.ts';
import { ProjectNode } from '../projects/node.ts';
import { sightOf } from '../resolution/sight.ts';
import { workloads } from '../workloads/types.ts';
import type { Running } from './running.ts';
import { types } from './types.ts';

const BY_PLACE: ListOrder<Running> = { name: 'running', keyOf: ({ stored }) => idOf(stored.key) };

export const RunningType = types.objectRef<Running>('RunningEnvironment').implement({
  description: 'The environment that a workload reported to run in a scope.',
  fields: (t) => ({
    workload: t.field({
      type: workloads.workload,
      description: 'The workload.',
      resolve: ({ workload }) => workload,
    }),
    scope: t.field({ type: ScopeEnum, description: 'The scope.', resolve: ({ stored }) => stored.fields.scope }),
    seq: t.field({
      type: 'SafeInt',
      description: 'Number of the commit whose environment it runs.',
      resolve: ({ stored }) => stored.fields.seq,
    }),
    digest: t.string({
      nullable: true,
      description:
        'Digest of the environment; null if history does not reach back that far, or if you do not see all of it.',
      resolve: ({ stored, workload: { key, kind } }, _args, { session }) => {
        const { isWhole } = sightOf({ project: key[1] ?? '', kind, id: idOf(key) }, session);
        return isWhole ? stored.fields.digest : null;
      },
    }),
    at: t.field({ type: 'DateTime', description: 'When it was reported.', resolve: ({ stored }) => stored.fields.at }),
    isCurrent: t.boolean({
      nullable: true,
      description: 'Whether the workload would get the same now; null if that cannot be known.',
      resolve: ({ isCurrent }) => isCurrent,
    }),
    isRolledBack: t.boolean({
      description: 'Whether it ran the environment of a later commit before.',
      resolve: ({ stored }) => stored.fields.rolledBack,
    }),
  }),
});

/** Who runs what. */
export function addRunning(builder: Builder): void {
  builder.interfaceField(workloads.workload, 'running', (t) =>
    t.field({
      type: RunningType,
      nullable: true,
      description: 'The environment that it reported last; null if none since its registration.',
      args: {
        scope: t.arg({ type: ScopeEnum, required: true, defaultValue: 'RUNTIME', description: 'The scope.' }),
      },
      resolve: (workload, { scope }, { services, session, notRepeatable }) => {
        // Values of external addons change without a commit.
        notRepeatable();
        return services.restarts.running(workload, scope, session);
      },
    }),
  );
  const FilterInput = builder.inputType('RunningFilter', {
    description: 'Selects reported environments.',
    fields: (t) => ({
      isOutdated: t.boolean({
        description: 'Only workloads whose current environment is another one (true) or the same (false).',
      }),
    }),
  });
  const connection = builder.connectionObject(
    { type: RunningType, name: 'RunningEnvironmentConnection' },
    { name: 'RunningEnvironmentEdge' },
  );
  builder.objectField(ProjectNode, 'runningWorkloads', (t) =>
    t.connection(
      {
        type: RunningType,
        description: 'What the workloads that you may see reported to run, by kind, id and scope.',
        args: { filter: t.arg({ type: FilterInput, description: 'Selects a part of them. Default: all.' }) },
        resolve: async ({ key }, { filter, ...page }, context) => {
          context.notRepeatable();
          const all = await context.services.restarts.runningWorkloads(idOf(key), context.session);
          const { isOutdated } = filter ?? {};
          const wanted = all.filter(({ isCurrent }) => typeof isOutdated !== 'boolean' || isCurrent === !isOutdated);
          return pageOf(wanted, within(BY_PLACE, idOf(key)), page, context);
        },
      },
      connection,
    ),
  );
}
