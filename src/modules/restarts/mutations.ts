import { z } from 'zod';
import { allowedAnywhere, allowedById } from '../../graphql/types/allowed.ts';
import type { Builder } from '../../graphql/types/builder.ts';
import { idempotencyKey } from '../../graphql/types/fields.ts';
import { decodeGlobalId, groupAddress, idRule } from '../../graphql/types/ids.ts';
import { addMutation } from '../../graphql/types/mutation.ts';
import { ScopeEnum } from '../../graphql/types/scope.ts';
import { notFound } from '../../kernel/errors.ts';
import { allowedToItself } from '../workloads/allowed.ts';
import { refIn } from '../workloads/ref.ts';
import { WorkloadRefInput } from '../workloads/types.ts';
import * as inputs from './inputs.ts';
import type { SourceAddress, SourceKind } from './model.ts';
import { RestartNode, RestartRequestNode } from './node.ts';
import { RunningType } from './running-schema.ts';
import { TimeoutActionEnum } from './types.ts';

const SOURCES: ReadonlyMap<string, SourceKind> = new Map([
  ['SecretGroup', 'secretGroup'],
  ['Addon', 'addon'],
  ['ExternalAddon', 'externalAddon'],
  ['GlobalSecret', 'globalSecret'],
] as const);

/** What any other id names does not exist. */
const sourceRule = z.string().transform((id): SourceAddress | null => {
  const { typename, id: local } = decodeGlobalId(id);
  const kind = SOURCES.get(typename);
  if (!kind) return null;
  if (kind === 'globalSecret') return { kind, project: null, slug: local };
  return { kind, ...groupAddress(local) };
});

export function addRestartMutations(builder: Builder): void {
  addRestartDependents(builder);
  addMutation(builder, {
    name: 'cancelRestart',
    description:
      'Cancels the requests that wait for their wave or for their delivery. Requires `RESTART` on all of its workloads.',
    input: (t) => ({ id: t.id({ required: true, description: 'The restart.' }) }),
    allowed: allowedAnywhere('restart', 'workload'),
    rules: inputs.emptyInput.extend({ id: idRule('Restart') }),
    failures: ['notFound', 'conflict'],
    run: ({ id }, { services, session }) => services.restarts.cancel(id, session),
    payload: { restart: { type: RestartNode, description: 'The restart.' } },
  });
  addMutation(builder, {
    name: 'redeliverRestart',
    description:
      'Delivers a restart request to the deploy webhook now, again if it was delivered before. Requires `RESTART` on the workload.',
    input: (t) => ({ id: t.id({ required: true, description: 'The restart request.' }) }),
    allowed: allowedById('restart', 'workload', 'RestartRequest', 'Restart request'),
    rules: inputs.emptyInput.extend({ id: idRule('RestartRequest').transform(groupAddress) }),
    failures: ['notFound', 'conflict'],
    run: ({ id: { project, slug } }, { services, session }) => services.restarts.redeliver(project, slug, session),
    payload: { restartRequest: { type: RestartRequestNode, description: 'The request.' } },
  });
  addAcknowledge(builder);
}

function addRestartDependents(builder: Builder): void {
  const WavesInput = builder.inputType('RestartWavesInput', {
    description: 'Restarts in waves, ordered by project, jobs before services, and id.',
    fields: (t) => ({
      size: t.int({ required: true, description: 'Number of workloads in a wave, 1-10,000.' }),
      pauseSeconds: t.int({ description: 'Least number of seconds between two waves, 0-86,400. Default: 0.' }),
      waitForAcknowledgement: t.boolean({
        description: 'Release a wave only when the one before is acknowledged. Default: false.',
      }),
      timeoutSeconds: t.int({ description: 'Seconds to wait for the acknowledgement, 1-86,400. Default: 600.' }),
      onTimeout: t.field({
        type: TimeoutActionEnum,
        description: 'What happens when a wave is not acknowledged in time. Default: `CANCEL`.',
      }),
    }),
  });
  addMutation(builder, {
    name: 'restartDependents',
    description:
      'Requests a restart of every dependent workload whose running environment differs from its current one. Supersedes an open request for the same workload. Requires `LIST` on the source and `RESTART` on all of its dependents that you may list.',
    input: (t) => ({
      source: t.id({ required: true, description: 'Id of a secret group, addon, external addon or global secret.' }),
      onlyChangedSince: t.field({
        type: 'SafeInt',
        description:
          'Number of the commit whose environments are compared. Default: the environment that each workload reported; a workload that reported none is restarted.',
      }),
      waves: t.field({ type: WavesInput, description: 'Waves. Default: all at once.' }),
      reason: t.string({ description: 'Text for people: at most 200 characters.' }),
      idempotencyKey: idempotencyKey(t),
    }),
    allowed: allowedAnywhere('restart', 'workload'),
    rules: inputs.restartInput.extend({ source: sourceRule }),
    failures: ['notFound', 'conflict', 'limit'],
    run: ({ source, ...input }, { services, session }) => {
      if (!source) throw notFound('Secret group, addon or global secret');
      return services.restarts.restart(source, input, session);
    },
    payload: {
      restart: { type: RestartNode, description: 'The restart, with its requests and the workloads that it skipped.' },
    },
  });
}

function addAcknowledge(builder: Builder): void {
  addMutation(builder, {
    name: 'acknowledgeEnvironment',
    description:
      "Reports the environment a workload runs and closes the restart requests it satisfies. Reporting an earlier commit than before is a rollback, and is recorded as one. Repeating a report changes nothing: `commit` is the one that recorded it. Requires the workload's own token, or `RESTART` on it.",
    input: (t) => ({
      project: t.field({ type: 'Slug', required: true, description: 'Slug of its project.' }),
      workload: t.field({ type: WorkloadRefInput, required: true, description: 'The workload.' }),
      scope: t.field({ type: ScopeEnum, description: 'The scope. Default: `RUNTIME`.' }),
      seq: t.field({
        type: 'SafeInt',
        required: true,
        description:
          'Commit number (`seq`) of the environment that the workload runs: one at which it was registered as it is now.',
      }),
      digest: t.string({ description: "Digest of the environment. Default: the workload's digest at `seq`." }),
    }),
    allowed: allowedToItself('restart'),
    rules: inputs.acknowledgeInput,
    failures: ['notFound', 'conflict'],
    run: ({ workload, ...input }, { services, session }) =>
      services.restarts.acknowledge({ ...input, workload: refIn(input.project, workload, ['workload']) }, session),
    payload: {
      running: {
        type: RunningType,
        nullable: true,
        description: 'What the workload runs; null if it has reported another environment since.',
      },
      acknowledged: {
        type: [RestartRequestNode] as never,
        description: 'The restart requests that this report closed.',
      },
    },
  });
}
