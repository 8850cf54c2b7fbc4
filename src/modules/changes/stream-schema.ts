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
import type { EnvironmentEvent } from './environment-stream.ts';
import type { KeyChanges } from './key-changes.ts';
import { placeFields } from './place-schema.ts';

const words = (name: string): string => constant(name).toLowerCase().replaceAll('_', ' ');

const NAME_DIFFS = {
  variables: 'Variables, or what stands for them: top-level names of a global secret, parameters of an addon.',
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
    description: 'One thing that a commit changed and that you may list.',
    fields: (t) => ({
      kind: t.field({ type: KindEnum, description: 'What it is.', resolve: ({ kind }) => kind }),
      ...placeFields(t, kinds),
      name: t.string({
        description:
          'Its slug; of a workload the id of the platform, of a tag its name, of a value of an app secret `<environment>/<secret>`.',
        resolve: ({ key }) => idOf(key),
      }),
      id: t.id({
        nullable: true,
        description: 'Its global id; null for what has none.',
        resolve: ({ kind, key }) => idOfDocument(kind, key),
      }),
      revision: t.int({ description: 'The revision that the commit made.', resolve: ({ revision }) => revision }),
      keys: t.field({
        type: KeysType,
        nullable: true,
        description:
          'Which of its keys changed. Needs `LIST_KEYS` on it; null without, for what has no keys, and when history no longer tells.',
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
      'Changes in the team: one event for each commit, with what you may list of it. Commits of which you may list nothing are left out.',
    event: { name: 'CommitEvent', description: 'A commit, as far as you may see it. Never holds a value.' },
    args: (arg) => ({
      project: arg({ type: 'Slug', description: 'Only things of this project; absent: of the whole team.' }),
      kinds: arg({ type: [KindEnum], description: 'Only things of these kinds; absent: of all.' }),
    }),
    stream: ({ project, kinds }, { services, session }) =>
      services.changes.commits({ project: project ?? null, kinds: kinds ?? null }, session),
  });
  builder.objectFields(changes, (t) => ({
    actor: t.string({ description: 'Id of the token that made it.', resolve: ({ commit }) => commit.actor }),
    operation: t.string({
      description: 'What was done, such as `secretGroup.create`.',
      resolve: ({ commit }) => commit.operation,
    }),
    changes: t.field({
      type: [ChangeType],
      description: 'What it changed.',
      resolve: ({ event }) => [...event.changes],
    }),
  }));
  const globals = addSubscription(builder, {
    name: 'globalSecretChanged',
    description: 'Changes of one global secret, or of all that you may list.',
    event: { name: 'GlobalSecretEvent', description: 'A commit that changed global secrets.' },
    args: (arg) => ({ slug: arg({ type: 'Slug', description: 'Only this one; absent: all.' }) }),
    stream: async ({ slug }, { services }) => services.changes.globals(slug ?? null),
  });
  builder.objectFields(globals, (t) => ({
    changes: t.field({
      type: [ChangeType],
      description: 'What it changed.',
      resolve: ({ event }) => [...event.changes],
    }),
    globalSecrets: t.field({
      type: [GlobalSecretNode],
      description: 'Those of them that are still there, as they are now.',
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
      'What a workload gets, whenever it changed: also by way of a global secret, an addon, a tag or a restriction. The workload need not be registered yet: its registration is an event, and so is its deletion. Needs `LIST_KEYS` or `RESOLVE` on the workload. Of many commits in a short time only the newest is delivered.',
    event: {
      name: 'EnvironmentEvent',
      description: 'What a workload gets differs from what it got at the event before, or where you began.',
    },
    args: (arg) => ({
      project: arg({ type: 'Slug', required: true, description: 'The project of the workload.' }),
      workload: arg({ type: WorkloadRefInput, required: true, description: 'Which workload.' }),
      scope: arg({ type: ScopeEnum, required: true, defaultValue: 'RUNTIME', description: 'In which scope.' }),
    }),
    stream: ({ project, workload, scope }, { services, session }) =>
      services.changes.environment({ ...refIn(project, workload, ['workload']), project, scope }, session),
  });
  const names = (part: keyof typeof NAME_DIFFS) => (happened: Happened<EnvironmentEvent>) => happened.event[part];
  builder.objectFields(event, (t) => ({
    scope: t.field({ type: ScopeEnum, description: 'In which scope.', resolve: (it) => it.event.ask.scope }),
    digest: t.string({
      nullable: true,
      description: 'Keyed hash of what it gets now; null: it is gone, or a required addon link yields nothing.',
      resolve: (it) => it.event.digest,
    }),
    variables: t.field({ type: NameDiffType, description: 'Names of variables.', resolve: names('variables') }),
    files: t.field({ type: NameDiffType, description: 'Paths of files.', resolve: names('files') }),
    dockerSecretMounts: t.field({
      type: NameDiffType,
      description: 'Names of Docker secret mounts.',
      resolve: names('dockerSecretMounts'),
    }),
    environment: t.field({
      type: EnvironmentType,
      nullable: true,
      description:
        'All that it gets, as of this event; values need `RESOLVE`. null when `digest` is, and when the workload is gone by now.',
      resolve: ({ event: { ask, digest }, commit: { seq } }, _args, context) => {
        const { project, kind, id, scope } = ask;
        if (digest === null) return null;
        const key = [context.session.principal.team, project, id];
        return orNull(environmentOf({ key, kind }, { scope, at: seq }, context));
      },
    }),
  }));
}
