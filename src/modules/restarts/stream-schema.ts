import type { ArgBuilder } from '@pothos/core';
import type { Builder, Types } from '../../graphql/types/builder.ts';
import { orNull } from '../../graphql/types/or-null.ts';
import { ScopeEnum } from '../../graphql/types/scope.ts';
import { addSubscription } from '../../graphql/types/subscription.ts';
import { idOf } from '../../vault/document.ts';
import { refIn } from '../workloads/ref.ts';
import { WorkloadRefInput } from '../workloads/types.ts';
import { RestartRequestNode } from './node.ts';
import type { RegisteredEvent, RestartEvent } from './stream.ts';

const args = (arg: ArgBuilder<Types>) => ({
  project: arg({ type: 'Slug', required: true, description: 'The project of the workload.' }),
  workload: arg({ type: WorkloadRefInput, required: true, description: 'The workload.' }),
});

/** Tells a workload, or who runs it, that it is to be restarted. */
export function addRestartStream(builder: Builder): void {
  const event = addSubscription<RestartEvent, ReturnType<typeof args>, RegisteredEvent>(builder, {
    name: 'restartRequested',
    description:
      "Restart requests of a workload, each when its wave is released. The workload need not be registered yet: its registration is an event too, except for the workload's own token.",
    event: { name: 'RestartRequestedEvent', description: 'A workload must be restarted.' },
    also: {
      name: 'WorkloadRegisteredEvent',
      description: 'The workload was registered: for the first time, again, or by being restored.',
      is: (it): it is RegisteredEvent => it.request === null,
    },
    args,
    stream: ({ project, workload }, { services, session }) =>
      services.restarts.stream({ ...refIn(project, workload, ['workload']), project }, session),
  });
  builder.objectFields(event, (t) => ({
    scopes: t.field({
      type: [ScopeEnum],
      description: 'The scopes whose environment changed. With `BUILD`, rebuild the workload first.',
      resolve: ({ event: { request } }) => [...request.fields.scopes],
    }),
    wantedSeq: t.field({
      type: 'SafeInt',
      description:
        'Number of the commit whose environment, or that of a later one, the workload must run. Report what it runs by `acknowledgeEnvironment`.',
      resolve: ({ event: { request } }) => request.fields.seq,
    }),
    reason: t.string({
      nullable: true,
      description: 'Reason that the requester gave; null if none.',
      resolve: ({ event: { request } }) => request.body().reason,
    }),
    request: t.field({
      type: RestartRequestNode,
      nullable: true,
      description: 'The current request; null if it was pruned.',
      resolve: ({ event: { request } }, _args, { services, session }) =>
        orNull(services.restarts.byId(request.key[1] ?? '', idOf(request.key), session)),
    }),
  }));
}
