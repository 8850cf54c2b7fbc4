import type { Clock } from '../../kernel/clock.ts';
import { isAppError } from '../../kernel/errors.ts';
import type { GuardedFetch } from '../../net/guarded-fetch.ts';
import { idOf } from '../../vault/document.ts';
import type { DeliveryError, StoredDelivery, StoredRequest, StoredWebhook } from '../restarts/model.ts';
import { type Outcome, retryAfterMs } from './attempts.ts';
import { signatureOf, validSecrets } from './signature.ts';

/** What the deploy platform is told: which workload, and no value of anything. */
function bodyOf({ key, fields, body }: StoredRequest, delivery: StoredDelivery, at: string): string {
  const [team, project, id] = key;
  const { kind, workload, scopes, seq } = fields;
  const attempt = delivery.fields.attempts + 1;
  const { reason } = body();
  return JSON.stringify({
    id,
    type: 'restart.requested',
    team,
    project,
    workload: { kind, id: workload },
    scopes,
    seq,
    reason,
    at,
    attempt,
  });
}

/** One attempt. Never rejects: what went wrong is a code, without a word of what the receiver said. */
export async function post(
  request: StoredRequest,
  delivery: StoredDelivery,
  webhook: StoredWebhook,
  { fetch, clock, signal }: { readonly fetch: GuardedFetch; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Outcome> {
  const now = clock();
  const text = bodyOf(request, delivery, now.toISOString());
  const id = idOf(delivery.key);
  const { round } = delivery.fields;
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'keyloom',
    'x-keyloom-signature': signatureOf(text, now, validSecrets(webhook.body(), now.toISOString())),
    'x-keyloom-delivery': id,
    // The same for every attempt; another one when somebody asks to deliver it again.
    'idempotency-key': round === 1 ? id : `${id}-${round}`,
  };
  try {
    const answer = await fetch(webhook.body().url, { method: 'POST', headers, body: text, signal });
    const at = clock();
    const { status } = answer;
    const retryAfter = retryAfterMs(answer.headers.get('retry-after'), at);
    if (answer.ok) return { at, status, error: null, retryAfterMs: null };
    return { at, status, error: status === 410 ? 'GONE' : 'STATUS', retryAfterMs: retryAfter };
  } catch (error) {
    return { at: clock(), status: null, error: codeOf(error), retryAfterMs: null };
  }
}

function codeOf(error: unknown): DeliveryError {
  if (isAppError(error)) return 'REFUSED';
  const name = error instanceof Error ? error.name : '';
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.name : '';
  if (name === 'TimeoutError' || name === 'AbortError' || cause === 'TimeoutError') return 'TIMEOUT';
  // A refusal by the look-up comes wrapped, or as it is.
  return error instanceof Error && isAppError(error.cause) ? 'REFUSED' : 'UNREACHABLE';
}
