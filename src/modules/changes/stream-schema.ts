import { SAID_BY_EVENT } from '../../graphql/types/alike.ts';
import type { Builder } from '../../graphql/types/builder.ts';
import type { Context } from '../../graphql/types/context.ts';
import { idOfDocument } from '../../graphql/types/ids.ts';
import { NameDiffType } from '../../graphql/types/name-diff.ts';
import { orNull } from '../../graphql/types/or-null.ts';
import { ScopeEnum } from '../../graphql/types/scope.ts';
import { addSubscription, type Happened } from '../../graphql/types/subscription.ts';
import { constant } from '../../kernel/casing.ts';
import { idOf } from '../../vault/document.ts';
import { GlobalSecretNode } from '../global-secrets/node.ts';
import { EnvironmentType, environmentOf } from '../resolution/schema.ts';
import type { ShownKinds } from '../shown.ts';
import { refIn } from '../workloads/ref.ts';
import { WorkloadRefInput } from '../workloads/types.ts';
import type { CommitEvent, DocumentChange } from './commit-stream.ts';
import type { EnvironmentEvent } from './environment-states.ts';
import type { KeyChanges } from './key-changes.ts';
import { placeFields } from './place-schema.ts';

const words = (name: string): string => constant(name).toLowerCase().replaceAll('_', ' ');

const NAME_DIFFS = {
  variables: 'Variables; of a global secret its top-level names, of an addon its parameters.',
  files: 'Files by path; of a global secret by id.',
  dockerSecretMounts: 'Docker secret mounts.',
} as const;

function documentChange(builder: Builder, kinds: ShownKinds) {
  const KindEnum = builder.enumType('DocumentKind', {
    description: 'The kinds of objects that commits change.',
    values: Object.fromEntries(
      [...kinds.keys()].map((kind) => [
        constant(kind),
        { value: kind, description: `${/^[aeiou]/.test(kind) ? 'An' : 'A'} ${words(kind)}.` },
      ]),
    ) as Record<string, { value: string; description: string }>,
  });
  const KeysType = builder.objectRef<KeyChanges>('KeyChanges').implement({
    description: 'Keys that differ from the revision before: names, never values.',
    fields: (t) => ({
      variables: t.field({ type: NameDiffType, description: NAME_DIFFS.variables, resolve: (keys) => keys.variables }),
      files: t.field({ type: NameDiffType, description: NAME_DIFFS.files, resolve: (keys) => keys.files }),
      dockerSecretMounts: t.field({
        type: NameDiffType,
        description: NAME_DIFFS.dockerSecretMounts,
        resolve: (keys) => keys.dockerSecretMounts,
      }),
    }),
  });
  const ChangeType = builder.objectRef<DocumentChange>('DocumentChange').implement({
    description: 'One object that a commit changed and that you may list.',
    fields: (t) => ({
      kind: t.field({ type: KindEnum, description: 'The difference.', resolve: ({ kind }) => kind }),
      ...placeFields(t, kinds),
      name: t.string({
        description:
          'Its slug; of a workload the id of the platform, of a tag its name, of a value of an app secret `<environment>/<secret>`.',
        resolve: ({ key }) => idOf(key),
      }),
      id: t.id({
        nullable: true,
        description: 'Its global id; null if it has none.',
        resolve: ({ kind, key }) => idOfDocument(kind, key),
      }),
      revision: t.int({ description: 'The revision that the commit made.', resolve: ({ revision }) => revision }),
      keys: t.field({
        type: KeysType,
        nullable: true,
        description:
          'Its keys that changed. Null without `LIST_KEYS` on it, if it has no keys, and if history does not reach back that far.',
        resolve: (change, _args, { services, session }) => services.changes.keyChanges(change, session),
      }),
    }),
  });
  return { KindEnum, ChangeType };
}

