import type { Fields, Json, Key, Kind, Seq, TeamId } from '../store/port.ts';

/** How a noun is kept: its kind, and how its secret part becomes JSON and comes back. */
export interface DocumentType<F extends Fields, B> {
  readonly kind: Kind;
  readonly encode: (body: B) => Json;
  readonly decode: (json: Json) => B;
  /** What a living document is found under in its set, told from its plain fields: `DocumentSet.under`. */
  terms?(stored: Stored<F, B>): readonly string[];
  /** What is added up over the living documents of a set, by name: `DocumentSet.total`. */
  amounts?(stored: Stored<F, B>): Iterable<readonly [name: string, amount: number]>;
  /** Never called; it ties the type of the plain fields to the description. */
  readonly fields?: F;
}

/** A document whose plain fields and envelope were authenticated. The body is opened when first asked for. */
export interface Stored<F extends Fields, B> {
  readonly key: Key;
  readonly revision: number;
  readonly seq: Seq;
  readonly deleted: boolean;
  /** Stands for this revision. */
  readonly tag: Uint8Array;
  /** The first revision that is kept of it. */
  readonly since: number;
  readonly fields: F;
  readonly body: () => B;
  /** Bytes of its envelope. */
  readonly size: number;
  /** Whether the body was opened before. */
  readonly isOpen: () => boolean;
}

/** A document without a secret part still carries an envelope: it authenticates the plain fields. */
export function plainDocument<F extends Fields>(kind: Kind): DocumentType<F, null> {
  return { kind, encode: () => null, decode: () => null };
}

export interface Place {
  readonly team: TeamId;
  /** null: a document of the team itself. */
  readonly project: string | null;
}

/** Whose data key seals a document. Project documents have keys `[team, project, ...]`. */
export function placeOf(kind: Kind, key: Key): Place {
  if (kind === 'tokenIndex') return { team: key[1] ?? '', project: null };
  return { team: key[0] ?? '', project: key.length >= 3 ? (key[1] ?? '') : null };
}

/** The last part of a key: the id of a document among its siblings. */
export const idOf = (key: Key): string => key[key.length - 1] ?? '';
