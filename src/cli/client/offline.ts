import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Api } from './api.ts';
import { contextsFile, writePrivately } from './contexts.ts';
import { EXIT, Failure } from './failure.ts';
import type { Place, Resolved } from './resolved.ts';

/** What was fetched last, for times when the gateway cannot be reached. Kept only for those who ask for it. */

const folder = (): string => join(dirname(contextsFile()), 'offline');

/** Removes all that is kept. */
export const forgetOffline = (): Promise<void> => rm(folder(), { recursive: true, force: true });

const HOUR_MS = 3_600_000;
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: HOUR_MS, d: 24 * HOUR_MS };
const LONGEST_MS = 7 * 24 * HOUR_MS;
/** Clocks of one machine that differ by more have been set. */
const CLOCK_SLACK_MS = 5 * 60_000;

/** `90m`, `24h` or `7d` in milliseconds; at most seven days. */
export function maxAgeOf(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  const ms = Number(digits) * (UNITS[unit] ?? Number.NaN);
  if (!(ms > 0 && ms <= LONGEST_MS))
    throw new Failure('usage', '--max-age must look like 90m, 24h or 7d, and be at most 7d');
  return ms;
}

/** What the contents are bound to: moved to another place, a file does not open. */
const addressOf = ({ url }: Api, { project, kind, id, scope }: Place): Buffer =>
  Buffer.from(JSON.stringify(['keyloom-offline-1', url, project, kind, id, scope]));

/** Whoever has no token has neither the key nor the name of the file. */
function fileOf(api: Api, place: Place): string {
  const name = createHmac('sha256', derived(api.token, Buffer.alloc(0), 'name'))
    .update(addressOf(api, place))
    .digest('hex');
  return join(folder(), name);
}

/** Tokens are random and long, so that nothing slower is needed. */
const derived = (token: string, salt: Uint8Array, what: string): Buffer =>
  Buffer.from(hkdfSync('sha256', token, salt, `keyloom offline ${what}`, 32));

const SALT = 16;
const NONCE = 12;
const TAG = 16;

async function keep(api: Api, place: Place, resolved: Resolved): Promise<void> {
  const [salt, nonce] = [randomBytes(SALT), randomBytes(NONCE)];
  const cipher = createCipheriv('aes-256-gcm', derived(api.token, salt, 'key'), nonce);
  cipher.setAAD(addressOf(api, place));
  const text = JSON.stringify({ at: Date.now(), resolved });
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  await writePrivately(fileOf(api, place), Buffer.concat([salt, nonce, cipher.getAuthTag(), sealed]));
}

async function kept(api: Api, place: Place): Promise<{ readonly at: number; readonly resolved: Resolved } | null> {
  const bytes = await readFile(fileOf(api, place)).catch(() => null);
  if (bytes === null) return null;
  try {
    const [salt, nonce] = [bytes.subarray(0, SALT), bytes.subarray(SALT, SALT + NONCE)];
    const decipher = createDecipheriv('aes-256-gcm', derived(api.token, salt, 'key'), nonce, { authTagLength: TAG });
    decipher.setAAD(addressOf(api, place));
    decipher.setAuthTag(bytes.subarray(SALT + NONCE, SALT + NONCE + TAG));
    const text = Buffer.concat([decipher.update(bytes.subarray(SALT + NONCE + TAG)), decipher.final()]);
    return JSON.parse(text.toString('utf8')) as { readonly at: number; readonly resolved: Resolved };
  } catch {
    return null;
  }
}

export interface OfflineOptions {
  readonly maxAgeMs: number;
  readonly say: (words: string) => void;
}

/** What `fetch` answers, kept; when the gateway cannot be reached, what was kept, if it is not too old. */
export async function orKept(
  api: Api,
  place: Place,
  { maxAgeMs, say }: OfflineOptions,
  fetch: () => Promise<Resolved>,
): Promise<Resolved> {
  try {
    const resolved = await fetch();
    await keep(api, place, resolved);
    return resolved;
  } catch (error) {
    const code = (error as { readonly exitCode?: number }).exitCode;
    // Whoever may not have it any more may not have it from here either.
    if (code === EXIT.access || code === EXIT.notFound) await rm(fileOf(api, place), { force: true });
    if (code !== EXIT.remote) throw error;
    const found = await kept(api, place);
    const ageMs = found ? Date.now() - found.at : Number.NaN;
    if (!found || !(ageMs >= -CLOCK_SLACK_MS && ageMs <= maxAgeMs)) {
      const why = found ? 'what is kept is too old' : 'nothing is kept';
      throw new Failure('remote', `${(error as Error).message}, and ${why}`);
    }
    say(`the gateway cannot be reached: values are those of ${Math.max(0, Math.round(ageMs / 60_000))} minutes ago`);
    return found.resolved;
  }
}