/** Subscriptions to the log and to what follows from it. */
export function addStreams(builder: Builder, kinds: ShownKinds): void {
  const { KindEnum, ChangeType } = documentChange(builder, kinds);
  const changes = addSubscription(builder, {
    name: 'changes',
    description:
      'Changes in the team: one event for each commit, with the changes that you may list. Other commits are left out.',
    event: { name: 'CommitEvent', description: 'A commit, with those changes that you may see. Never holds a value.' },
    args: (arg) => ({
      project: arg({ type: 'Slug', description: 'Only objects of this project. Default: the whole team.' }),
      kinds: arg({ type: [KindEnum], description: 'Only objects of these kinds. Default: all.' }),
    }),
    stream: ({ project, kinds }, { services, session }) =>
      services.changes.commits({ project: project ?? null, kinds: kinds ?? null }, session),
  });
  builder.objectFields(changes, (t) => ({
    actor: t.string({ description: 'Id of the token that made it.', resolve: ({ commit }) => commit.actor }),
    operation: t.string({
      description: 'The operation, such as `secretGroup.create`.',
      resolve: ({ commit }) => commit.operation,
    }),
    changes: t.field({
      type: [ChangeType],
      description: 'The changes.',
      resolve: ({ event }) => [...event.changes],
    }),
  }));
  const globals = addSubscription(builder, {
    name: 'globalSecretChanged',
    description: 'Changes of one global secret, or of all that you may list.',
    event: { name: 'GlobalSecretEvent', description: 'A commit that changed global secrets.' },
    args: (arg) => ({ slug: arg({ type: 'Slug', description: 'Only this one. Default: all.' }) }),
    stream: async ({ slug }, { services }) => services.changes.globals(slug ?? null),
  });
  builder.objectFields(globals, (t) => ({
    changes: t.field({
      type: [ChangeType],
      description: 'The changes.',
      resolve: ({ event }) => [...event.changes],
    }),
    globalSecrets: t.field({
      type: [GlobalSecretNode],
      description: 'The changed global secrets that still exist, in their current state.',
      resolve: ({ event }, _args, context) => presentGlobals(event, context),
    }),
  }));
  addEnvironmentChanged(builder);
}

async function presentGlobals({ changes }: CommitEvent, { services, session }: Context) {
  const found = await Promise.allSettled(changes.map(({ key }) => services.globalSecrets.bySlug(idOf(key), session)));
  return found.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}

function addEnvironmentChanged(builder: Builder): void {
  const event = addSubscription(builder, {
    name: 'environmentChanged',
    description:
      'Changes of what a workload gets, for whatever reason: also a global secret, an addon, a tag or a restriction. The workload need not be registered yet: its registration is an event, and so is its deletion. Requires `LIST_KEYS` or `RESOLVE` on the workload. Many commits in a short time are delivered as one event.',
    event: {
      name: 'EnvironmentEvent',
      description: "The workload's environment differs from that of the event before, or of the start of the stream.",
    },
    args: (arg) => ({
      project: arg({ type: 'Slug', required: true, description: 'The project of the workload.' }),
      workload: arg({ type: WorkloadRefInput, required: true, description: 'The workload.' }),
      scope: arg({ type: ScopeEnum, required: true, defaultValue: 'RUNTIME', description: 'The scope.' }),
    }),
    stream: ({ project, workload, scope }, { services, session }) =>
      services.changes.environment({ ...refIn(project, workload, ['workload']), project, scope }, session),
  });
  const differs = (part: keyof typeof NAME_DIFFS, description: string) => ({
    type: NameDiffType,
    description,
    ...SAID_BY_EVENT,
    resolve: (happened: Happened<EnvironmentEvent>) => happened.event[part],
  });
  builder.objectFields(event, (t) => ({
    scope: t.field({
      type: ScopeEnum,
      description: 'The scope.',
      ...SAID_BY_EVENT,
      resolve: (it) => it.event.ask.scope,
    }),
    digest: t.string({
      nullable: true,
      ...SAID_BY_EVENT,
      description:
        "Digest of the workload's environment; null if the workload is gone or a required addon link yields no value.",
      resolve: (it) => it.event.digest,
    }),
    variables: t.field(differs('variables', 'Names of variables.')),
    files: t.field(differs('files', 'Paths of files.')),
    dockerSecretMounts: t.field(differs('dockerSecretMounts', 'Names of Docker secret mounts.')),
    environment: t.field({
      type: EnvironmentType,
      nullable: true,
      description:
        'The whole environment as of this event; values require `RESOLVE`. Null if `digest` is, and if the workload is gone by now.',
      resolve: ({ event: { ask, digest }, commit: { seq } }, _args, context) => {
        const { project, kind, id, scope } = ask;
        if (digest === null) return null;
        const key = [context.session.principal.team, project, id];
        return orNull(environmentOf({ key, kind }, { scope, at: seq }, context));
      },
    }),
  }));
}
