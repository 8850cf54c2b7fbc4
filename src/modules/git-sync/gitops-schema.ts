import type { InputFieldBuilder, ObjectFieldBuilder } from '@pothos/core';
import type { Sensitivity } from '../../domain/types.ts';
import type { Types } from '../../graphql/types/builder.ts';
import { idOf } from '../../vault/document.ts';
import type { Gitops, StoredGlobal } from '../global-secrets/model.ts';
import { VcsServiceEnum } from '../vcs/schema.ts';
import { SYNC_REASONS, type SYNC_STATES, type SyncReason, type SyncStatus, usesSecretAccounts } from './sync-model.ts';
import { types } from './types.ts';
import { statusFor } from './view.ts';

type Inputs = InputFieldBuilder<Types, 'InputObject'>;

/** `required`: whether the place of the file must be named. */
const gitopsFields = (t: Inputs, required: boolean) => ({
  vcsService: t.field({ type: VcsServiceEnum, required, description: 'The service that hosts the repository.' }),
  selfHostedVcsId: t.string({ description: 'Id of the self-hosted service. For SELF_HOSTED only.' }),
  accountLogin: t.string({
    description:
      'The linked account to read with. Default: the first suitable one by login, or none. For a CONFIG global secret, accounts of sensitivity SECRET are suitable only if you may read secrets.',
  }),
  vcsLinkId: t.string({ description: 'Stored for callers that send it; has no effect.' }),
  repoUrl: t.string({
    required,
    description:
      'HTTPS only, at most 2,048 characters, no credentials; HTTP and private addresses only for hosts in `KEYLOOM_ALLOWED_HOSTS`.',
  }),
  branch: t.string({
    required,
    description: 'Its name, not beginning with a hyphen; `refs/heads/` before it is left out.',
  }),
  filePath: t.string({ required, description: 'Path from the root of the repository, beginning with a slash.' }),
  holdRewrites: t.boolean({
    description:
      'Keep the last good state when history was rewritten, until `syncGlobalSecret` accepts it. Default: false.',
  }),
  signers: t.stringList({
    description:
      'At most 20 public keys, `ssh-ed25519 AAAA...` and the like: the last commit of the branch is taken only with an SSH signature by one of them. Default: none, and any commit is taken.',
  }),
});

export const GitopsInput = types.inputType('GitopsInput', {
  description: 'A file in a git repository.',
  fields: (t) => gitopsFields(t, true),
});

export const GitopsPatchInput = types.inputType('GitopsPatchInput', {
  description:
    'Changes of the git file that a global secret follows. Absent fields stay; a list is replaced as a whole.',
  fields: (t) => gitopsFields(t, false),
});

const StateEnum = types.enumType('GitopsState', {
  description: 'State of a global secret that follows a git file.',
  values: {
    SYNCED: { description: 'The global secret holds the content of the file.' },
    INVALID: { description: 'The file, or its history, was not accepted. The last good state stays.' },
    UNREACHABLE: { description: 'The branch cannot be read. The last good state stays, and Keyloom tries again.' },
    PENDING: { description: 'It has not been read yet.' },
  } satisfies Record<(typeof SYNC_STATES)[number], object>,
});

const ReasonEnum = types.enumType('GitopsReason', {
  description: 'Why a git file was not accepted or could not be read.',
  values: Object.fromEntries(
    Object.entries(SYNC_REASONS).map(([reason, description]) => [reason, { description }]),
  ) as Record<SyncReason, { description: string }>,
});

interface StatusRow extends SyncStatus {
  readonly slug: string;
}

