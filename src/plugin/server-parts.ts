import { randomInt } from 'node:crypto';
import { isIP } from 'node:net';
import { z } from 'zod';
import { type LinkableKey, type PluginHost, percentEncoded } from './contract.ts';

/** What plugins of servers with logins have in common: `#plugin/server`. */

type KeyOf = (name: string, title: string, description: string) => LinkableKey;

/** A key whose value is for those who may read secrets. */
export const secretKey: KeyOf = (name, title, description) => ({ name, title, description, sensitive: true });
/** A key whose value everybody may read who sees the addon. */
export const plainKey: KeyOf = (name, title, description) => ({ name, title, description, sensitive: false });

export const hostParam = z
  .string()
  .regex(/^[a-zA-Z0-9.:-]+$/, 'must be a host name or an address')
  .max(255);

export const portParam = z.int().min(1).max(65_535);

/** Protocols end texts with a NUL or put one between two: what came after it would be read as something else. */
export const textParam = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\0]*$/, 'must hold no NUL');

export const tlsParam = z.boolean().default(false).describe('Whether Keyloom itself connects with TLS.');
export const caCertificateParam = z
  .string()
  .max(65_536)
  .optional()
  .describe('PEM; the authorities of the system unless given.');

/** `host:port`. An IPv6 address stands in brackets. */
export const hostPort = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** `user:password`, as it stands in a URI. */
export const credentials = (username: string, password: string): string =>
  `${percentEncoded(username)}:${percentEncoded(password)}`;

/** The value of a key that may have none. */
export const optional = (name: string, value: string | undefined): readonly (readonly [string, string])[] =>
  value === undefined ? [] : [[name, value]];

export interface Login {
  readonly username: string;
  readonly password: string;
}

interface WithAdmin {
  readonly adminUsername?: string | undefined;
  readonly adminPassword?: string | undefined;
}

/** The administrator, where there is one. */
export const adminOf = ({ adminUsername, adminPassword }: WithAdmin): Login | null =>
  adminUsername !== undefined && adminPassword !== undefined
    ? { username: adminUsername, password: adminPassword }
    : null;

/** How a driver may connect: where the host allows it, and until it is told to stop. */
export interface Reach {
  readonly addressOf: PluginHost['addressOf'];
  readonly signal: AbortSignal;
}

/** What TLS compares a certificate with. Addresses are no server names (RFC 6066). */
export const tlsNames = (host: string, ca: string | undefined): { servername?: string; ca?: string } => ({
  ...(isIP(host) === 0 ? { servername: host } : {}),
  ...(ca === undefined ? {} : { ca }),
});

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const LETTERS_AND_DIGITS = `0123456789${LETTERS}${LETTERS.toUpperCase()}`;
const drawn = (length: number, signs: string): string =>
  Array.from({ length }, () => signs[randomInt(signs.length)]).join('');

/** Forty letters and digits: 238 bits, and the same text in every URI. */
export const newPassword = (): string => drawn(40, LETTERS_AND_DIGITS);
/** What makes the name of a new user differ from others: ten letters. */
export const nameSuffix = (): string => drawn(10, LETTERS);
