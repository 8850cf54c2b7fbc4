import { guarded } from '../kernel/guarded.ts';
import type { Hold } from '../kernel/in-flight.ts';
import { authorizationOf } from './authorization.ts';
import type { Deadline } from './deadline.ts';
import type { Exchange } from './exchange.ts';
import type { Payer, Rates } from './rates.ts';
import type { WrongTokens } from './wrong-tokens.ts';

/** Who asks: throws UNAUTHENTICATED for strangers. */
export type ContextFor = (request: {
  readonly authorization: string | undefined;
  readonly requestId: string;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: () => AbortSignal;
}) => Promise<{
  /** All that the answer to a query depends on besides the request. null: no answer is given twice. */
  readonly stamp: string | null;
  /** Whether the answer depended on nothing else. */
  readonly isRepeatable?: () => boolean;
  /** Whether the token may write anything that carries files, and so send larger bodies; absent: yes. */
  readonly mayCarryFiles?: () => boolean;
  /** Who asks, for limits on what stays open. */
  readonly session?: { readonly principal: Payer };
}>;
export type Caught = Awaited<ReturnType<ContextFor>>;

interface Deps {
  readonly contextFor: ContextFor;
  readonly rates: Rates;
  readonly wrongTokens: WrongTokens;
}

/** Knows the token of a request before anything of its body is read. */
export async function contextOf(
  { contextFor, wrongTokens }: Pick<Deps, 'contextFor' | 'wrongTokens'>,
  { request, id, client }: Exchange,
  { signal }: Pick<Deadline, 'signal'>,
): Promise<Caught> {
  try {
    return await contextFor({ authorization: authorizationOf(request.rawHeaders), requestId: id, signal });
  } catch (error) {
    throw await wrongTokens.judge(error, client);
  }
}

/** Has whoever asks pay, and tells with the answer how it stands. */
export const chargeOf =
  ({ rates }: Pick<Deps, 'rates'>, exchange: Exchange, { session }: Caught) =>
  async (points: number): Promise<void> => {
    if (!session) return;
    try {
      await rates.take(session.principal, points);
    } finally {
      exchange.headers = rates.headers(session.principal);
    }
  };

/** The connection is done with a request, answered or not. */
export function leave({ request, deadline, hold }: Exchange): void {
  deadline?.abandon();
  // Nobody will ever hear of a body that broke off.
  if (!request.complete) hold?.release();
}

/** A client that takes its time holds what it has not taken yet. */
export function holdUntilSent({ response, onFault }: Exchange, hold: Hold, bytes: number): void {
  hold.add(bytes);
  if (response.destroyed) hold.release();
  else response.once('close', guarded(onFault, hold.release));
}
