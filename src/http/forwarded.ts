import { unauthenticated } from '../kernel/errors.ts';

/** What a federation gateway sends beside the token of its user. */
export interface GatewayHeaders {
  readonly gateway: string | undefined;
  readonly signature: string | undefined;
}

export const GATEWAY_HEADER = 'x-keyloom-gateway';
export const SIGNATURE_HEADER = 'x-keyloom-signature';

const VISIBLE = /^[\x21-\x7e]{1,1024}$/;

/** From names and values in turn; each at most once. */
export function gatewayHeadersIn(rawHeaders: readonly string[]): GatewayHeaders {
  return { gateway: oneOf(rawHeaders, GATEWAY_HEADER), signature: oneOf(rawHeaders, SIGNATURE_HEADER) };
}

function oneOf(rawHeaders: readonly string[], wanted: string): string | undefined {
  let found: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length !== wanted.length || name.toLowerCase() !== wanted) continue;
    if (found !== undefined) throw unauthenticated(`The header ${wanted} is duplicated`);
    found = rawHeaders[i + 1] ?? '';
    if (!VISIBLE.test(found)) throw unauthenticated(`The header ${wanted} must be 1 to 1024 visible characters`);
  }
  return found;
}
