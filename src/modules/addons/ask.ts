import { utf8Size } from '../../domain/template.ts';
import type { AddonValue } from '../../domain/types.ts';
import type { Limits } from '../../kernel/limits.ts';
import { type LoadedPlugin, problemOf, TOO_LARGE } from '../../plugin/plugin.ts';

/** Why a provider failed, for those who may list the addon. */
export type TroubleDetail =
  | 'PROVIDER_NOT_FOUND'
  | 'PROVIDER_SEALED'
  | 'PROVIDER_DENIED'
  | 'PROVIDER_UNREACHABLE'
  | 'PROVIDER_REFUSED'
  | 'PROVIDER_BROKEN';

/** Why an addon as a whole yields nothing. */
export type Trouble =
  | 'PROVIDER_MISSING'
  | 'PARAMS_INVALID'
  | 'PROVIDER_FAILED'
  | 'PROVIDER_TIMEOUT'
  | 'PROVIDER_INVALID'
  | 'VALUE_TOO_LARGE';

export type Asked =
  | { readonly ok: true; readonly values: ReadonlyMap<string, AddonValue>; readonly bytes: number }
  | { readonly ok: false; readonly trouble: Trouble; readonly detail: TroubleDetail | null };

const TROUBLES: ReadonlyMap<string, Trouble> = new Map([
  ['PARAMS_INVALID', 'PARAMS_INVALID'],
  ['TIMEOUT', 'PROVIDER_TIMEOUT'],
  ['TOO_LARGE', 'VALUE_TOO_LARGE'],
]);

const DETAILS: ReadonlyMap<string, TroubleDetail> = new Map([
  ['NOT_FOUND', 'PROVIDER_NOT_FOUND'],
  ['SEALED', 'PROVIDER_SEALED'],
  ['CREDENTIALS', 'PROVIDER_DENIED'],
  ['UNREACHABLE', 'PROVIDER_UNREACHABLE'],
  ['TLS', 'PROVIDER_UNREACHABLE'],
  ['REFUSED', 'PROVIDER_REFUSED'],
  ['BROKEN', 'PROVIDER_BROKEN'],
]);

const failed = (trouble: Trouble, detail: TroubleDetail | null = null): Asked => ({ ok: false, trouble, detail });
export const LATE = Symbol('late');

export interface Question {
  readonly plugin: LoadedPlugin;
  readonly id: string;
  readonly params: unknown;
  readonly limits: Limits;
}

/** Asks a plugin once. Never rejects: whatever it does is an answer, and harms nobody else's keys. */
export async function askPlugin({ plugin, id, params, limits }: Question): Promise<Asked> {
  let found: unknown;
  try {
    found = await orLate(async () => plugin.values({ id, params }), limits.addonDeadlineMs);
  } catch (error) {
    const problem = problemOf(error);
    return failed(TROUBLES.get(problem) ?? 'PROVIDER_FAILED', DETAILS.get(problem) ?? null);
  }
  if (found === LATE) return failed('PROVIDER_TIMEOUT');
  try {
    return read(found, plugin, limits);
  } catch {
    return failed('PROVIDER_INVALID');
  }
}

/** How long check, rotation and retirement of a plugin may take: the deadline counts from when its process is there. */
export const boundOf = ({ startMs = 0 }: LoadedPlugin, { addonDeadlineMs }: Limits): number =>
  addonDeadlineMs + startMs;

/** What the work gives, or LATE: whether a plugin keeps to its deadline is not left to it. */
export async function orLate<T>(work: () => Promise<T>, deadlineMs: number): Promise<T | typeof LATE> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(resolve, deadlineMs, LATE).unref();
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Takes only declared keys, by the map's own method: what else the answer is or holds is not looked at. */
function read(found: unknown, { keys }: LoadedPlugin, limits: Limits): Asked {
  if (!(found instanceof Map)) return failed('PROVIDER_INVALID');
  const values = new Map<string, AddonValue>();
  let bytes = 0;
  for (const { name, sensitive } of keys.values()) {
    const value: unknown = Map.prototype.get.call(found, name);
    const size = typeof value === 'string' && value.length <= limits.addonValueBytes ? utf8Size(value) : 0;
    bytes += size;
    values.set(name, addonValue(value, sensitive, limits));
  }
  return bytes > limits.addonBytes ? failed('VALUE_TOO_LARGE') : { ok: true, values, bytes };
}

function addonValue(value: unknown, sensitive: boolean, limits: Limits): AddonValue {
  if (value === undefined) return { ok: false, reason: 'VALUE_MISSING' };
  if (value === TOO_LARGE) return { ok: false, reason: 'VALUE_TOO_LARGE' };
  if (typeof value !== 'string') return { ok: false, reason: 'VALUE_INVALID' };
  if (value.length > limits.addonValueBytes) return { ok: false, reason: 'VALUE_TOO_LARGE' };
  if (!value.isWellFormed() || value.includes('\0')) return { ok: false, reason: 'VALUE_INVALID' };
  if (utf8Size(value) > limits.addonValueBytes) return { ok: false, reason: 'VALUE_TOO_LARGE' };
  return { ok: true, value, sensitive };
}
