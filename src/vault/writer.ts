import type { Clock } from '../kernel/clock.ts';
import { isAppError } from '../kernel/errors.ts';
import type { Keys } from '../keys/keys.ts';
import type { Commit, Key, Seq, TeamId } from '../store/port.ts';
import type { Change, CommitFacts } from './change.ts';
import { joined } from './joined.ts';
import { type Asked, createMemory } from './once.ts';
import { type Keeping, type Order, requireSeen } from './order.ts';
import type { Author, Plan, Vault, Writer, Written } from './port.ts';
import type { View } from './reading.ts';

export interface WriterDeps {
  readonly vault: Pick<Vault, 'commit' | 'commits' | 'exclusive' | 'one'>;
  readonly keys: Keys;
  readonly clock: Clock;
}

type AnyOrder<F, M> = Order<F, M> | Order<F, M, null>;
interface Drafted<M> {
  readonly plan: Plan;
  readonly made: M;
}

const ATTEMPTS = 20;

interface Drafting extends WriterDeps {
  readonly memory: ReturnType<typeof createMemory>;
}

const askOf = (
  { memory }: Pick<Drafting, 'memory'>,
  { team, actor }: Author,
  { once, operation }: Pick<Order<never>, 'once' | 'operation'>,
): Asked | null =>
  once?.idempotencyKey === null || once?.idempotencyKey === undefined
    ? null
    : memory.asked({ team, actor, operation, idempotencyKey: once.idempotencyKey, input: once.input });

/** Finds and decides, in one view; nothing is written. */
function createDrafts({ vault, memory, clock }: Drafting) {
  async function drafted<F, M>(
    author: Author,
    order: AnyOrder<F, M>,
    record: readonly Change[],
    upon: Plan | null,
  ): Promise<Drafted<M> | null> {
    return author.read(async (first) => {
      const view = upon ? first.with(upon) : first;
      const found = await readyIn(view, order);
      const decision = await order.decide(found, view);
      if (decision === null) return null;
      await decision.room?.();
      const { guards = [], standing = null } = decision;
      const own = [...decision.changes, ...guards, ...record];
      // A request that is to be remembered is a change, and so is what comes with others.
      const isAlone = record.length === 0 && upon === null;
      const stands = isAlone && standing !== null ? await commitAt(author.team, standing) : null;
      const { team, actor } = author;
      const changes = upon ? joined(upon.changes, own) : own;
      return {
        plan: { team, actor, operation: decision.operation ?? order.operation, seq: first.seq, changes, stands },
        made: decision.made as M,
      };
    });
  }

  /** null: history does not reach back to it. */
  async function commitAt(team: TeamId, seq: Seq): Promise<Commit | null> {
    const [commit] = await vault.commits(team, seq - 1, 1).catch((error: unknown) => {
      if (isAppError(error) && error.code === 'HISTORY_EXPIRED') return [];
      throw error;
    });
    return commit?.seq === seq ? commit : null;
  }

  async function plan<F, M>(author: Author, order: Order<F, M>, upon?: Plan): Promise<Plan> {
    const ask = askOf({ memory }, author, order);
    const before = ask && (await memory.answer(ask));
    const { team, actor } = author;
    if (before)
      return {
        team,
        actor,
        operation: order.operation,
        seq: before.commit.seq,
        changes: upon?.changes ?? [],
        stands: upon ? null : before.commit,
      };
    const subject = await subjectOf(order);
    const record = ask ? [memory.record(ask, order.once?.object ?? subject, clock())] : [];
    const draft = await drafted(author, order, record, upon ?? null);
    if (!draft) throw new Error(`${order.operation} decided nothing`);
    return draft.plan;
  }

  return { drafted, plan };
}

