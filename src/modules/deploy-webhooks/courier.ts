import { randomUUID } from 'node:crypto';
import type { Session } from '../../access/session.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { GuardedFetch } from '../../net/guarded-fetch.ts';
import { type Change, changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import { type Book, bookOf, isUndelivered } from '../restarts/book.ts';
import {
  deliveryDocument,
  type QueueFields,
  queueDocument,
  type StoredDelivery,
  type StoredWebhook,
} from '../restarts/model.ts';
import { afterAttempt, failuresAfter, isDown, isDue, type Outcome, restMs } from './attempts.ts';
import { post } from './post.ts';

export interface CourierDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly fetch: GuardedFetch;
  /** From 0 to 1. */
  readonly random: () => number;
  /** A session of the gateway itself. */
  readonly session: (team: string) => Promise<Session>;
}

/** Deliveries between two records of what came of them: so many are at most sent twice after a crash. */
const BATCH = 20;

const queues = changesOf(queueDocument);
const deliveries = changesOf(deliveryDocument);

interface Sent {
  readonly id: string;
  readonly outcome: Outcome;
}
interface Taken {
  readonly token: string;
  readonly book: Book;
  readonly due: readonly StoredDelivery[];
  readonly failures: number;
}

export type Courier = ReturnType<typeof createCourier>;

function dueIn({ deliveries: all, webhook }: Book, now: Date, limits: Limits): readonly StoredDelivery[] {
  // Switched off: they wait.
  if (webhook && !webhook.fields.enabled) return [];
  return all.live.filter((delivery) => isUndelivered(delivery) && isDue(delivery.fields.nextAt, now, limits));
}

function nextAtOf({ deliveries: all, webhook }: Book, after: ReadonlyMap<string, string | null>): string | null {
  if (webhook && !webhook.fields.enabled) return null;
  const times = all.live.filter(isUndelivered).map(({ key, fields }) => {
    const told = after.get(idOf(key));
    return told === undefined ? fields.nextAt : told;
  });
  return times.filter((time) => time !== null).sort()[0] ?? null;
}

/** Which process delivers for a project. */
function createLeases({ clock, limits }: Pick<CourierDeps, 'clock' | 'limits'>) {
  const holder = randomUUID();
  /** Leases of others: by how long they are seen here, not by anybody's clock. */
  const seen = new Map<string, { readonly token: string; readonly since: number }>();

  /** Whether the lease is free, ours from before, or of a process that has been silent for too long. */
  function isFree(name: string, lease: QueueFields['lease']): boolean {
    if (lease === null || lease.holder === holder) return true;
    const known = seen.get(name);
    const since = known?.token === lease.token ? known.since : performance.now();
    seen.set(name, { token: lease.token, since });
    return performance.now() - since >= limits.webhookLeaseMs;
  }

  /** Makes the lease ours, in a commit that only one process can make. */
  async function take(project: string, session: Session): Promise<Taken | null> {
    const taken = await session.runIf<Book, Taken | null>({
      operation: 'restart.deliver',
      subject: [session.principal.team, 'restartQueue', project],
      find: (view) => bookOf(project, view),
      decide(book) {
        const now = clock();
        const { queue } = book;
        if (!queue || !isDue(queue.fields.nextAt, now, limits)) return null;
        if (!isFree(`${session.principal.team}/${project}`, queue.fields.lease)) return null;
        const due = dueIn(book, now, limits);
        if (due.length === 0) {
          const idle = { ...queue.fields, lease: null, nextAt: nextAtOf(book, new Map()) };
          return { changes: [queues.replace(queue, idle, null)], made: null };
        }
        const token = randomUUID();
        const held = { ...queue.fields, lease: { holder, token } };
        const made = { token, book, due, failures: queue.fields.failures };
        return { changes: [queues.replace(queue, held, null)], made };
      },
    });
    return taken?.made ?? null;
  }

  return take;
}

function createSending({ clock, limits, fetch }: Pick<CourierDeps, 'clock' | 'limits' | 'fetch'>) {
  async function send({ book, due, failures: before }: Taken, signal: AbortSignal): Promise<readonly Sent[]> {
    const until = performance.now() + limits.webhookLeaseMs / 3;
    const sent: Sent[] = [];
    let failures = before;
    for (const delivery of due.slice(0, BATCH)) {
      if (signal.aborted || performance.now() > until) break;
      const outcome = await attempt(book, delivery, signal);
      // Cut off by our own end: nobody knows whether it arrived, so it is tried again.
      if (outcome === null || (signal.aborted && outcome.error !== null)) break;
      sent.push({ id: idOf(delivery.key), outcome });
      failures = failuresAfter(failures, outcome);
      if (isDown({ failures })) break;
    }
    return sent;
  }

  async function attempt(book: Book, delivery: StoredDelivery, signal: AbortSignal): Promise<Outcome | null> {
    const webhook: StoredWebhook | null = book.webhook;
    const request = book.requests.get(idOf(delivery.key));
    if (!webhook || !request) return { at: clock(), status: null, error: 'NO_WEBHOOK', retryAfterMs: null };
    return post(request, delivery, webhook, { fetch, clock, signal });
  }

  return send;
}

function createSettling({ clock, limits, random }: Pick<CourierDeps, 'clock' | 'limits' | 'random'>) {
  /** Records what came of them and gives the lease back, unless somebody else has taken it. */
  async function settle(project: string, { token }: Taken, sent: readonly Sent[], session: Session): Promise<void> {
    await session.runIf({
      operation: 'restart.deliver',
      subject: [session.principal.team, 'restartQueue', project],
      find: (view) => bookOf(project, view),
      decide(book) {
        const { queue } = book;
        const changes: Change[] = [];
        const after = new Map<string, string | null>();
        let failures = queue?.fields.failures ?? 0;
        for (const { id, outcome } of sent) {
          const delivery = book.deliveries.get(id);
          failures = failuresAfter(failures, outcome);
          if (!delivery || delivery.fields.state === 'delivered') continue;
          const fields = afterAttempt(delivery.fields, outcome, limits, random());
          after.set(id, fields.nextAt);
          changes.push(deliveries.replace(delivery, fields, null));
        }
        if (queue?.fields.lease?.token === token) {
          const rest = new Date(clock().getTime() + restMs(failures, limits, random())).toISOString();
          const next = nextAtOf(book, after);
          const nextAt = next !== null && isDown({ failures }) && next < rest ? rest : next;
          changes.push(queues.replace(queue, { lease: null, nextAt, failures }, null));
        }
        return changes.length > 0 ? { changes } : null;
      },
    });
  }

  return settle;
}

/** Carries requests to the deploy webhooks: one at a time for each project, whichever process does it. */
export function createCourier(deps: CourierDeps) {
  const { limits, session: sessionOf } = deps;
  const take = createLeases(deps);
  const send = createSending(deps);
  const settle = createSettling(deps);
  const under = new Set<string>();

  /** Delivers what is due in a project, for as long as its turn lasts. */
  return async function deliver(team: string, project: string, signal: AbortSignal): Promise<void> {
    const name = `${team}/${project}`;
    if (under.has(name)) return;
    under.add(name);
    const until = performance.now() + limits.webhookLeaseMs / 3;
    try {
      while (!signal.aborted && performance.now() < until) {
        const session = await sessionOf(team);
        const taken = await take(project, session);
        if (!taken) return;
        const sent = await send(taken, signal);
        await settle(project, taken, sent, session);
      }
    } finally {
      under.delete(name);
    }
  };
}
