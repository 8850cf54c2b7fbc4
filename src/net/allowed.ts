import { isIP } from 'node:net';

/** One entry of what the operator allows. `port` null: any. */
export type Allowed =
  | { readonly kind: 'host'; readonly host: string; readonly port: number | null; readonly isBare: boolean }
  | {
      readonly kind: 'network';
      readonly net: string;
      readonly bits: number;
      readonly family: 4 | 6;
      readonly port: number | null;
    };

const IN_BRACKETS = /^\[([0-9a-fA-F:.]{2,45})(?:\/(\d{1,3}))?\](?:\/(\d{1,3}))?(?::(\*|\d{1,5}))?$/;
const PLAIN = /^([0-9a-zA-Z.-]{1,255})(?:\/(\d{1,3}))?(?::(\*|\d{1,5}))?$/;
const BARE_NETWORK = /^([0-9a-fA-F:.]{2,45})\/(\d{1,3})$/;
const HTTPS = 443;

/** Lower case, without brackets and without a dot at the end. */
export const plainHost = (host: string): string =>
  host
    .replace(/^\[([^\]]{0,255})\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();

/**
 * `host` means port 443 alone, `host:5432` that port, `host:*` any; an IPv6 address stands in brackets. A network, `10.0.0.0/8` or
 * `[fd00::/8]`, means any port unless one follows it. null: it is none of these.
 */
export function allowedOf(entry: string): Allowed | null {
  const [, inside, bits, bitsBehind, insidePort] = IN_BRACKETS.exec(entry) ?? [];
  if (inside !== undefined) {
    if (bits !== undefined && bitsBehind !== undefined) return null;
    return isIP(inside) === 6 ? placeOf(inside, bits ?? bitsBehind, insidePort) : null;
  }
  const [, bareNet, bareBits] = BARE_NETWORK.exec(entry) ?? [];
  if (bareNet !== undefined && isIP(bareNet) === 6) return placeOf(bareNet, bareBits, undefined);
  const [, host, plainBits, plainPort] = PLAIN.exec(entry) ?? [];
  if (host === undefined || (plainBits !== undefined && isIP(host) !== 4)) return null;
  return placeOf(host, plainBits, plainPort);
}

function placeOf(host: string, bits: string | undefined, given: string | undefined): Allowed | null {
  const port = given === undefined ? undefined : given === '*' ? null : Number(given);
  if (typeof port === 'number' && (port < 1 || port > 65_535)) return null;
  if (bits === undefined) {
    return { kind: 'host', host: plainHost(host), port: port === undefined ? HTTPS : port, isBare: port === undefined };
  }
  const family = isIP(host) === 6 ? 6 : 4;
  if (Number(bits) > (family === 6 ? 128 : 32)) return null;
  return { kind: 'network', net: host, bits: Number(bits), family, port: port ?? null };
}
