import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { rateLimited } from '../kernel/errors.ts';
import type { Limits } from '../kernel/limits.ts';
import type { Caller } from './connection-limits.ts';

/** Who pays. */
export interface Payer extends Caller {
  readonly team?: string;
}

/** What a client may ask for, by its token: points a minute, a bucket for each token in each process. */
export interface Rates {
  /** RATE_LIMITED when they are spent. */
  take(payer: Payer, points: number): Promise<void>;
  /** Whether it is certain that they are there: then `takeNow` takes them without waiting. */
  hasNow(payer: Payer, points: number): boolean;
  takeNow(payer: Payer, points: number): void;
  /** How it stands with a token; null: its rate is not limited. Cheap: it goes with every answer. */
  headers(payer: Payer): RateHeaders | null;
  /** What tokens spent here since the process began, of those in use. */
  readonly spent: () => ReadonlyMap<string, number>;
  /** Counts what a token spent in another process. */
  add(name: string, points: number): void;
}

export type RateHeaders = Readonly<Record<'x-ratelimit-limit' | 'x-ratelimit-remaining' | 'x-ratelimit-reset', string>>;

const WINDOW_SECONDS = 60;
/** Tokens told of to other processes: those that spend most. */
const MAX_TOLD = 1_000;

interface Bucket {
  /** Whose it is, as `nameOf` has it. */
  readonly name: string;
  readonly limiter: RateLimiterAbstract;
  readonly limit: number;
  remaining: number;
  /** Milliseconds of `Date.now()`. */
  resetAt: number;
  /** Ever since the process began. */
  spent: number;
  /** The last headers, and the second that they are for; -1: none, the bucket is full. */
  told: { readonly second: number; readonly headers: RateHeaders } | null;
}

type RateLimits = Pick<Limits, 'ratePoints' | 'ratePointsDependent'>;

const nameOf = ({ team = '', id }: Payer): string => `${team} ${id}`;

/** Who spent what, by token. */
function createBuckets({ ratePoints, ratePointsDependent }: RateLimits) {
  const limiterOf = (points: number): RateLimiterMemory | null =>
    points === 0 ? null : new RateLimiterMemory({ points, duration: WINDOW_SECONDS });
  const ofDependents = limiterOf(ratePointsDependent);
  const ofOthers = limiterOf(ratePoints);
  const buckets = new Map<string, Bucket>();
  let lastSweep = Date.now();

  /** Forgets who has not asked for a while: buckets that are full again hold nothing. */
  function sweep(now: number): void {
    if (now - lastSweep < WINDOW_SECONDS * 1_000) return;
    lastSweep = now;
    for (const [name, { resetAt }] of buckets) if (resetAt < now - WINDOW_SECONDS * 1_000) buckets.delete(name);
  }

  function bucketOf(payer: Payer): Bucket | null {
    const isDependent = payer.kind === 'dependent';
    const limiter = isDependent ? ofDependents : ofOthers;
    if (limiter === null) return null;
    const name = nameOf(payer);
    const known = buckets.get(name);
    if (known) return known;
    const limit = isDependent ? ratePointsDependent : ratePoints;
    const made: Bucket = { name, limiter, limit, remaining: limit, resetAt: 0, spent: 0, told: null };
    buckets.set(name, made);
    return made;
  }

  return { buckets, bucketOf, sweep };
}

function note(bucket: Bucket, { remainingPoints, msBeforeNext }: RateLimiterRes): void {
  bucket.remaining = remainingPoints;
  bucket.resetAt = Date.now() + msBeforeNext;
  bucket.told = null;
}

export function createRates(limits: RateLimits): Rates {
  const { buckets, bucketOf, sweep } = createBuckets(limits);
  return {
    async take(payer, points) {
      const bucket = bucketOf(payer);
      if (bucket === null || points === 0) return;
      sweep(Date.now());
      bucket.spent += points;
      try {
        note(bucket, await bucket.limiter.consume(bucket.name, points));
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused;
        note(bucket, refused);
        throw rateLimited(
          `The token has spent its ${bucket.limit} points of this minute (${settingOf(payer)})`,
          Math.ceil(refused.msBeforeNext / 1_000),
        );
      }
    },
    hasNow(payer, points) {
      const bucket = bucketOf(payer);
      // Of one that is full again it is told how much is left when it is first taken from.
      return bucket === null || (bucket.resetAt > Date.now() && bucket.remaining >= points);
    },
    takeNow(payer, points) {
      const bucket = bucketOf(payer);
      if (bucket === null) return;
      sweep(Date.now());
      bucket.spent += points;
      bucket.remaining -= points;
      bucket.told = null;
      const noted = (state: RateLimiterRes): void => note(bucket, state);
      bucket.limiter.consume(bucket.name, points).then(noted, noted);
    },
    headers(payer) {
      const bucket = bucketOf(payer);
      if (bucket === null) return null;
      const now = Date.now();
      const isOver = bucket.resetAt <= now;
      const second = isOver ? -1 : Math.ceil((bucket.resetAt - now) / 1_000);
      if (bucket.told?.second === second) return bucket.told.headers;
      const headers = {
        'x-ratelimit-limit': String(bucket.limit),
        'x-ratelimit-remaining': String(isOver ? bucket.limit : bucket.remaining),
        'x-ratelimit-reset': String(isOver ? WINDOW_SECONDS : second),
      };
      bucket.told = { second, headers };
      return headers;
    },
    spent() {
      const used = [...buckets].filter(([, { spent }]) => spent > 0);
      if (used.length > MAX_TOLD) used.sort(([, a], [, b]) => a.remaining - b.remaining);
      return new Map(used.slice(0, MAX_TOLD).map(([name, { spent }]) => [name, spent]));
    },
    add(name, points) {
      // Whoever does not ask here needs no bucket here.
      const bucket = buckets.get(name);
      if (bucket) void bucket.limiter.penalty(name, points).then((now) => note(bucket, now));
    },
  };
}

const settingOf = ({ kind }: Payer): string => `KEYLOOM_LIMIT_RATE_POINTS${kind === 'dependent' ? '_DEPENDENT' : ''}`;
