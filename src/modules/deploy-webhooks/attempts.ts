import type { Limits } from '../../kernel/limits.ts';
import type { Attempt, DeliveryError, DeliveryFields, QueueFields } from '../restarts/model.ts';

/** What an attempt came to. */
export interface Outcome {
  readonly at: Date;
  readonly status: number | null;
  readonly error: DeliveryError | null;
  /** What the receiver asked for, milliseconds; null: nothing. */
  readonly retryAfterMs: number | null;
}

type Backoff = Pick<Limits, 'webhookAttempts' | 'webhookBackoffMs' | 'webhookBackoffMostMs'>;

/** Kept of each delivery. */
const LOG_LENGTH = 40;
/** Failures in a row after which the target is taken to be down. */
const DOWN = 3;

/** Exponential with full jitter: anything up to the doubled ceiling. `random`: from 0 to 1. */
export const backoffMs = (failures: number, limits: Backoff, random: number): number =>
  Math.floor(random * Math.min(limits.webhookBackoffMostMs, limits.webhookBackoffMs * 2 ** Math.min(failures - 1, 30)));

/** A delivery after an attempt. One that was cancelled meanwhile stays so, unless it arrived. */
export function afterAttempt(
  delivery: DeliveryFields,
  outcome: Outcome,
  limits: Backoff,
  random: number,
): DeliveryFields {
  const attempt: Attempt = { at: outcome.at.toISOString(), status: outcome.status, error: outcome.error };
  const log = [...delivery.log, attempt].slice(-LOG_LENGTH);
  const told = { ...delivery, log, attempts: delivery.attempts + 1 };
  if (outcome.error === null) return { ...told, state: 'delivered', nextAt: null };
  if (delivery.state !== 'pending' && delivery.state !== 'failed') return told;
  const failures = delivery.failures + 1;
  const isOver = failures >= limits.webhookAttempts || outcome.error === 'GONE' || outcome.error === 'NO_WEBHOOK';
  if (isOver) return { ...told, failures, state: 'dead', nextAt: null };
  const asked = Math.min(outcome.retryAfterMs ?? 0, limits.webhookBackoffMostMs);
  const wait = Math.max(backoffMs(failures, limits, random), asked);
  return { ...told, failures, state: 'failed', nextAt: new Date(outcome.at.getTime() + wait).toISOString() };
}

/** Whether a time has come. What lies further ahead than any wait is long was said before the clock was set back. */
export function isDue(nextAt: string | null, now: Date, limits: Backoff): boolean {
  if (nextAt === null) return false;
  const ahead = Date.parse(nextAt) - now.getTime();
  return ahead <= 0 || ahead > limits.webhookBackoffMostMs;
}

/** Whether so many failures mean that the target is down, so that nothing more is tried on it for a while. */
export const isDown = ({ failures }: Pick<QueueFields, 'failures'>): boolean => failures >= DOWN;

/** Failures in a row after an attempt. A refusal by a target that works tells nothing about whether it is down. */
export function failuresAfter(failures: number, { error, status }: Outcome): number {
  if (error === null) return 0;
  const isAlive = status !== null && status < 500 && status !== 408 && status !== 429;
  return isAlive ? failures : failures + 1;
}

/** How long to leave a target alone that looks down, milliseconds. */
export const restMs = (failures: number, limits: Backoff, random: number): number =>
  failures < DOWN ? 0 : backoffMs(failures - DOWN + 1, limits, random);

/** Milliseconds that a `Retry-After` asks for: seconds or a date; null when it is neither. */
export function retryAfterMs(header: string | null, now: Date): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now.getTime());
}
