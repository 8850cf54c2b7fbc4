import { crc32 } from 'node:zlib';
import { type Random, secureRandom } from './random.ts';

/** Of a user, a machine, a dependent, a gateway. */
export type TokenKind = 'u' | 'm' | 'd' | 'g';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_LENGTH = 43;
const CHECK_LENGTH = 6;
const TOKEN = /^(klm_([umdg])_([0-9A-Za-z]{43}))([0-9A-Za-z]{6})$/;
/** 2^256 - 1. The digits are in ASCII order, so texts of one length compare as their numbers do. */
const LARGEST = base62((1n << 256n) - 1n, SECRET_LENGTH);

/** A bearer token of 256 random bits: `klm_u_`, 43 base62 digits, 6 more as a checksum. */
export function newToken(kind: TokenKind, random: Random = secureRandom): string {
  const secret = BigInt(`0x${Buffer.from(random(32)).toString('hex')}`);
  const text = `klm_${kind}_${base62(secret, SECRET_LENGTH)}`;
  return text + checksum(text);
}

/** null: no token that Keyloom ever made, so nothing has to be looked up. */
export function parseToken(text: string): { readonly kind: TokenKind } | null {
  const [, payload, kind, secret, check] = TOKEN.exec(text) ?? [];
  if (payload === undefined || secret === undefined || !isTokenKind(kind)) return null;
  if (secret > LARGEST || checksum(payload) !== check) return null;
  return { kind };
}

const isTokenKind = (kind: string | undefined): kind is TokenKind =>
  kind !== undefined && 'umdg'.includes(kind) && kind.length === 1;

/** CRC-32 finds every single wrong character and every swap of neighbours. It protects against typos, not people. */
function checksum(text: string): string {
  return base62(BigInt(crc32(text)), CHECK_LENGTH);
}

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; rest > 0n; rest /= 62n) text = DIGITS.charAt(Number(rest % 62n)) + text;
  return text.padStart(length, '0');
}
