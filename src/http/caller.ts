import { guarded } from '../kernel/guarded.ts';
import type { Hold } from '../kernel/in-flight.ts';
import type { Wanting } from '../kernel/work.ts';
import { authorizationOf } from './authorization.ts';
import type { Deadline } from './deadline.ts';
import type { Exchange } from './exchange.ts';
import type { Payer, Rates } from './rates.ts';
import type { WrongTokens } from './wrong-tokens.ts';

/** What a signature is made over. */
export interface Signed {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly target: string;
  readonly body: Uint8Array;
  /** `Bearer <token>`; empty: there is none. */
  readonly authorization: string;
}

/** Who asks: throws UNAUTHENTICATED for strangers. */
export type ContextFor = (request: {
  readonly authorization: string | undefined;
  readonly requestId: string;
  /** Names and values in turn, as they were sent. */
  readonly headers?: readonly string[];
  /** Of the client. */
  readonly address?: string;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: () => Wanting;
}) => Promise<{
  /** All that the answer to a query depends on besides the request. null: no answer is given twice. */
  readonly stamp: string | null;
  /** Whether the answer depended on nothing else. */
  readonly isRepeatable?: () => boolean;
  /** Whether the token may write anything that carries files, and so send larger bodies; absent: yes. */
  readonly mayCarryFiles?: () => boolean;
  /** Who asks, for limits on what stays open. */
  readonly session?: { readonly principal: Payer };
  /** Of its own for an answer that needs no reading, which may be given up; null, or absent: there is none. */
  readonly atOnce?: () => object | null;
  /** Of what is shown. */
  readonly notes?: { note(of: string, count: number): void; readonly shown: ReadonlyMap<string, number> };
  /** UNAUTHENTICATED unless the request is signed, if it has to be. */
  readonly checkSignature?: (signed: Signed) => void;
}>;

/** Who asks, and what else answers depend on. */
export interface Known {
  readonly stamp: string;
  readonly principal: Payer;
}

/** Who asks, where nothing has to be read to know it. What is asked of every request makes no object. */
export interface KnownCallers {
  /**
   * null: it has to be found out. Throws, if at all, what `ContextFor` would reject with. `headers`: names and values in turn, as they were
   * sent; `address`: of the client.
   */
  find(authorization: string | undefined, headers: readonly string[], address: string): Known | null;
  /** A context of one that was found, for an answer that needs no reading, which may be given up; null, or absent: there is none. */
  atOnce?(caller: Known): object | null;
}

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
    const { rawHeaders: headers } = request;
    return await contextFor({
      authorization: authorizationOf(headers),
      requestId: id,
      headers,
      address: client,
      signal,
    });
  } catch (error) {
    throw await wrongTokens.judge(error, client);
  }
}

const NO_BYTES = new Uint8Array();

/** Knows who sent the body, where it has to be signed. */
export async function checkSigned(
  { wrongTokens }: Pick<Deps, 'wrongTokens'>,
  { request, client, method }: Exchange,
  { checkSignature }: Caught,
  body: Uint8Array | null,
): Promise<void> {
  if (checkSignature === undefined) return;
  try {
    const authorization = authorizationOf(request.rawHeaders) ?? '';
    checkSignature({ method, target: request.url ?? '', body: body ?? NO_BYTES, authorization });
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
