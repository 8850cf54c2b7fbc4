import { unauthenticated } from '../kernel/errors.ts';

/** One space, visible ASCII, nothing around it; the scheme's letters in any case (RFC 9110, 11.1). */
const BEARER = /^bearer [\x21-\x7e]{1,8192}$/i;
const SCHEME = 'Bearer ';

/** `Bearer <token>` as a request carries it, undefined without the header; given twice or otherwise: UNAUTHENTICATED. */
export function authorizationOf(rawHeaders: readonly string[]): string | undefined {
  let found: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length !== 13 || name.toLowerCase() !== 'authorization') continue;
    if (found !== undefined) throw unauthenticated('The Authorization header is duplicated');
    found = rawHeaders[i + 1] ?? '';
  }
  return found === undefined ? undefined : bearerOf(found);
}

/** The one spelling of `Bearer <token>`; UNAUTHENTICATED for anything else. */
export function bearerOf(given: string): string {
  if (!BEARER.test(given)) throw unauthenticated('The Authorization header must be `Bearer <token>`');
  return given.startsWith(SCHEME) ? given : `${SCHEME}${given.slice(SCHEME.length)}`;
}
