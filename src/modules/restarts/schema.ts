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
        description: 'The HTTP status; null: there was no answer.',
        resolve: ({ status }) => status,
      }),
      error: t.field({
        type: DeliveryErrorEnum,
        nullable: true,
        description: 'Why it failed; null: it did not.',
        resolve: ({ error }) => error,
      }),
    }),
  });
  return builder.objectRef<StoredDelivery>('RestartDelivery').implement({
    description: 'What goes to the deploy webhook for a request: at least once, one at a time for a project.',
    fields: (t) => ({
      state: t.field({ type: DeliveryStateEnum, description: 'How far it is.', resolve: ({ fields }) => fields.state }),
      attemptCount: t.int({ description: 'Attempts in all.', resolve: ({ fields }) => fields.attempts }),
      attempts: t.field({
        type: [AttemptType],
        description: 'The last 40 attempts, oldest first.',
        resolve: ({ fields }) => [...fields.log],
      }),
      nextAttemptAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'Not tried earlier; null: not tried any more.',
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
        description: "The platform's id of it.",
        resolve: ({ request }) => request.fields.workload,
      }),
      workload: t.field({
        type: workloads.workload,
        nullable: true,
        description: 'The workload; null: it was deleted since.',
        resolve: ({ workload }) => workload,
      }),
      restart: t.field({
        type: RestartNode,
        nullable: true,
        description: 'The restart it belongs to; null: it was pruned.',
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
        description: 'The commit whose environment it must run, or a later one.',
        resolve: ({ request }) => request.fields.seq,
      }),
      wave: t.int({ description: 'Its wave, from 1 on.', resolve: ({ request }) => request.fields.wave }),
      state: t.field({
        type: RequestStateEnum,
        description: 'How far it is.',
        resolve: ({ request }) => request.fields.state,
      }),
      reason: t.string({
        nullable: true,
        description: 'Reason that the requester gave; null: none.',
        resolve: ({ request }) => request.body().reason,
      }),
      requestedAt: t.field({
        type: 'DateTime',
        description: 'When it was asked for.',
        resolve: ({ request }) => request.fields.requestedAt,
      }),
      notBefore: t.field({
        type: 'DateTime',
        description: 'It is not released earlier.',
        resolve: ({ request }) => request.fields.notBefore,
      }),
      releasedAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When it was released; null: it was not.',
        resolve: ({ request }) => request.fields.releasedAt,
      }),
      closedAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When it was acknowledged, superseded or cancelled; null: it was not.',
        resolve: ({ request }) => request.fields.closedAt,
      }),
      delivery: t.field({
        type: DeliveryType,
        nullable: true,
        description: 'Its way to the deploy webhook; null: there was none when it was released.',
        resolve: ({ delivery }) => delivery,
      }),
    }),
  });
}

function addRestart(builder: Builder): void {
  const SkippedType = builder.objectRef<Skipped>('SkippedRestart').implement({
    description: 'A workload that depends and is not restarted.',
    fields: (t) => ({
      project: t.field({ type: 'Slug', description: 'Slug of its project.', resolve: ({ project }) => project }),
      workloadKind: t.field({ type: WorkloadKindEnum, description: 'Its kind.', resolve: ({ kind }) => kind }),
      workloadId: t.string({ description: "The platform's id of it.", resolve: ({ id }) => id }),
      reason: t.field({ type: SkipReasonEnum, description: 'Why.', resolve: ({ why }) => why }),
    }),
  });
  implementNode(builder, RestartNode, {
    description: 'A batch of restart requests, released in waves. Visible to those who may list one of its workloads.',
    fields: (t) => ({
      state: t.field({ type: RestartStateEnum, description: 'How far it is.', resolve: ({ fields }) => fields.state }),
      seq: t.field({
        type: 'SafeInt',
        description: 'The commit whose environment the workloads must run.',
        resolve: ({ fields }) => fields.seq,
      }),
      waves: t.int({ description: 'How many waves there are.', resolve: ({ fields }) => fields.waves }),
      releasedWaves: t.int({ description: 'How many were released.', resolve: ({ fields }) => fields.released }),
      reason: t.string({
        nullable: true,
        description: 'Reason that the requester gave; null: none.',
        resolve: (restart: StoredRestart) => restart.body().reason,
      }),
      requestedAt: t.field({
        type: 'DateTime',
        description: 'When it was asked for.',
        resolve: ({ fields }) => fields.requestedAt,
      }),
      requestedBy: t.string({
        description: 'Id of the token that asked.',
        resolve: ({ fields }) => fields.requestedBy,
      }),
      skipped: t.field({
        type: [SkippedType],
        description: 'Workloads that depend and were left alone, of those that you may list.',
        resolve: (restart, _args, { services, session }) => [...services.restarts.skippedOf(restart, session)],
      }),
    }),
  });
}
