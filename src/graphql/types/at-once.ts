import type { Context } from './context.ts';

/**
 * How a field is answered within a turn, where all that it takes is at hand: without a promise, and without an object for each thing
 * that is only written. Never refuses: whatever is not plainly in order is `LATER`, or thrown, and then the usual way answers
 * the whole request anew.
 */
export const LATER: unique symbol = Symbol('later');

export const orLater = <T>(found: T | null): T | typeof LATER => found ?? LATER;

export interface AskedField {
  /** As the answer calls it. */
  readonly key: string;
  readonly name: string;
}

/** The value as JSON; null: the usual way is to answer. */
export type WriteAtOnce<Source> = (source: Source, context: Context) => string | null;

export interface AtOnce {
  /** Like a resolver. */
  readonly value?: (source: never, args: never, context: Context) => unknown;
  /** Of a field that writes all of itself: how it writes these fields of its objects, which are of this type; null: it does not. */
  readonly writes?: (fields: readonly AskedField[], typename: string) => WriteAtOnce<never> | null;
}

const NAME = 'atOnce';

/** For the extensions of a field. */
export const atOnce = <Source, Args = object>(
  value: (source: Source, args: Args, context: Context) => unknown,
): Readonly<Record<typeof NAME, AtOnce>> => ({ [NAME]: { value } });

/** The same of one that writes itself. */
export const writtenAtOnce = <Source>(
  writes: (fields: readonly AskedField[], typename: string) => WriteAtOnce<Source> | null,
): Readonly<Record<typeof NAME, AtOnce>> => ({ [NAME]: { writes } });

export const atOnceIn = (extensions: Readonly<Record<string | symbol, unknown>>): AtOnce | null =>
  (extensions[NAME] as AtOnce | undefined) ?? null;
