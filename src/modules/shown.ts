import type { Verb } from '../access/model.ts';
import type { Session } from '../access/session.ts';
import type { FileEntry } from '../domain/types.ts';
import type { Fields, Key, Touched } from '../store/port.ts';
import type { DocumentType, Stored } from '../vault/document.ts';
import type { Vault } from '../vault/port.ts';
import { evenReading, type View } from '../vault/reading.ts';

/** Whether the viewer may do this to a document, by what holds in the view. Asked of places that the viewer may see alone. */
export type May = (key: Key, view: View, session: Session, verb: Verb) => boolean | Promise<boolean>;

/** Name -> something that is equal for equal contents. */
export type Facts = ReadonlyMap<string, string>;
export interface Parts {
  readonly variables: Facts;
  readonly files: Facts;
  readonly mounts: Facts;
}

/** How the keys of a kind are read off its body, and who else may know a revision's. */
export interface KeyReader<F extends Fields, B> {
  readonly parts: (body: B) => Parts;
  readonly mayKnow?: (stored: Stored<F, B>, session: Session) => boolean;
  /** Whether values of it may be seen: only then is it told whether they differ. */
  readonly maySee: (stored: Stored<F, B>, session: Session) => boolean;
}

/** A revision and the one before. */
export interface Compared {
  readonly before: Parts;
  readonly now: Parts;
  /** Whether the caller may see values of both. */
  readonly isSeen: boolean;
}

interface Restorable {
  /** The permission that restoring asks for besides `list`. */
  readonly verb: Verb;
  /** As the list of deleted things calls them. */
  readonly words: string;
  /** Whether it is too late; absent: it never is. */
  readonly isOver?: (fields: Fields) => boolean;
}

/** A kind of documents that people know of: its commits are shown to whoever may list it. */
export interface Shown {
  readonly type: DocumentType<Fields, unknown>;
  /** What it lies in: it is seen only while that lives and is seen. */
  readonly place: 'team' | 'project' | 'app';
  readonly may: May;
  /** Reads what a commit changed of its keys; null: history no longer tells, or it is not for the caller. Absent: it has none. */
  readonly keys?: (vault: Vault, touched: Touched, session: Session) => Promise<Compared | null>;
  /** Absent: it is not restored. */
  readonly restorable?: Restorable;
}

/** By kind. Kinds that are not here are the gateway's own business and show nowhere. */
export type ShownKinds = ReadonlyMap<string, Shown>;

interface Told<F extends Fields, B> extends Pick<Shown, 'place' | 'may' | 'restorable'> {
  readonly keys?: KeyReader<F, B>;
}

/** What the house knows of a kind, for a slice's list. */
export function shown<F extends Fields, B>(type: DocumentType<F, B>, { keys, ...told }: Told<F, B>): Shown {
  const reading = keys ? { keys: readerOf(type, keys) } : {};
  return { ...told, ...reading, type: type as DocumentType<Fields, unknown> };
}

const NONE: Facts = new Map();
export const NO_KEYS: Parts = { variables: NONE, files: NONE, mounts: NONE };

export const hashes = (files: ReadonlyMap<string, FileEntry>): Facts =>
  new Map([...files].map(([name, { hash }]) => [name, hash]));
export const texts = (values: object): Facts =>
  new Map(Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)]));

function readerOf<F extends Fields, B>(type: DocumentType<F, B>, given: KeyReader<F, B>) {
  const partsOf = (stored: Stored<F, B> | undefined): Parts =>
    stored && !stored.deleted ? given.parts(stored.body()) : NO_KEYS;
  return async (vault: Vault, { key, revision }: Touched, session: Session): Promise<Compared | null> => {
    const page = { after: [String(revision + 1)], limit: 2 };
    const found = await vault.revisions(type, key, page, evenReading(session.work));
    const [now, before] = found;
    if (now?.revision !== revision || (revision > 1 && !before)) return null;
    if (given.mayKnow && !found.every((stored) => given.mayKnow?.(stored, session))) return null;
    const isSeen = found.every((stored) => given.maySee(stored, session));
    return { before: partsOf(before), now: partsOf(now), isSeen };
  };
}
