import { conflict, isAppError, unauthenticated } from '../kernel/errors.ts';
import type { Key, Seq } from '../store/port.ts';
import type { Change } from '../vault/change.ts';
import type { Principal } from './model.ts';

/** What a session can learn of its caller after it began. */
export interface Standing {
  readonly isExpired: (principal: Principal) => boolean;
  /** Who the token stands for now; UNAUTHENTICATED: for nobody any more. */
  readonly renewed: (principal: Principal) => Promise<Principal>;
}

/** Who asks, and all that answers depend on besides what is asked. */
export interface KnownCaller {
  readonly principal: Principal;
  readonly stamp: string;
}

/** Who acts, and the last commit that is seen: while both stay, so does every answer. */
export const stampOf = ({ team, id }: Pick<Principal, 'team' | 'id'>, seq: Seq): string => `${team} ${id} ${seq}`;

/** Of a session whose caller is not looked at again. */
export const FIXED: Standing = {
  isExpired: () => false,
  renewed: async () => {
    throw unauthenticated();
  },
};

/** Conflicts that say that the caller's token or role has changed since the decision. */
const moved = new WeakSet<Error>();

/** Whether a decision is to be made anew, by the rights of now. */
export const isMovedStanding = (error: unknown): boolean => error instanceof Error && moved.has(error);

interface Guarded {
  readonly kind: 'token' | 'role';
  readonly key: Key;
  readonly expected: number;
}

/** The documents that the caller's rights come from; none of the gateway itself, and none of a built-in role. */
function guardsOf({ id, team, role, revision, via }: Principal): readonly Guarded[] {
  if (revision === null) return [];
  const token: Guarded = { kind: 'token', key: [team, id], expected: revision };
  const own: readonly Guarded[] =
    role.revision === null ? [token] : [token, { kind: 'role', key: [team, role.slug], expected: role.revision }];
  return via ? [...own, ...guardsOf(via)] : own;
}

const isOf = ({ kind, key }: Guarded, other: { readonly kind: string; readonly key: Key }): boolean =>
  kind === other.kind && key.length === other.key.length && key.every((part, i) => part === other.key[i]);

/** Forgetting what is kept no longer decides nothing for the caller. */
const isTidying = (changes: readonly Change[]): boolean => changes[0]?.op === 'purge';

/** The same changes, which commit only while the caller's token and role are as they were when it was decided. */
export function withStanding(principal: Principal, changes: readonly Change[]): readonly Change[] {
  if (isTidying(changes)) return changes;
  const checks: Change[] = [];
  for (const guard of guardsOf(principal)) {
    // A document is written once in a commit: what changes the caller's own guards it by the revision that it replaces.
    const own = changes.find((change) => change.op !== 'raw' && isOf(guard, change));
    if (own === undefined) checks.push({ op: 'check', ...guard });
    else if (!('expected' in own) || own.expected !== guard.expected) throw movedConflict();
  }
  return [...checks, ...changes];
}

function movedConflict(): Error {
  const error = conflict('CHANGED_MEANWHILE', 'Your token or its role has changed meanwhile; try again');
  moved.add(error);
  return error;
}

/** The error of a commit, told apart: whether it was the caller's standing that stood in the way. */
export function standingError(principal: Principal, error: unknown): unknown {
  const existing = isAppError(error) && error.code === 'CONFLICT' ? error.details.existing : undefined;
  return existing && guardsOf(principal).some((guard) => isOf(guard, existing)) ? movedConflict() : error;
}
