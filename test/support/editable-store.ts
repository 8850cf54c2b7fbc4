import type { MacHolder } from '../../src/keys/mac-holder.ts';
import { openMemoryEngine } from '../../src/store/embedded/memory-engine.ts';
import * as at from '../../src/store/embedded/places.ts';
import * as record from '../../src/store/embedded/records.ts';
import { createEmbeddedStore } from '../../src/store/embedded/store.ts';
import { keyOfText } from '../../src/store/keys.ts';
import type { Commit, Doc, Head, Key, Kind, Store } from '../../src/store/port.ts';

/** Everything that is in a store: bytes by the place that `places` names. */
export type Copy = ReadonlyMap<string, Uint8Array>;
/** What to put where; null takes away what is there. */
export type Changes = ReadonlyMap<string, Uint8Array | null>;

/** A store as a whole. */
export interface CopiedStore {
  readonly copy: () => Promise<Copy>;
  readonly apply: (changes: Changes) => Promise<void>;
  /** A record as it would be at another place, saying itself that it belongs there. */
  readonly movedTo: (place: string, from: string, value: Uint8Array) => Uint8Array;
}

/** Records one by one. */
export interface EditableRecords extends CopiedStore {
  readonly read: (kind: Kind, key: Key) => Doc;
  /** Writes a document to any place, its own or not; null takes away what is there. */
  readonly write: (kind: Kind, key: Key, doc: Doc | null) => Promise<void>;
  readonly writeRevision: (kind: Kind, key: Key, revision: number, edit: (doc: Doc) => Doc | null) => Promise<void>;
  readonly readRevision: (kind: Kind, key: Key, revision: number) => Doc;
  readonly editCommit: (team: string, seq: number, edit: (commit: Commit) => Commit | null) => Promise<void>;
  readonly editHead: (scope: Key, edit: (head: Head) => Head | null) => Promise<void>;
  /** Takes away everything whose place, as text, is meant. */
  readonly erase: (isMeant: (place: string) => boolean) => Promise<void>;
  /** Places of all that is there, as text: a letter for its sort, then the kind of a document, then the parts of its key. */
  readonly places: () => readonly string[];
  /** Undoes everything that happens from now on until the answer is called. */
  readonly remember: () => () => Promise<void>;
  /** The same for what lies at places that are meant, whatever happens elsewhere. */
  readonly rememberWhere: (isMeant: (place: string) => boolean) => () => Promise<void>;
}

/** The embedded store, for someone who can write to its data but has none of its keys. */
export interface EditableStore extends EditableRecords {
  readonly open: (holder: MacHolder) => Store;
}

const FIRST = new Uint8Array();
const textOf = (place: Uint8Array): string => Buffer.from(place).toString('utf8');
const LAST = Buffer.alloc(2000, 0xff);

/** The key of the document, or the scope of the head, that a place is for. */
export function keyAt(place: string): Key {
  if (/^[ci]/.test(place)) return [place.slice(1).split('\0')[0] ?? ''];
  // What lies beside a head: an empty part follows its scope.
  if (/^[bs]/.test(place)) return keyOfText(place.slice(1, place.indexOf('\0\0') + 1)) ?? [];
  if (place.startsWith('h')) return keyOfText(place.slice(1)) ?? [];
  const afterKind = place.slice(place.indexOf('\0') + 1);
  // The number of a former revision follows an empty part.
  return keyOfText(place.startsWith('r') ? afterKind.replace(/\0\d+$/, '') : afterKind) ?? [];
}

/** What makes one copy into another. */
export function changesBetween(from: Copy, to: Copy): Changes {
  const changes = new Map<string, Uint8Array | null>();
  const isSame = (a: Uint8Array | undefined, b: Uint8Array) => a !== undefined && Buffer.compare(a, b) === 0;
  for (const place of from.keys()) if (!to.has(place)) changes.set(place, null);
  for (const [place, value] of to) if (!isSame(from.get(place), value)) changes.set(place, value);
  return changes;
}

/** The embedded store in memory. */
export function editableStore(): EditableStore {
  const engine = openMemoryEngine();

  function bytesAt(place: Uint8Array): Uint8Array {
    const value = engine.get(place);
    if (!value) throw new Error('nothing is stored there');
    return value;
  }
  async function writeAt(place: Uint8Array, doc: Doc | null): Promise<void> {
    await engine.apply([[place, doc && record.encodeDoc(place, doc)]]);
  }
  const readAt = (place: Uint8Array): Doc => record.decodeDoc(place, bytesAt(place));
  const all = () => engine.range(FIRST, LAST, 1_000_000);

  function rememberWhere(isMeant: (place: string) => boolean): () => Promise<void> {
    const meant = () => all().filter(({ key }) => isMeant(textOf(key)));
    const before = meant();
    return async () => {
      await engine.apply(meant().map(({ key }) => [key, null] as const));
      await engine.apply(before.map(({ key, value }) => [key, value] as const));
    };
  }

  return {
    open: ({ mac }) => createEmbeddedStore(engine, mac),
    read: (kind, key) => readAt(at.docAt(kind, key)),
    write: (kind, key, doc) => writeAt(at.docAt(kind, key), doc),
    readRevision: (kind, key, revision) => readAt(at.revisionAt(kind, key, revision)),
    async writeRevision(kind, key, revision, edit) {
      const place = at.revisionAt(kind, key, revision);
      await writeAt(place, edit(readAt(place)));
    },
    async editCommit(team, seq, edit) {
      const place = at.commitAt(team, seq);
      const edited = edit(record.decodeCommit(place, bytesAt(place)));
      await engine.apply([[place, edited && record.encodeCommit(place, edited)]]);
    },
    async editHead(scope, edit) {
      const place = at.headAt(scope);
      const edited = edit(record.decodeHead(place, bytesAt(place)));
      await engine.apply([[place, edited && record.encodeHead(place, edited)]]);
    },
    async erase(isMeant) {
      const meant = all().filter(({ key }) => isMeant(textOf(key)));
      await engine.apply(meant.map(({ key }) => [key, null] as const));
    },
    places: () => all().map(({ key }) => textOf(key)),
    remember: () => rememberWhere(() => true),
    rememberWhere,
    copy: async () => new Map(all().map(({ key, value }) => [textOf(key), value])),
    apply: (changes) =>
      engine.apply([...changes].map(([place, value]) => [Buffer.from(place, 'utf8'), value] as const)),
    movedTo(place, from, value) {
      const [to, own, key] = [Buffer.from(place), Buffer.from(from), keyAt(place)];
      if (/^[bs]/.test(place)) return record.encodeBytes(to, record.decodeBytes(own, value));
      if (place.startsWith('h')) return record.encodeHead(to, { ...record.decodeHead(own, value), scope: key });
      return record.encodeDoc(to, { ...record.decodeDoc(own, value), key });
    },
  };
}
