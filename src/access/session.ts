import { isAppError, unauthenticated } from '../kernel/errors.ts';
import { createWork, OWN_WORK, type Work, type WorkTerms } from '../kernel/work.ts';
import type { Commit, Key, Seq, TeamId } from '../store/port.ts';
import type { Order } from '../vault/order.ts';
import { retryingStale } from '../vault/sets.ts';
import type { Change, Vault, View } from '../vault/vault.ts';
import type { Author, Plan, Written } from '../vault/writer.ts';
import type { Principal } from './model.ts';
import { FIXED, isMovedStanding, type Standing, standingError, withStanding } from './standing.ts';

/** One caller at work: who, and the state of the team that the work sees. Lives as long as one request or one event. */
export interface Session {
  readonly principal: Principal;
  /** Who acts, and the last commit that reads will see: while both stay, so does every answer. */
  readonly stamp: string;
  /** The last commit that the first reads see. */
  readonly seq: Seq;
  /** What the caller has others do: counted, bounded, and ended when nobody waits for it. */
  readonly work: Work;
  /** Reads within one request share a view, and so one state of the team; after a commit they share a newer one. */
  read<T>(use: (view: View) => Promise<T>): Promise<T>;
  /**
   * Commits while the caller's token and role still are what the decision was made under. `standing`: the commit that made things
   * as they are already; then that one is answered, and nothing is written.
   */
  commit(operation: string, changes: readonly Change[], standing?: Seq | null): Promise<Commit>;
  /** Plans and commits a change, one at a time on its subject in this process, and again when another writer was faster. */
  run<F, M = undefined>(order: Order<F, M>): Promise<Written<M>>;
  /** The same for what may turn out to need no commit: then null. */
  runIf<F, M = undefined>(order: Order<F, M, null>): Promise<Written<M> | null>;
  /** What the change would do, upon what is not committed yet. */
  plan<F, M = undefined>(order: Order<F, M>, upon?: Plan): Promise<Plan>;
  /** What there is to be changed; refuses all that the change would be refused for before it is decided. */
  ready<F, M = undefined>(order: Pick<Order<F, M>, 'find' | 'seen'>): Promise<F>;
  /** Looks again at who the caller is, after a commit found that to have changed; later reads see a newer state. */
  renew(): Promise<void>;
  /** Read, decide, commit on one document: one at a time in this process, and again when another writer was faster. */
  write<T>(key: Key, attempt: () => Promise<T>): Promise<T>;
}

const ATTEMPTS = 20;

/** Conflicts that the store found, of all sessions. */
const raced = new WeakSet<Error>();

/** A class, since each request makes one: closures and accessors on every object were a tenth of a repeated answer. */
class VaultSession implements Session, Author {
  principal: Principal;
  readonly stamp: string;
  readonly seq: Seq;
  readonly work: Work;
  readonly #vault: Vault;
  readonly #standing: Standing;
  #first: View | null;
  #current: Promise<View> | null = null;

  constructor(vault: Vault, caller: Principal, first: View, standing: Standing, terms: WorkTerms) {
    this.principal = caller;
    this.stamp = `${caller.team} ${caller.id} ${first.seq}`;
    this.seq = first.seq;
    this.work = createWork(terms);
    this.#vault = vault;
    this.#standing = standing;
    this.#first = first;
  }

  read<T>(use: (view: View) => Promise<T>): Promise<T> {
    return retryingStale(async () => {
      this.#current ??= this.#view();
      const mine = this.#current;
      try {
        return await use(await mine);
      } catch (error) {
        if (this.#current === mine) this.#current = null;
        throw error;
      }
    });
  }

  async commit(operation: string, changes: readonly Change[], standing: Seq | null = null): Promise<Commit> {
    const { principal } = this;
    if (this.#standing.isExpired(principal)) throw unauthenticated();
    const stands = standing === null ? null : await this.#commitAt(standing);
    if (stands) return stands;
    try {
      const guarded = withStanding(principal, changes);
      this.work.commit();
      return await this.#vault.commit({ team: principal.team, actor: principal.id, operation, changes: guarded });
    } catch (cause) {
      const error = standingError(principal, cause);
      if (isAppError(error) && error.code === 'CONFLICT' && !isMovedStanding(error)) raced.add(error);
      throw error;
    } finally {
      this.#forget();
    }
  }

  get team(): TeamId {
    return this.principal.team;
  }

  get actor(): string {
    return this.principal.id;
  }

  run<F, M>(order: Order<F, M>): Promise<Written<M>> {
    return this.#vault.writer.run(this, order);
  }

  runIf<F, M>(order: Order<F, M, null>): Promise<Written<M> | null> {
    return this.#vault.writer.runIf(this, order);
  }

  plan<F, M>(order: Order<F, M>, upon?: Plan): Promise<Plan> {
    return this.#vault.writer.plan(this, order, upon);
  }

  ready<F, M>(order: Pick<Order<F, M>, 'find' | 'seen'>): Promise<F> {
    return this.#vault.writer.ready(this, order);
  }

  requireStanding(): void {
    if (this.#standing.isExpired(this.principal)) throw unauthenticated();
  }

  guarded(changes: readonly Change[]): readonly Change[] {
    const guarded = withStanding(this.principal, changes);
    this.work.commit();
    return guarded;
  }

  refused(cause: unknown): unknown {
    return standingError(this.principal, cause);
  }

  hasMoved(error: unknown): boolean {
    return isMovedStanding(error);
  }

  committed(): void {
    this.#forget();
  }

  async renew(): Promise<void> {
    this.#forget();
    this.principal = await this.#standing.renewed(this.principal);
  }

  write<T>(key: Key, attempt: () => Promise<T>): Promise<T> {
    return this.#vault.exclusive(key, async () => {
      for (let i = 1; ; i += 1) {
        try {
          return await attempt();
        } catch (error) {
          // A conflict that the decision itself found is final; one that the store found means: decide again.
          if (!(error instanceof Error && raced.has(error)) || i === ATTEMPTS) throw error;
        }
      }
    });
  }

  /** null: history does not reach back to it. */
  async #commitAt(seq: Seq): Promise<Commit | null> {
    const [commit] = await this.#vault.commits(this.principal.team, seq - 1, 1).catch((error: unknown) => {
      if (isAppError(error) && error.code === 'HISTORY_EXPIRED') return [];
      throw error;
    });
    return commit?.seq === seq ? commit : null;
  }

  /** The view that the caller was found in, once; a newer one after that. */
  async #view(): Promise<View> {
    const first = this.#first;
    this.#first = null;
    return (first ?? (await this.#vault.view(this.principal.team))).by(this.work);
  }

  #forget(): void {
    this.#first = null;
    this.#current = null;
  }
}

/** `first`: the view that the principal was found in. `terms`: what the work may come to; absent: it is the gateway's own. */
export const createSession = (
  vault: Vault,
  caller: Principal,
  first: View,
  standing: Standing = FIXED,
  terms: WorkTerms = OWN_WORK,
): Session => new VaultSession(vault, caller, first, standing, terms);
