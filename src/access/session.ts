import { unauthenticated } from '../kernel/errors.ts';
import { createWork, OWN_WORK, type Work, type WorkTerms } from '../kernel/work.ts';
import type { Seq, TeamId } from '../store/port.ts';
import type { Change, CommitFacts } from '../vault/change.ts';
import type { Order } from '../vault/order.ts';
import type { Author, Plan, Vault, Written } from '../vault/port.ts';
import type { View } from '../vault/reading.ts';
import { retryingStale } from '../vault/stale.ts';
import type { Principal } from './model.ts';
import { FIXED, isMovedStanding, type Standing, stampOf, standingError, withStanding } from './standing.ts';

/** One caller at work: who, and the state of the team that the work sees. Lives as long as one request or one event. */
export interface Session {
  readonly principal: Principal;
  /** Who acts, and the last commit that reads will see: while both stay, so does every answer. */
  readonly stamp: string;
  /** The last commit that the first reads see. */
  readonly seq: Seq;
  /** What the caller has others do: counted, bounded, and ended when nobody waits for it. */
  readonly work: Work;
  /** What the first reads see, where nothing was read yet; null: something was. */
  readonly present: View | null;
  /** Another one that begins as this did, while nothing was read: what it does may be given up and done anew by this one. */
  twin(): Session | null;
  /** Reads within one request share a view, and so one state of the team; after a commit they share a newer one. */
  read<T>(use: (view: View) => Promise<T>): Promise<T>;
  /** Plans and commits a change, one at a time on its subject in this process, and again when another writer was faster. */
  run<F, M = undefined>(order: Order<F, M>): Promise<Written<M>>;
  /** The same for what may turn out to need no commit: then null. */
  runIf<F, M = undefined>(order: Order<F, M, null>): Promise<Written<M> | null>;
  /** What the change would do, upon what is not committed yet. */
  plan<F, M = undefined>(order: Order<F, M>, upon?: Plan): Promise<Plan>;
  /** Exactly the plan, while the caller's token and role still are what it was decided under; else CONFLICT. */
  commit(plan: Plan): Promise<CommitFacts>;
  /** What there is to be changed; refuses all that the change would be refused for before it is decided. */
  ready<F, M = undefined>(order: Pick<Order<F, M>, 'find' | 'seen'>): Promise<F>;
  /** Looks again at who the caller is, after a commit found that to have changed; later reads see a newer state. */
  renew(): Promise<void>;
}

/** A class, since each request makes one: closures and accessors on every object were a tenth of a repeated answer. */
class VaultSession implements Session, Author {
  principal: Principal;
  readonly stamp: string;
  readonly seq: Seq;
  readonly work: Work;
  readonly #vault: Vault;
  readonly #standing: Standing;
  readonly #terms: WorkTerms;
  #first: View | null;
  #present: View | null = null;
  #current: Promise<View> | null = null;

  constructor(vault: Vault, caller: Principal, first: View, standing: Standing, terms: WorkTerms) {
    this.principal = caller;
    this.stamp = stampOf(caller, first.seq);
    this.seq = first.seq;
    this.work = createWork(terms);
    this.#vault = vault;
    this.#standing = standing;
    this.#terms = terms;
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

  get present(): View | null {
    if (this.#first === null) return null;
    this.#present ??= this.#first.by(this.work);
    return this.#present;
  }

  twin(): Session | null {
    const first = this.#first;
    return first && new VaultSession(this.#vault, this.principal, first, this.#standing, this.#terms);
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

  commit(plan: Plan): Promise<CommitFacts> {
    return this.#vault.writer.commit(this, plan);
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
