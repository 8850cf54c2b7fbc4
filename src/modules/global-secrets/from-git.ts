import type { Session } from '../../access/session.ts';
import type { Sensitivity } from '../../domain/types.ts';
import type { Clock } from '../../kernel/clock.ts';
import { conflict, forbidden, invalidInput } from '../../kernel/errors.ts';
import { slugOf } from '../../kernel/ids.ts';
import { idOf } from '../../vault/document.ts';
import type { View } from '../../vault/reading.ts';
import {
  accountChecks,
  accountIsSecret,
  type createGitops,
  type FirstLook,
  mayUseSecretAccounts,
  nameFrom,
} from '../git-sync/gitops.ts';
import { type GitopsPatch, patchedGitops } from '../git-sync/gitops-rule.ts';
import { decideSync } from '../git-sync/sync-decide.ts';
import { pendingStatus, type SyncBody, syncDocument } from '../git-sync/sync-model.ts';
import { sensitivityOf } from '../vcs/model.ts';
import { bySlug, type GlobalUpdate } from './find.ts';
import type { PutGlobalInput } from './inputs.ts';
import type { GlobalBody, StoredGlobal } from './model.ts';
import { mayOnGlobal } from './rights.ts';

/** What a create works with before it looks at anything that is there. */
export interface Named {
  readonly name: string;
  /** null: there is no git file. */
  readonly first: FirstLook | null;
}

interface FromGitDeps {
  readonly clock: Clock;
  readonly gitops: ReturnType<typeof createGitops>;
  readonly requireWithinLimits: (body: GlobalBody) => void;
}

/** What a global secret is made of when it follows a git file. */
export function createFromGit({ clock, gitops, requireWithinLimits }: FromGitDeps) {
  /** The name, and the git file if there is one: the name may come from it. */
  async function nameOf({ name, type, gitops: wanted }: PutGlobalInput, session: Session): Promise<Named> {
    const slug = typeof name === 'string' ? slugOf(name) : null;
    const first = wanted ? await gitops.look(wanted, type, slug, session) : null;
    if (typeof name === 'string') return { name, first };
    if (!wanted || !first)
      throw invalidInput([{ path: ['name'], rule: 'required', message: 'is required without `gitops`' }]);
    return { name: nameFrom(wanted, first.outcome), first };
  }

  async function contentOf(
    { first }: Named,
    input: PutGlobalInput,
    before: StoredGlobal | null,
    view: View,
    session: Session,
  ) {
    const { description, values, files } = input;
    if (!input.gitops || !first) {
      const byHand = { description, values: values ?? {}, files: files ?? new Map<never, never>(), gitops: null };
      return { body: byHand, sync: null, checks: [] };
    }
    const kept = before?.body() ?? { values: {}, files: new Map<never, never>() };
    const start = { ...kept, description, gitops: input.gitops };
    return following(start, input.type, first, before, view, session);
  }

  /** What the first look at a git file makes of a body, and what is known of it from then on. */
  async function following(
    body: GlobalBody,
    type: Sensitivity,
    first: FirstLook,
    before: StoredGlobal | null,
    view: View,
    session: Session,
  ) {
    const known = before && (await view.set(syncDocument)).get(idOf(before.key));
    if (first.before && known?.body().status.commit !== first.before.commit) {
      throw conflict('CHANGED_MEANWHILE', 'The global secret changed while its git file was read; try again');
    }
    // By the rights of now: they may have changed since the look.
    const secretAccounts = mayUseSecretAccounts(session, type);
    if (first.account && sensitivityOf(first.account) === 'secret' && !secretAccounts) throw accountIsSecret(type);
    const checks = await accountChecks(first, type, view);
    if (!checks)
      throw conflict('CHANGED_MEANWHILE', 'The account changed while the git file was read with it; try again');
    const at = clock().toISOString();
    const about = { at, asked: true, acceptRewrite: false, requireWithinLimits };
    const decision = decideSync(body, first.before ?? pendingStatus(at), first.outcome, about);
    const hookSecret = known && !known.deleted ? known.body().hookSecret : null;
    const sync: SyncBody = { status: decision.status, hookSecret, secretAccounts };
    return { body: decision.body ?? body, sync, checks };
  }

  /** Nobody makes the gateway ask a host who might not change the global secret anyway. */
  async function firstLook({ slug }: GlobalUpdate, patch: GitopsPatch, session: Session) {
    const before = await bySlug(slug, session);
    if (!mayOnGlobal(session, 'write', before.fields.type)) throw forbidden();
    const settings = patchedGitops(before.body().gitops, patch);
    const { type } = before.fields;
    await gitops.requireAllowed(settings, type, session);
    return { settings, first: await gitops.look(settings, type, slug, session) };
  }

  return { requireAllowed: gitops.requireAllowed, nameOf, contentOf, following, firstLook };
}