/** Commits what was decided, in turn, and knows which refusals mean that it is to be decided again. */
function createCommitting(vault: WriterDeps['vault']) {
  /** Conflicts that the store found. One that the decision itself found is final; one of these means: decide again. */
  const raced = new WeakSet<Error>();

  async function commit(author: Author, { stands, team, actor, operation, changes }: Plan): Promise<CommitFacts> {
    author.requireStanding();
    if (stands) return stands;
    try {
      return await vault.commit({ team, actor, operation, changes: author.guarded(changes) });
    } catch (cause) {
      const error = author.refused(cause);
      if (isAppError(error) && error.code === 'CONFLICT' && !author.hasMoved(error)) raced.add(error);
      throw error;
    } finally {
      author.committed();
    }
  }

  /** Alone on its subject in this process, and again when another process was faster. */
  const alone = <T>(subject: Key, attempt: () => Promise<T>): Promise<T> =>
    vault.exclusive(subject, async () => {
      for (let i = 1; ; i += 1) {
        try {
          return await attempt();
        } catch (error) {
          if (!(error instanceof Error && raced.has(error)) || i === ATTEMPTS) throw error;
        }
      }
    });

  async function forgetOf(author: Author, keeping: Keeping, key: Key, revision: number): Promise<void> {
    const { kind, operation } = keeping;
    const before = await keeping.cut(key, revision);
    if (before === null) return;
    // In turn with other writes of it, so that none goes back to a revision that is being forgotten.
    await alone(key, async () => {
      const changes = [{ op: 'purge', kind, key, before } as const, ...(await keeping.also(key, before, revision))];
      return commit(author, planOf(author, operation, changes));
    });
  }

  /** Now and then forgets old revisions of what was written. */
  async function forget(author: Author, changes: readonly Change[], keeps: readonly Keeping[]): Promise<void> {
    for (const keeping of keeps) {
      for (const change of changes) {
        if (change.op !== 'put' || change.kind !== keeping.kind || change.deleted) continue;
        await forgetOf(author, keeping, change.key, (change.expected ?? 0) + 1);
      }
    }
  }

  return { commit, alone, forget };
}

export function createWriter({ vault, keys, clock }: WriterDeps): Writer {
  const memory = createMemory(vault, keys);
  const { drafted, plan } = createDrafts({ vault, keys, clock, memory });
  const { commit, alone, forget } = createCommitting(vault);

  async function done<F, M>(author: Author, order: AnyOrder<F, M>, ask: Asked | null) {
    const subject = await subjectOf(order);
    const object = order.once?.object ?? subject;
    const record = ask ? [memory.record(ask, object, clock())] : [];
    return alone(subject, async () => {
      const draft = await drafted(author, order, record, null);
      return draft && { object, plan: draft.plan, made: draft.made, commit: await commit(author, draft.plan) };
    });
  }

  async function runAny<F, M>(author: Author, order: AnyOrder<F, M>): Promise<Written<M> | null> {
    const ask = askOf({ memory }, author, order);
    const before = ask && (await memory.answer(ask));
    if (before) return { ...before, made: undefined as M };
    const result = await done(author, order, ask).catch(async (error: unknown) => {
      // The same request may have won the race, or the first answer may have been lost on its way.
      const after = ask && isAppError(error) ? await memory.answer(ask) : null;
      if (!after) throw error;
      return { ...after, plan: null, made: undefined as M };
    });
    if (!result) return null;
    if (result.plan && !result.plan.stands) await forget(author, result.plan.changes, order.keeps ?? []);
    return result;
  }

  return {
    plan,
    commit,
    run: (author, order) => runAny(author, order) as never,
    runIf: runAny,
    ready: (author, order) => author.read((view) => readyIn(view, order)),
  };
}

async function readyIn<F>(view: View, { find, seen }: Pick<AnyOrder<F, unknown>, 'find' | 'seen'>): Promise<F> {
  const found = await find(view);
  if (seen) requireSeen(seen(found));
  return found;
}

const subjectOf = async ({ subject }: { readonly subject: Key | (() => Promise<Key>) }): Promise<Key> =>
  typeof subject === 'function' ? subject() : subject;

/** A plan of changes that rest on nothing but the revisions which they replace. */
export const planOf = ({ team, actor }: Author, operation: string, changes: readonly Change[]): Plan => ({
  team,
  actor,
  operation,
  seq: 0,
  changes,
  stands: null,
});

/** The gateway itself at work: nothing stands in its way but other writers. */
export const ownAuthor = (vault: Pick<Vault, 'view'>, team: TeamId, actor: string): Author => ({
  team,
  actor,
  read: async (use) => use(await vault.view(team)),
  requireStanding: () => {},
  guarded: (changes) => changes,
  refused: (cause) => cause,
  hasMoved: () => false,
  committed: () => {},
});
