import type { Builder } from '../../graphql/types/builder.ts';
import { WorkloadKindEnum } from '../../graphql/types/fields.ts';
import { implementNode } from '../../graphql/types/nodes.ts';
import { ScopeEnum } from '../../graphql/types/scope.ts';
import { workloads } from '../workloads/types.ts';
import { addRestartLists } from './list-schema.ts';
import type { Attempt, Skipped, StoredDelivery, StoredRestart } from './model.ts';
import { addRestartMutations } from './mutations.ts';
import { RestartNode, RestartRequestNode } from './node.ts';
import { addRunning } from './running-schema.ts';
import { addRestartStream } from './stream-schema.ts';
import { DeliveryErrorEnum, DeliveryStateEnum, RequestStateEnum, RestartStateEnum, SkipReasonEnum } from './types.ts';

export function addRestarts(builder: Builder): void {
  const DeliveryType = addDelivery(builder);
  addRequest(builder, DeliveryType);
  addRestart(builder);
  addRunning(builder);
  addRestartLists(builder);
  addRestartMutations(builder);
  addRestartStream(builder);
}

function addDelivery(builder: Builder) {
  const AttemptType = builder.objectRef<Attempt>('RestartDeliveryAttempt').implement({
    description: 'One attempt to deliver to the webhook.',
    fields: (t) => ({
      at: t.field({ type: 'DateTime', description: 'When it ended.', resolve: ({ at }) => at }),
      status: t.int({
        nullable: true,
        description: 'The HTTP status; null if there was no answer.',
        resolve: ({ status }) => status,
      }),
      error: t.field({
        type: DeliveryErrorEnum,
        nullable: true,
        description: 'Why it failed; null if it did not.',
        resolve: ({ error }) => error,
      }),
    }),
  });
  return builder.objectRef<StoredDelivery>('RestartDelivery').implement({
    description: 'The delivery of a restart request to the deploy webhook: at least once, one at a time in a project.',
    fields: (t) => ({
      state: t.field({
        type: DeliveryStateEnum,
        description: 'State of the restart.',
        resolve: ({ fields }) => fields.state,
      }),
      attemptCount: t.int({ description: 'Number of attempts.', resolve: ({ fields }) => fields.attempts }),
      attempts: t.field({
        type: [AttemptType],
        description: 'The last 40 attempts, oldest first.',
        resolve: ({ fields }) => [...fields.log],
      }),
      nextAttemptAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'The earliest time of the next attempt; null if there is none.',
        resolve: ({ fields }) => fields.nextAt,
      }),
    }),
  });
}

function addRequest(builder: Builder, DeliveryType: ReturnType<typeof addDelivery>): void {
  implementNode(builder, RestartRequestNode, {
    description: 'A request to restart one workload. Kept for a limited time after it is closed.',
    fields: (t) => ({
      project: t.field({ type: 'Slug', description: 'Slug of its project.', resolve: ({ project }) => project }),
      workloadKind: t.field({
        type: WorkloadKindEnum,
        description: 'Kind of the workload.',
        resolve: ({ request }) => request.fields.kind,
      }),
      workloadId: t.string({
        description: "The platform's id of the workload.",
        resolve: ({ request }) => request.fields.workload,
      }),
      workload: t.field({
        type: workloads.workload,
        nullable: true,
        description: 'The workload; null if it was deleted since.',
        resolve: ({ workload }) => workload,
      }),
      restart: t.field({
        type: RestartNode,
        nullable: true,
        description: 'The restart it belongs to; null if that was pruned.',
        resolve: ({ request }, _args, { services, session }) =>
          services.restarts.restartOrNull(request.fields.restart, session),
      }),
      scopes: t.field({
        type: [ScopeEnum],
        description: 'The scopes whose environment changed. With `BUILD`, rebuild the workload first.',
        resolve: ({ request }) => [...request.fields.scopes],
      }),
      seq: t.field({
        type: 'SafeInt',
        description: 'Number of the commit whose environment, or that of a later one, the workload must run.',
        resolve: ({ request }) => request.fields.seq,
      }),
      wave: t.int({ description: 'Number of its wave, starting at 1.', resolve: ({ request }) => request.fields.wave }),
      state: t.field({
        type: RequestStateEnum,
        description: 'State of the restart.',
        resolve: ({ request }) => request.fields.state,
      }),
      reason: t.string({
        nullable: true,
        description: 'Reason that the requester gave; null if none.',
        resolve: ({ request }) => request.body().reason,
      }),
      requestedAt: t.field({
        type: 'DateTime',
        description: 'When it was requested.',
        resolve: ({ request }) => request.fields.requestedAt,
      }),
      notBefore: t.field({
        type: 'DateTime',
        description: 'The earliest time of its release.',
        resolve: ({ request }) => request.fields.notBefore,
      }),
      releasedAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When it was released; null if not yet.',
        resolve: ({ request }) => request.fields.releasedAt,
      }),
      closedAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When it was acknowledged, superseded or cancelled; null if open.',
        resolve: ({ request }) => request.fields.closedAt,
      }),
      delivery: t.field({
        type: DeliveryType,
        nullable: true,
        description: 'Its delivery to the deploy webhook; null if there was no webhook when it was released.',
        resolve: ({ delivery }) => delivery,
      }),
    }),
  });
}

function addRestart(builder: Builder): void {
  const SkippedType = builder.objectRef<Skipped>('SkippedRestart').implement({
    description: 'A dependent workload that is not restarted.',
    fields: (t) => ({
      project: t.field({ type: 'Slug', description: 'Slug of its project.', resolve: ({ project }) => project }),
      workloadKind: t.field({ type: WorkloadKindEnum, description: 'Its kind.', resolve: ({ kind }) => kind }),
      workloadId: t.string({ description: "The platform's id of the workload.", resolve: ({ id }) => id }),
      reason: t.field({ type: SkipReasonEnum, description: 'Why.', resolve: ({ why }) => why }),
    }),
  });
  implementNode(builder, RestartNode, {
    description: 'A batch of restart requests, released in waves. Visible to those who may list one of its workloads.',
    fields: (t) => ({
      state: t.field({
        type: RestartStateEnum,
        description: 'State of the restart.',
        resolve: ({ fields }) => fields.state,
      }),
      seq: t.field({
        type: 'SafeInt',
        description: 'The commit whose environment the workloads must run.',
        resolve: ({ fields }) => fields.seq,
      }),
      waves: t.int({ description: 'Number of waves.', resolve: ({ fields }) => fields.waves }),
      releasedWaves: t.int({
        description: 'Number of waves that were released.',
        resolve: ({ fields }) => fields.released,
      }),
      reason: t.string({
        nullable: true,
        description: 'Reason that the requester gave; null if none.',
        resolve: (restart: StoredRestart) => restart.body().reason,
      }),
      requestedAt: t.field({
        type: 'DateTime',
        description: 'When it was requested.',
        resolve: ({ fields }) => fields.requestedAt,
      }),
      requestedBy: t.string({
        description: 'Id of the token that requested it.',
        resolve: ({ fields }) => fields.requestedBy,
      }),
      skipped: t.field({
        type: [SkippedType],
        description: 'Dependent workloads that were not restarted, of those that you may list.',
        resolve: (restart, _args, { services, session }) => [...services.restarts.skippedOf(restart, session)],
      }),
    }),
  });
}
