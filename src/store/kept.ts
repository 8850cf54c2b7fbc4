import { AppError } from '../kernel/errors.ts';
import { defaultsOf, type LimitName, type Limits, OWN_LIMITS, variableOf } from '../kernel/limits.ts';
import { keyText } from './keys.ts';
import type { Commit, Doc, Head, Key } from './port.ts';

/** How much a project and a team may keep, former revisions and the log counted. */
export type Quotas = Pick<Limits, 'projectBytes' | 'teamBytes'>;
export const USUAL_QUOTAS: Quotas = defaultsOf(OWN_LIMITS);

/** What is counted of a document is whole pieces of this size, so that what is left of a quota measures no value. */
const DOCUMENT_UNIT = 1_024;
const COMMIT_UNIT = 256;
/** Tag, numbers, marks. */
const OVERHEAD = 64;
const MIB = 1_048_576;

const inUnits = (bytes: number, unit: number): number => Math.ceil(bytes / unit) * unit;

/** What one revision of a document counts. */
export const keptBytesOf = (key: Key, fieldBytes: number, bodyBytes: number): number =>
  inUnits(OVERHEAD + Buffer.byteLength(keyText(key)) + fieldBytes + bodyBytes, DOCUMENT_UNIT);

export const keptBytes = ({ key, fields, body }: Pick<Doc, 'key' | 'fields' | 'body'>): number =>
  keptBytesOf(key, Buffer.byteLength(JSON.stringify(fields)), body.length);

/** What a commit counts in the log. */
export function loggedBytes({ id, at, actor, operation, touched, cut }: Omit<Commit, 'mac'>): number {
  const texts = [id, at, actor, operation, ...[...touched, ...cut].flatMap(({ kind, key }) => [kind, ...key])];
  return inUnits(
    texts.reduce((sum, text) => sum + text.length, OVERHEAD),
    COMMIT_UNIT,
  );
}

/** Refuses a commit after which a scope would keep more than it may, and more than before it. */
export function requireQuotas(quotas: Quotas, before: (scope: Key) => Head | null, after: readonly Head[]): void {
  for (const { scope, bytes } of after) {
    const name: LimitName = scope.length > 1 ? 'projectBytes' : 'teamBytes';
    if (bytes <= quotas[name] || bytes <= (before(scope)?.bytes ?? 0)) continue;
    throw quotaExceeded(name, scope, quotas[name], bytes);
  }
}

function quotaExceeded(name: LimitName, scope: Key, maximum: number, bytes: number): AppError {
  const what = `${scope.length > 1 ? 'project' : 'team'} ${scope[scope.length - 1] ?? ''}`;
  const actual = inUnits(bytes, MIB);
  const mebibytes = (count: number): string => `${Math.ceil(count / MIB).toLocaleString('en')} MiB`;
  const words =
    `The ${what} would keep ${mebibytes(actual)}, its history counted; the limit is ${mebibytes(maximum)} ` +
    `(${variableOf(name)}). Deleting, purging and revoking still pass`;
  return new AppError('LIMIT_EXCEEDED', words, { details: { limit: `bytes of the ${what}`, maximum, actual } });
}
