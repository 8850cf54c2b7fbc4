import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import { rateLimited, unauthenticated } from '../kernel/errors.ts';
import type { Limits } from '../kernel/limits.ts';

/** What a gateway signs: everything that decides what a request does, and in whose name. */
export interface Signable {
  readonly method: string;
  /** Path and query as they are sent. */
  readonly target: string;
  readonly body: Uint8Array;
  /** The `Authorization` header as it is sent; empty: there is none. */
  readonly authorization: string;
}

const HEADER = /^t=(\d{1,12}),n=([\w-]{1,64}),v1=([0-9a-f]{64})$/;

const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');

/** The text that the signature is made over, a line each. */
const textOf = (time: string, nonce: string, { method, target, body, authorization }: Signable): string =>
  ['v1', time, nonce, method, target, sha256(body), sha256(authorization)].join('\n');

const macOf = (secret: string, text: string): Buffer => createHmac('sha256', secret).update(text).digest();

/** `x-keyloom-signature` for a request. `time`: seconds since 1970. */
export function signatureFor(secret: string, signable: Signable, time: number, nonce: string): string {
  return `t=${time},n=${nonce},v1=${macOf(secret, textOf(String(time), nonce, signable)).toString('hex')}`;
}

/** Signatures that were seen and would still be taken: each is good once in each process. */
export interface Signatures {
  /** UNAUTHENTICATED unless `header` is a fresh signature of this request by the holder of `secret`. */
  check(secret: string, header: string | undefined, signable: Signable): void;
}

export function createSignatures(
  clock: Clock,
  { signatureWindowMs, signaturesRemembered }: Pick<Limits, 'signatureWindowMs' | 'signaturesRemembered'>,
): Signatures {
  // One may be good for two windows: from a clock that is ahead until that of this machine is past it.
  const lifeMs = 2 * signatureWindowMs;
  let [recent, older] = [new Set<string>(), new Set<string>()];
  let turnAt = clock().getTime() + lifeMs;

  function remember(signature: string, now: number): void {
    if (now >= turnAt) {
      older = now >= turnAt + lifeMs ? new Set() : recent;
      recent = new Set();
      turnAt = now + lifeMs;
    }
    if (recent.has(signature) || older.has(signature)) throw unauthenticated('The signature was used before');
    if (recent.size >= signaturesRemembered) {
      const message = `More than ${signaturesRemembered} signed requests (KEYLOOM_LIMIT_SIGNATURES_REMEMBERED)`;
      throw rateLimited(message, Math.ceil((turnAt - now) / 1_000));
    }
    recent.add(signature);
  }

  return {
    check(secret, header, signable) {
      const [, time = '', nonce = '', signature = ''] = HEADER.exec(header ?? '') ?? [];
      if (signature === '') throw unauthenticated('x-keyloom-signature must be t=<seconds>,n=<nonce>,v1=<hex>');
      const now = clock().getTime();
      if (Math.abs(now - Number(time) * 1_000) > signatureWindowMs)
        throw unauthenticated('The time of the signature is too far from now');
      const wanted = macOf(secret, textOf(time, nonce, signable));
      if (!timingSafeEqual(wanted, Buffer.from(signature, 'hex'))) throw unauthenticated('The signature does not fit');
      remember(signature, now);
    },
  };
}
