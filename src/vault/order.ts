import { conflict, limitExceeded } from '../kernel/errors.ts';
import type { LimitName, Limits } from '../kernel/limits.ts';
import type { Key, Kind, Seq } from '../store/port.ts';
import type { Change } from './change.ts';
import type { View } from './reading.ts';

/** The revision that the caller saw, and the one that there is. */
export interface Seen {
  readonly expected: number | null | undefined;
  /** null: it does not live. */
  readonly present: { readonly revision: number } | null;
  /** What is said when a revision was expected of something that does not live. */
  readonly absent?: string;
}

/** A create that may be asked for again: the same caller and key get the answer of the first time. */
export interface Once {
  readonly idempotencyKey: string | null | undefined;
  /** What was asked; the same key with another request is a conflict. */
  readonly input: unknown;
  /** What it makes, if that is not its subject. */
  readonly object?: Key;
}

/** What a change comes to. */
export interface Decision<Made> {
  readonly changes: readonly Change[];
  /** Where the order knew only roughly what would be done. */
  readonly operation?: string;
  /** What must still be so when it is committed. */
  readonly guards?: readonly Change[];
  /** Refuses what there is no room for: asked last, of those who may do it. */
  readonly room?: () => void | Promise<void>;
  /** The commit that made things as they are to be already; then that one is answered, and nothing is written. */
  readonly standing?: Seq | null;
  /** What the caller of the writer is told besides. */
  readonly made?: Made;
}

/** How histories of a kind of document are cut: the writer does it after a change. */
export interface Keeping {
  readonly kind: Kind;
  /** Of the commit that forgets. */
  readonly operation: string;
  /** The first revision to be kept; null: nothing is to be forgotten now. */
  readonly cut: (key: Key, revision: number) => Promise<number | null>;
  readonly also: (key: Key, before: number, revision: number) => Promise<readonly Change[]>;
}

/**
 * A change as a use case asks for it, in the steps that every change takes, in this order: found, permitted, seen, decided, with
 * room, guarded. All steps of one attempt see one view, and read nothing past it that could be part of another plan.
 */
export interface Order<Found, Made = undefined, Nothing extends null = never> {
  readonly operation: string;
  /** One change at a time in this process. A function when it is not known before, and not to be asked for a repeated create. */
  readonly subject: Key | (() => Promise<Key>);
  readonly once?: Once;
  /** What is there, for whoever may see it and do this to it; NOT_FOUND and FORBIDDEN come before all that tells more. */
  readonly find: (view: View) => Found | Promise<Found>;
  readonly seen?: (found: Found) => Seen;
  /** null: there is nothing to be done. */
  readonly decide: (found: Found, view: View) => Decision<Made> | Nothing | Promise<Decision<Made> | Nothing>;
  /** Whose old revisions are forgotten now and then. */
  readonly keeps?: readonly Keeping[];
}

/** Refuses an update of another revision than the one that the caller saw. */
export function requireSeen({ expected, present, absent = 'It does not exist yet' }: Seen): void {
  if (expected === null || expected === undefined || expected === present?.revision) return;
  if (present === null) throw conflict('NOT_THERE', absent);
  throw conflict('REVISION_MOVED', `Expected revision ${expected}, but the current revision is ${present.revision}`, {
    currentRevision: present.revision,
  });
}

/** Refuses one more than there may be. `count`: with what is to be added. */
export function requireCount(what: string, limits: Limits, name: LimitName, count: number): void {
  if (count > limits[name]) throw limitExceeded(what, limits[name], count, name);
}
