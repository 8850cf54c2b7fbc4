import { BSON, type Document, MongoClient } from 'mongodb';
import type { MacHolder } from '../../src/keys/mac-holder.ts';
import { keyText, ordinal } from '../../src/store/keys.ts';
import * as record from '../../src/store/mongo/records.ts';
import { openMongoStore } from '../../src/store/mongo/store.ts';
import type { Commit, Doc, Head, Key, Kind, OpenedStore } from '../../src/store/port.ts';
import { type Copy, changesBetween, type EditableRecords } from './editable-store.ts';
import { aDatabase } from './mongodb.ts';

/** The same over MongoDB. What is read is as of the last `refresh`; writes go to the database. */
export interface EditableMongo extends EditableRecords {
  readonly open: (holder: MacHolder) => Promise<OpenedStore>;
  readonly database: string;
  readonly refresh: () => Promise<void>;
  readonly dispose: () => Promise<void>;
}

/** Collections by the letter of their places; every other one holds the documents of a kind. */
const LETTERS: ReadonlyMap<string, string> = new Map([
  ['revisions', 'r'],
  ['commits', 'c'],
  ['heads', 'h'],
  ['sums', 's'],
  ['meta', 'm'],
]);
const COLLECTIONS = new Map([...LETTERS].map(([name, letter]) => [letter, name]));
const DIGITS = /\d{16}$/;

/** The newest revision comes first in places, and last in the database. */
const turned = (id: string): string =>
  id.replace(DIGITS, (digits) => ordinal(Number.MAX_SAFE_INTEGER - Number(digits)));

function placeOf(collection: string, id: string): string {
  if (collection === 'heads' && id.includes('\0\0')) return `b${id}`;
  const letter = LETTERS.get(collection);
  if (letter === undefined) return `d${collection}\0${id}`;
  return letter + (letter === 'r' ? turned(id) : id);
}

function addressOf(place: string): { readonly collection: string; readonly id: string } {
  const text = place.slice(1);
  if (place.startsWith('b')) return { collection: 'heads', id: text };
  const collection = COLLECTIONS.get(place.charAt(0));
  if (collection === undefined) {
    const end = text.indexOf('\0');
    return { collection: text.slice(0, end), id: text.slice(end + 1) };
  }
  return { collection, id: place.startsWith('r') ? turned(text) : text };
}

const bytesOf = (document: Document): Uint8Array => BSON.serialize(document);
const documentOf = (bytes: Uint8Array): Document => BSON.deserialize(bytes, { promoteBuffers: false });
/** Numbers that are not counters of the gateways of this moment. */
const SKIPPED = new Set(['counters']);

export function editableMongo(url: string): EditableMongo {
  const client = new MongoClient(url);
  const database = aDatabase();
  const db = client.db(database);
  let seen: Copy = new Map();

  async function copy(): Promise<Copy> {
    const found = new Map<string, Uint8Array>();
    const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
    await Promise.all(
      names.map(async (name) => {
        if (SKIPPED.has(name)) return;
        for (const each of await db.collection(name).find().toArray()) {
          found.set(placeOf(name, String(each._id)), bytesOf(each));
        }
      }),
    );
    return found;
  }

  async function apply(changes: ReadonlyMap<string, Uint8Array | null>): Promise<void> {
    for (const [place, value] of changes) {
      const { collection, id } = addressOf(place);
      const records = db.collection<{ _id: string }>(collection);
      if (value === null) await records.deleteOne({ _id: id });
      else {
        const { _id, ...replacement } = documentOf(value);
        const options = { upsert: true, bypassDocumentValidation: true };
        await records.replaceOne({ _id: id }, replacement, options);
      }
    }
  }

  const at = (place: string): Document => {
    const bytes = seen.get(place);
    if (!bytes) throw new Error('nothing is stored there');
    return documentOf(bytes);
  };
  const docPlace = (kind: Kind, key: Key): string => `d${kind}\0${keyText(key)}`;
  const revisionPlace = (kind: Kind, key: Key, revision: number): string =>
    `r${turned(record.revisionId(kind, key, revision))}`;
  const docAt = (kind: Kind, key: Key, place: string): Doc => record.docOf(kind, key, at(place));
  const put = (place: string, value: object | null) => apply(new Map([[place, value && bytesOf(value)]]));
  const idAt = (place: string): string => addressOf(place).id;

  function rememberWhere(isMeant: (place: string) => boolean): () => Promise<void> {
    const before = new Map([...seen].filter(([place]) => isMeant(place)));
    return async () => {
      const now = new Map([...(await copy())].filter(([place]) => isMeant(place)));
      await apply(changesBetween(now, before));
    };
  }

  return {
    database,
    open: ({ mac }) => openMongoStore({ url, database, mac }),
    refresh: async () => {
      seen = await copy();
    },
    async dispose() {
      await db.dropDatabase();
      await client.close();
    },
    copy,
    apply,
    movedTo(place, _from, value) {
      // What a record belongs to is told by its place alone.
      return bytesOf({ ...documentOf(value), _id: idAt(place) });
    },
    places: () => [...seen.keys()].sort(),
    read: (kind, key) => docAt(kind, key, docPlace(kind, key)),
    write: (kind, key, doc) => put(docPlace(kind, key), doc && record.docRecord(keyText(key), doc)),
    readRevision: (kind, key, revision) => docAt(kind, key, revisionPlace(kind, key, revision)),
    async writeRevision(kind, key, revision, edit) {
      const place = revisionPlace(kind, key, revision);
      const doc = edit(docAt(kind, key, place));
      await put(place, doc && record.docRecord(idAt(place), doc));
    },
    async editCommit(team, seq, edit) {
      const place = `c${record.commitId(team, seq)}`;
      const edited: Commit | null = edit(record.commitOf(at(place)));
      await put(place, edited && record.commitRecord(edited));
    },
    async editHead(scope, edit) {
      const place = `h${keyText(scope)}`;
      const edited: Head | null = edit(record.headOf(at(place)));
      await put(place, edited && record.headRecord(edited));
    },
    async erase(isMeant) {
      await apply(new Map([...(await copy()).keys()].filter(isMeant).map((place) => [place, null])));
    },
    remember: () => rememberWhere(() => true),
    rememberWhere,
  };
}