const StatusType = types.objectRef<StatusRow>('GitopsStatus').implement({
  description: 'State of a git file. Never holds one of its values.',
  fields: (t) => ({
    state: t.field({ type: StateEnum, description: 'Its state.', resolve: ({ state }) => state }),
    reason: t.field({
      type: ReasonEnum,
      nullable: true,
      description: 'The reason; null while SYNCED or PENDING.',
      resolve: ({ reason }) => reason,
    }),
    line: t.exposeInt('line', {
      nullable: true,
      description: 'Line in the file, starting at 1; null if the problem has no place in it.',
    }),
    column: t.exposeInt('column', {
      nullable: true,
      description: 'Column in the file, starting at 1; null if the problem has no place in it.',
    }),
    member: t.exposeString('member', {
      nullable: true,
      description:
        'The unknown member of the file, at most 60 characters; null unless `reason` is UNKNOWN_MEMBER, and without `LIST_KEYS`.',
    }),
    commit: t.exposeString('commit', {
      nullable: true,
      description:
        'The git commit that values and files came from; null if none yet. Later commits that did not change the file are recorded once a day.',
    }),
    previousCommit: t.exposeString('previousCommit', {
      nullable: true,
      description: 'The git commit that they came from before; null if none.',
    }),
    rewritten: t.exposeBoolean('rewritten', {
      description:
        'Whether history was rewritten: the previous commit is not among the ancestors of this one (200 generations are searched).',
    }),
    movedTo: t.exposeString('movedTo', {
      nullable: true,
      description: 'The URL that the host redirects to; set `repoUrl` to it. Null if it does not redirect.',
    }),
    at: t.field({ type: 'DateTime', description: 'When this was recorded.', resolve: ({ at }) => at }),
    nextAttemptAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the process that answers reads it next; null if not known yet.',
      resolve: ({ slug }, _args, { services, session, notRepeatable }) => {
        notRepeatable();
        return services.gitSyncs.nextAttemptAt(slug, session);
      },
    }),
  }),
});

interface GitopsRow {
  readonly gitops: Gitops;
  readonly type: Sensitivity;
  readonly slug: string;
}

const GitopsType = types.objectRef<GitopsRow>('Gitops').implement({
  description: 'The git file that the values and files of a global secret come from.',
  fields: (t) => ({
    vcsService: t.field({
      type: VcsServiceEnum,
      description: 'The service that hosts the repository.',
      resolve: ({ gitops }) => gitops.vcsService,
    }),
    selfHostedVcsId: t.string({
      nullable: true,
      description: 'Id of the self-hosted service; null if not given.',
      resolve: ({ gitops }) => gitops.selfHostedVcsId,
    }),
    accountLogin: t.string({
      nullable: true,
      description: 'The account it is read with; null if none is named, and then the first suitable one is used.',
      resolve: ({ gitops }) => gitops.accountLogin,
    }),
    vcsLinkId: t.string({
      nullable: true,
      description: 'The value that was stored; null if none.',
      resolve: ({ gitops }) => gitops.vcsLinkId,
    }),
    repoUrl: t.string({ description: 'The repository.', resolve: ({ gitops }) => gitops.repoUrl }),
    branch: t.string({ description: 'The branch.', resolve: ({ gitops }) => gitops.branch }),
    filePath: t.string({ description: 'The file.', resolve: ({ gitops }) => gitops.filePath }),
    holdRewrites: t.boolean({
      description: 'Whether a rewritten history is held until `syncGlobalSecret` accepts it.',
      resolve: ({ gitops }) => gitops.holdRewrites,
    }),
    signers: t.stringList({
      description: 'Public keys that may sign commits. If empty, commits need no signature.',
      resolve: ({ gitops }) => gitops.signers,
    }),
    hookPath: t.string({
      description: "Path of this gateway for the git host's push webhook.",
      resolve: ({ slug }, _args, { services, session }) =>
        `/v1/hooks/git/${services.gitSyncs.hooks.idFor(session.principal.team, slug)}`,
    }),
    hasHookSecret: t.boolean({
      description: 'Whether the webhook has a secret. Without one it accepts nothing.',
      resolve: async ({ slug }, _args, { services, session }) =>
        ((await services.gitSyncs.statusOf(slug, session))?.body().hookSecret ?? null) !== null,
    }),
    mayUseSecretAccounts: t.boolean({
      description:
        'Whether it may be read with accounts of sensitivity SECRET: true if whoever set the git file last may link those and, for a CONFIG global secret, read secrets.',
      resolve: async ({ slug, type }, _args, { services, session }) => {
        const sync = await services.gitSyncs.statusOf(slug, session);
        return sync !== null && usesSecretAccounts(sync.body(), type);
      },
    }),
    status: t.field({
      type: StatusType,
      description: 'State of the git file.',
      resolve: async ({ slug, type }, _args, { services, session }) => {
        const sync = await services.gitSyncs.statusOf(slug, session);
        return { slug, ...statusFor(type, sync, session) };
      },
    }),
  }),
});

/** The field of a global secret. */
export const gitopsField = (t: ObjectFieldBuilder<Types, StoredGlobal>) =>
  t.field({
    type: GitopsType,
    nullable: true,
    description: 'The git file that values and files come from; null if it follows none.',
    resolve: (stored) => {
      const { gitops } = stored.body();
      return gitops && { gitops, type: stored.fields.type, slug: idOf(stored.key) };
    },
  });
