import type { Binary, Document } from 'mongodb';
import { MongoClient } from 'mongodb';
import type { EditableStore } from './editable-store.ts';

/** Parts of a store that somebody who can write to it may put back to what they were, each by itself. */
export type Part = 'root' | 'instance' | 'team' | `project ${string}`;

/** Puts these parts back to what they were, whatever became of the others. */
export type PutBack = (parts: ReadonlySet<Part>) => Promise<void>;

/** What can be looked at, and later put back, behind the gateway's back. */
export interface Undoable {
  /** Keeps what there is now. */
  readonly remember: () => Promise<PutBack>;
  /** Takes away all of these parts. */
  readonly erase: PutBack;
  readonly close: () => Promise<void>;
}

/** Whose a key of a document is, or the scope of a head. */
function partOf(key: readonly string[]): Part {
  const [first, second] = key;
  if (first === '~root') return 'root';
  if (first === '~instance') return 'instance';
  return key.length > 1 && second !== undefined && second !== '' ? `project ${second}` : 'team';
}

const cut = (parts: readonly string[]): readonly string[] => {
  const end = parts.indexOf('');
  return end === -1 ? parts : parts.slice(0, end);
};

/** Of the embedded store: a letter for the sort, the kind of documents, the parts of the key. */
function partOfPlace(place: string): Part | null {
  const [sort, parts] = [place[0] ?? '', place.slice(1).split('\0')];
  if (sort === 'd' || sort === 'r') return partOfDocument(parts[0] ?? '', cut(parts.slice(1)));
  if (sort === 'c' || sort === 'i' || sort === 'f') return partOf(parts.slice(0, 1));
  return sort === 'm' ? null : partOf(cut(parts));
}

const partOfDocument = (kind: string, key: readonly string[]): Part =>
  kind === 'tokenIndex' || (key.length < 3 && key[0] !== '~instance') ? 'team' : partOf(key);

export function undoableEngine(edit: EditableStore): Undoable {
  return {
    async remember() {
      const backs = new Map<Part, () => Promise<void>>();
      for (const place of edit.places()) {
        const part = partOfPlace(place);
        if (part && !backs.has(part))
          backs.set(
            part,
            edit.rememberWhere((each) => partOfPlace(each) === part),
          );
      }
      return async (parts) => {
        for (const part of parts) await backs.get(part)?.();
      };
    },
    erase: (parts) => edit.erase((place) => parts.has(partOfPlace(place) as Part)),
    close: async () => {},
  };
}

interface Named extends Document {
  readonly _id: string;
  readonly body?: Binary;
}

function partOfRecord(collection: string, id: string): Part | null {
  const parts = id.split('\0');
  if (collection === 'meta' || collection === 'counters') return null;
  if (collection === 'commits') return partOf(parts.slice(0, 1));
  if (collection === 'heads' || collection === 'sums') return partOf(cut(parts));
  return collection === 'revisions'
    ? partOfDocument(parts[0] ?? '', cut(parts.slice(1)))
    : partOfDocument(collection, cut(parts));
}

export async function undoableMongo(url: string, database: string): Promise<Undoable> {
  const client = await new MongoClient(url).connect();
  const db = client.db(database);
  async function all(): Promise<readonly (readonly [string, readonly Named[]])[]> {
    const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
    return Promise.all(names.map(async (name) => [name, await db.collection<Named>(name).find().toArray()] as const));
  }
  const meant =
    (name: string, parts: ReadonlySet<Part>) =>
    ({ _id }: Named): boolean =>
      parts.has(partOfRecord(name, _id) as Part);
  const erase: PutBack = async (parts) => {
    for (const [name, now] of await all()) {
      const ids = now.filter(meant(name, parts)).map(({ _id }) => _id);
      if (ids.length > 0) await db.collection<Named>(name).deleteMany({ _id: { $in: ids } });
    }
  };
  return {
    async remember() {
      const before = await all();
      return async (parts) => {
        await erase(parts);
        for (const [name, then] of before) {
          const old = then.filter(meant(name, parts));
          if (old.length > 0) await db.collection<Named>(name).insertMany([...old]);
        }
      };
    },
    erase,
    close: () => client.close(),
  };
}
