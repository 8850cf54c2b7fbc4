import type { Builder } from '../../graphql/types/builder.ts';
import { type ListOrder, pageOf, within } from '../../graphql/types/pages.ts';
import { idOf } from '../../vault/document.ts';
import { ProjectNode } from '../projects/node.ts';
import { workloads } from '../workloads/types.ts';
import type { RequestView } from './lookup.ts';
import type { DeliveryState, RequestState } from './model.ts';
import { RestartNode, RestartRequestNode } from './node.ts';
import { DeliveryStateEnum, RequestStateEnum } from './types.ts';

interface Filter {
  readonly states?: readonly RequestState[] | null | undefined;
  readonly deliveryStates?: readonly DeliveryState[] | null | undefined;
}

const NEWEST_FIRST: ListOrder<RequestView> = {
  name: 'restart requests',
  keyOf: ({ project, request }) => `${idOf(request.key)} ${project}`,
  descending: true,
};

function passing(views: readonly RequestView[], filter: Filter | null | undefined): readonly RequestView[] {
  const { states, deliveryStates } = filter ?? {};
  return views.filter(
    ({ request, delivery }) =>
      (!states || states.includes(request.fields.state)) &&
      (!deliveryStates || (delivery !== null && deliveryStates.includes(delivery.fields.state))),
  );
}

/** Requests and their deliveries, by project, by workload and by restart. */
export function addRestartLists(builder: Builder): void {
  const FilterInput = builder.inputType('RestartRequestFilter', {
    description: 'Selects requests. Every given condition must hold.',
    fields: (t) => ({
      states: t.field({ type: [RequestStateEnum], description: 'The request is in one of these states.' }),
      deliveryStates: t.field({
        type: [DeliveryStateEnum],
        description: 'The delivery is in one of these states.',
      }),
    }),
  });
  const connection = builder.connectionObject(
    { type: RestartRequestNode, name: 'RestartRequestConnection' },
    { name: 'RestartRequestEdge' },
  );
  builder.objectField(ProjectNode, 'restartRequests', (t) =>
    t.connection(
      {
        type: RestartRequestNode,
        description: 'Requests to restart workloads of the project that you may see, newest first.',
        args: { filter: t.arg({ type: FilterInput, description: 'Selects a part of them. Default: all.' }) },
        resolve: async ({ key }, { filter, ...page }, context) => {
          const all = await context.services.restarts.list(idOf(key), context.session);
          return pageOf(passing(all, filter), within(NEWEST_FIRST, 'project', idOf(key)), page, context);
        },
      },
      connection,
    ),
  );
  builder.interfaceField(workloads.workload, 'restartRequests', (t) =>
    t.connection(
      {
        type: RestartRequestNode,
        description: 'Requests to restart it, newest first.',
        args: { filter: t.arg({ type: FilterInput, description: 'Selects a part of them. Default: all.' }) },
        resolve: async ({ key, kind }, { filter, ...page }, context) => {
          const [, project = '', id = ''] = key;
          const all = await context.services.restarts.ofWorkload(project, kind, id, context.session);
          return pageOf(passing(all, filter), within(NEWEST_FIRST, kind, project, id), page, context);
        },
      },
      connection,
    ),
  );
  builder.objectField(RestartNode, 'requests', (t) =>
    t.connection(
      {
        type: RestartRequestNode,
        description: 'Its requests that you may see, newest first.',
        args: { filter: t.arg({ type: FilterInput, description: 'Selects a part of them. Default: all.' }) },
        resolve: async ({ key }, { filter, ...page }, context) => {
          const all = await context.services.restarts.requestsOfRestart(idOf(key), context.session);
          return pageOf(passing(all, filter), within(NEWEST_FIRST, 'restart', idOf(key)), page, context);
        },
      },
      connection,
    ),
  );
}
