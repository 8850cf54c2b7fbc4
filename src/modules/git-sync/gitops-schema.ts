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
  vcsService: t.field({ type: VcsServiceEnum, required, description: 'Who keeps the repository.' }),
  selfHostedVcsId: t.string({ description: 'Which self-hosted service. For SELF_HOSTED only.' }),
  accountLogin: t.string({
    description:
      'The linked account to read with. Absent: the first by login that can and may, or none if none can. For a CONFIG global secret, accounts of sensitivity SECRET count only if you may read secrets.',
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
  filePath: t.string({ required, description: 'From the root of the repository, beginning with a slash.' }),
  holdRewrites: t.boolean({
    description:
      'Keeps the last good state when the history was rewritten, until `syncGlobalSecret` accepts it. Default: false.',
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
    'Changes of the git file that a global secret follows. What is absent stays; a list is replaced as a whole.',
  fields: (t) => gitopsFields(t, false),
});

const StateEnum = types.enumType('GitopsState', {
  description: 'How a global secret and its git file stand.',
  values: {
    SYNCED: { description: 'It holds what the file says.' },
    INVALID: { description: 'The file, or its history, is not taken: the last good state stays.' },
    UNREACHABLE: { description: 'The branch cannot be read: the last good state stays, and it is tried again.' },
    PENDING: { description: 'It was not read yet.' },
  } satisfies Record<(typeof SYNC_STATES)[number], object>,
});

const ReasonEnum = types.enumType('GitopsReason', {
  description: 'Why a git file is not taken or cannot be read.',
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
      description: 'Why; null while SYNCED or PENDING.',
      resolve: ({ reason }) => reason,
    }),
    line: t.exposeInt('line', { nullable: true, description: 'Where in the file, from 1; null: nowhere in it.' }),
    column: t.exposeInt('column', { nullable: true, description: 'Where in the line, from 1; null: nowhere in it.' }),
    member: t.exposeString('member', {
      nullable: true,
      description:
        'The member of the file that is not known, at most 60 characters; null unless `reason` is UNKNOWN_MEMBER, and without `LIST_KEYS`.',
    }),
    commit: t.exposeString('commit', {
      nullable: true,
      description:
        'The commit that values and files came from; null: from none yet. Later ones that left the file alone are recorded once a day.',
    }),
    previousCommit: t.exposeString('previousCommit', {
      nullable: true,
      description: 'The commit that they came from before; null: there was none.',
    }),
    rewritten: t.exposeBoolean('rewritten', {
      description:
        'Whether the commit before is not among the ancestors of this one (200 generations are looked at): history was rewritten.',
    }),
    movedTo: t.exposeString('movedTo', {
      nullable: true,
      description: 'Where the host redirects to; set `repoUrl` to it. Null: it does not redirect.',
    }),
    at: t.field({ type: 'DateTime', description: 'When this was recorded.', resolve: ({ at }) => at }),
    nextAttemptAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the process that answers looks at it next; null: it does not know yet.',
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
      description: 'Who keeps the repository.',
      resolve: ({ gitops }) => gitops.vcsService,
    }),
    selfHostedVcsId: t.string({
      nullable: true,
      description: 'Which self-hosted service; null: not named.',
      resolve: ({ gitops }) => gitops.selfHostedVcsId,
    }),
    accountLogin: t.string({
      nullable: true,
      description: 'The account it is read with; null: the first that can.',
      resolve: ({ gitops }) => gitops.accountLogin,
    }),
    vcsLinkId: t.string({
      nullable: true,
      description: 'As it was given; null: it was not.',
      resolve: ({ gitops }) => gitops.vcsLinkId,
    }),
    repoUrl: t.string({ description: 'The repository.', resolve: ({ gitops }) => gitops.repoUrl }),
    branch: t.string({ description: 'The branch.', resolve: ({ gitops }) => gitops.branch }),
    filePath: t.string({ description: 'The file.', resolve: ({ gitops }) => gitops.filePath }),
    holdRewrites: t.boolean({
      description: 'Whether a rewritten history waits for somebody to accept it.',
      resolve: ({ gitops }) => gitops.holdRewrites,
    }),
    signers: t.stringList({
      description: 'Public keys of those who may sign; none: commits need no signature.',
      resolve: ({ gitops }) => gitops.signers,
    }),
    hookPath: t.string({
      description: 'Where the host is to POST when somebody pushes: a path of this gateway.',
      resolve: ({ slug }, _args, { services, session }) =>
        `/v1/hooks/git/${services.gitSyncs.hooks.idFor(session.principal.team, slug)}`,
    }),
    hasHookSecret: t.boolean({
      description: 'Whether there is a secret for that; without one nothing is accepted.',
      resolve: async ({ slug }, _args, { services, session }) =>
        ((await services.gitSyncs.statusOf(slug, session))?.body().hookSecret ?? null) !== null,
    }),
    mayUseSecretAccounts: t.boolean({
      description:
        'Whether it may be read with accounts of sensitivity SECRET: whoever set the git file last may link those, and for a CONFIG global secret read secrets.',
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
    description: 'The git file that values and files come from; null: they are kept by hand.',
    resolve: (stored) => {
      const { gitops } = stored.body();
      return gitops && { gitops, type: stored.fields.type, slug: idOf(stored.key) };
    },
  });
