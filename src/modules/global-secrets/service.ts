import type { Session } from '../../access/session.ts';
import type { GitReader } from '../../git/port.ts';
import type { Clock } from '../../kernel/clock.ts';
import { conflict, forbidden, invalidInput } from '../../kernel/errors.ts';
import { slugOf } from '../../kernel/ids.ts';
import type { Limits } from '../../kernel/limits.ts';
import { type Change, changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import { requireCount } from '../../vault/order.ts';
import type { Vault } from '../../vault/port.ts';
import type { View } from '../../vault/reading.ts';
import type { Inspect } from '../certificates/inspection.ts';
import { createGitops, followingLike } from '../git-sync/gitops.ts';
import { patchedGitops } from '../git-sync/gitops-rule.ts';
import type { SyncBody } from '../git-sync/sync-model.ts';
import { bySlug, deletedGlobal, type Find, type GlobalUpdate, visibleGlobal } from './find.ts';
import { createFromGit, type Named } from './from-git.ts';
import { createKeeping } from './history.ts';
import { type CreateGlobalInput, FROM_GIT, type PutGlobalInput, type UpdateGlobalInput } from './inputs.ts';
import { createInspected } from './inspected.ts';
import { createSizeCheck } from './limits.ts';
import { type GlobalBody, globalDocument, type StoredGlobal } from './model.ts';
import { mayOnGlobal } from './rights.ts';
import { requireUnused } from './uses.ts';

const changes = changesOf(globalDocument);

export interface GlobalSecretsDeps {
  readonly vault: Vault;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly git: GitReader;
  readonly inspect: Inspect;
}
export type GlobalSecretsService = ReturnType<typeof createGlobalSecrets>;

interface Changed {
  readonly body: GlobalBody;
  /** undefined: as before; null: it follows no git file any more. */
  readonly sync?: SyncBody | null | undefined;
  /** What else the commit rests on. */
  readonly checks?: readonly Change[];
  /** The input gave no value: then nothing is written when it is all as it was. */
  readonly isPlain?: boolean;
}

/** Spec 5: what comes from a git file is not changed by hand. */
function requireByHand({ gitops }: GlobalBody, given: Pick<UpdateGlobalInput, 'values' | 'files'>): void {
  const names = (['values', 'files'] as const).filter((name) => gitops && given[name] !== undefined);
  if (names.length === 0) return;
  throw invalidInput(names.map((name) => ({ path: [name], rule: 'gitops', message: FROM_GIT })));
}

const isTaken = (key: readonly string[]) =>
  conflict('TAKEN', 'There is already a secret with the same derived identifier', {
    existing: { kind: 'globalSecret', key },
  });

function requireReplaceable(before: StoredGlobal, input: PutGlobalInput, operation: string, session: Session): void {
  // An upsert onto what the caller may not see must neither overwrite nor describe it.
  if (!mayOnGlobal(session, 'list', before.fields.type)) throw isTaken([]);
  if (operation === 'globalSecret.create') throw isTaken(before.key);
  if (before.fields.type !== input.type) {
    throw invalidInput([{ path: ['type'], rule: 'fixed', message: 'cannot be changed after creation' }]);
  }
}

async function list(session: Session): Promise<readonly StoredGlobal[]> {
  const { live } = await session.read((view) => view.set(globalDocument));
  return live.filter(({ fields }) => mayOnGlobal(session, 'list', fields.type));
}

/** What every change takes before it writes a body. */
function createWritingRules(deps: GlobalSecretsDeps) {
  const { clock, limits, inspect } = deps;
  const { keeping } = createKeeping(deps);
  const requireWithinLimits = createSizeCheck(limits);
  const fromGit = createFromGit({ clock, gitops: createGitops(deps), requireWithinLimits });
  return { clock, limits, inspected: createInspected(inspect), requireWithinLimits, keeping, fromGit };
}
type WritingRules = ReturnType<typeof createWritingRules>;

/** Bundles of values and files for all projects of the team. Every use case reads, decides and commits once. */
export function createGlobalSecrets(deps: GlobalSecretsDeps) {
  const rules = createWritingRules(deps);
  return { bySlug, list, ...createMaking(rules), ...createChanging(rules) };
}

function createMaking({ clock, limits, inspected, requireWithinLimits, keeping, fromGit }: WritingRules) {
  const create = (input: CreateGlobalInput, session: Session) => createOrPut(input, 'globalSecret.create', session);
  const put = (input: PutGlobalInput, session: Session) => createOrPut(input, 'globalSecret.put', session);

  async function createOrPut(input: PutGlobalInput, operation: string, session: Session) {
    const { idempotencyKey, type } = input;
    // Before anything else, so that a conflict tells nothing to those who may not write.
    if (!mayOnGlobal(session, 'write', type)) throw forbidden();
    if (input.gitops) await fromGit.requireAllowed(input.gitops, type, session);
    let named: Promise<Named> | null = null;
    const nameOnce = (): Promise<Named> => {
      named ??= fromGit.nameOf(input, session);
      return named;
    };
    const keyOf = async () => [session.principal.team, slugOf((await nameOnce()).name)];
    const { object, commit } = await session.run({
      operation,
      subject: keyOf,
      once: { idempotencyKey, input: { ...input, files: [...(input.files ?? [])] } },
      async find(view) {
        const key = await keyOf();
        const set = await view.set(globalDocument);
        const taken = set.get(idOf(key));
        const before = taken && !taken.deleted ? taken : null;
        if (before) requireReplaceable(before, input, operation, session);
        return { key, taken, before, count: set.liveCount };
      },
      seen: ({ before: present }) => ({
        expected: input.expectedRevision,
        present,
        absent: 'There is no such global secret yet',
      }),
      async decide({ key, taken, before, count }, view) {
        const given = await nameOnce();
        const { body: content, sync, checks } = await fromGit.contentOf(given, input, before, view, session);
        requireWithinLimits(content);
        const body = await inspected(content, session.work);
        const updatedAt = clock().toISOString();
        const fields = { name: given.name, type, createdAt: before?.fields.createdAt ?? updatedAt, updatedAt };
        const change = taken ? changes.replace(taken, fields, body) : changes.create(key, fields, body);
        const room = () => requireCount('global secrets in the team', limits, 'globalSecretsPerTeam', count + 1);
        return {
          changes: [change, ...(await followingLike(sync, key, view))],
          guards: checks,
          ...(before ? {} : { room }),
        };
      },
      keeps: [keeping],
    });
    return { globalSecret: await bySlug(idOf(object), session), commit };
  }

  return { create, put };
}

function createChanging({ clock, inspected, requireWithinLimits, keeping, fromGit }: WritingRules) {
  /** The one way to change a global secret that is there. */
  async function change(
    { slug, expectedRevision }: GlobalUpdate,
    operation: string,
    session: Session,
    decide: (before: StoredGlobal, view: View) => Promise<Changed>,
    find: Find = visibleGlobal,
  ) {
    const key = [session.principal.team, slug];
    const { commit } = await session.run({
      operation,
      subject: key,
      async find(view) {
        const before = await find(slug, view, session);
        // Asked for before the revision is looked at, so that those who may not write learn nothing of it.
        if (!mayOnGlobal(session, 'write', before.fields.type)) throw forbidden();
        return before;
      },
      seen: (present) => ({ expected: expectedRevision, present }),
      async decide(before, view) {
        const { body: decided, sync, checks = [], isPlain = false } = await decide(before, view);
        requireWithinLimits(decided);
        const body = await inspected(decided, session.work);
        const fields = { ...before.fields, updatedAt: clock().toISOString() };
        const more = sync === undefined ? [] : await followingLike(sync, key, view);
        const written = changes.replace(before, fields, body);
        const standing = isPlain ? changes.standing(before, written) : null;
        return { changes: [written, ...more], guards: checks, standing };
      },
      keeps: [keeping],
    });
    return { globalSecret: await bySlug(slug, session), commit };
  }

  async function update(ref: GlobalUpdate, input: Omit<UpdateGlobalInput, 'expectedRevision'>, session: Session) {
    const patch = input.gitops;
    const { settings, first } = patch ? await fromGit.firstLook(ref, patch, session) : { settings: patch, first: null };
    return change(ref, 'globalSecret.update', session, async (before, view) => {
      const body = before.body();
      const wanted = patch ? patchedGitops(body.gitops, patch) : patch;
      // What was looked at would be another file.
      if (JSON.stringify(wanted) !== JSON.stringify(settings))
        throw conflict('CHANGED_MEANWHILE', 'The git settings were changed meanwhile; try again');
      const { description = body.description, values = body.values, files = body.files } = input;
      const next = { description, values, files, gitops: wanted === undefined ? body.gitops : wanted };
      requireByHand(next, input);
      if (wanted && first) return fromGit.following(next, before.fields.type, first, before, view, session);
      const isPlain = [input.values, input.files, patch].every((given) => given === undefined);
      return { body: next, sync: wanted === null ? null : undefined, isPlain };
    });
  }

  /** Refused while anything refers to it, unless `force` leaves the references unresolved. */
  async function remove({ slug, expectedRevision }: GlobalUpdate, force: boolean, session: Session) {
    const { made: globalSecret, commit } = await session.run({
      operation: 'globalSecret.delete',
      subject: [session.principal.team, slug],
      async find(view) {
        const before = await visibleGlobal(slug, view, session);
        if (!mayOnGlobal(session, 'delete', before.fields.type)) throw forbidden();
        return before;
      },
      seen: (present) => ({ expected: expectedRevision, present }),
      async decide(before, view) {
        if (!force) await requireUnused(slug, view, session);
        const fields = { ...before.fields, updatedAt: clock().toISOString() };
        return { changes: [changes.erase(before, fields)], made: before };
      },
    });
    return { globalSecret, commit };
  }

  const restore = (ref: GlobalUpdate, session: Session) =>
    change(ref, 'globalSecret.restore', session, async (before) => ({ body: before.body() }), deletedGlobal);

  return { update, remove, restore };
}
