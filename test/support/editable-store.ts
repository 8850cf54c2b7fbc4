import type { MacHolder } from '../../src/keys/mac-holder.ts';
import { openMemoryEngine } from '../../src/store/embedded/memory-engine.ts';
import * as at from '../../src/store/embedded/places.ts';
import * as record from '../../src/store/embedded/records.ts';
import { createEmbeddedStore } from '../../src/store/embedded/store.ts';
import type { Commit, Doc, Head, Key, Kind, Store } from '../../src/store/port.ts';

/** The embedded store, for someone who can write to its data but has none of its keys. */
export interface EditableStore {
  readonly open: (holder: MacHolder) => Store;
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

const FIRST = new Uint8Array();
const textOf = (place: Uint8Array): string => Buffer.from(place).toString('utf8');
const LAST = Buffer.alloc(2000, 0xff);

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
  };
}
