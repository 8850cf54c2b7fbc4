import { assertFollows, pageSize, revisionBelow } from '../history.ts';
import { afterPrefix, isKey, keyText } from '../keys.ts';
import type { Commit, Doc, Head, Key, Kind, Seq, Store, TeamId } from '../port.ts';
import { idRange } from './batch.ts';
import { readLineage } from './beside.ts';
import type { Collections } from './collections.ts';
import * as record from './records.ts';
import { type Patience, reading } from './retry.ts';

/** Reads of one kind of answer each, retried and in our words. */
export type Reads = Omit<Store, 'commit' | 'watch' | 'close'>;

/** Collections that hold nothing of anybody. */
const BESIDE: ReadonlySet<string> = new Set(['meta', 'counters']);

type DocReads = Pick<Reads, 'get' | 'getMany' | 'list'>;

/** Documents as they are now. */
function createDocReads({ docs }: Collections, patience: Patience): DocReads {
  const byIds = async (kind: Kind, keys: readonly Key[]): Promise<ReadonlyMap<string, Doc>> => {
    const ids = [...new Set(keys.filter(isKey).map(keyText))];
    if (ids.length === 0) return new Map();
    const find = () =>
      docs(kind)
        .find({ _id: { $in: ids } })
        .toArray();
    return new Map((await reading(find, patience)).map((found) => [found._id, record.listedDoc(kind, found)]));
  };
  async function get(kind: Kind, key: Key): Promise<Doc | null> {
    if (!isKey(key)) return null;
    const found = await reading(() => docs(kind).findOne({ _id: keyText(key) }), patience);
    return found && record.docOf(kind, key, found);
  }
  return {
    get,
    async getMany(kind, keys) {
      const found = await byIds(kind, keys);
      const given = new Set<Doc>();
      return keys.map((key) => {
        const doc = found.get(keyText(key)) ?? null;
        // A copy for everyone who asked.
        if (doc && given.has(doc)) return structuredClone(doc);
        if (doc) given.add(doc);
        return doc;
      });
    },
    async list(kind, prefix, page) {
      const limit = pageSize(page);
      if (limit === 0 || (prefix.length > 0 && !isKey(prefix))) return [];
      const range = idRange(prefix, page.after);
      const filter = Object.keys(range).length === 0 ? {} : { _id: range };
      const find = () => docs(kind).find(filter).sort({ _id: 1 }).limit(limit).toArray();
      return (await reading(find, patience)).map((found) => record.listedDoc(kind, found));
    },
  };
}

/** Documents as they were. */
function createRevisionReads(
  { revisions }: Collections,
  patience: Patience,
  get: Reads['get'],
): Pick<Reads, 'revisions'> {
  async function older(kind: Kind, key: Key, below: number, limit: number): Promise<readonly Doc[]> {
    if (limit === 0) return [];
    const ids = { $gte: record.revisionsOf(kind, key), $lt: record.revisionId(kind, key, below) };
    const find = () => revisions.find({ _id: ids }).sort({ _id: -1 }).limit(limit).toArray();
    return (await reading(find, patience)).map((found) => record.docOf(kind, key, found));
  }

  /** Both halves are found by the order of the index; `seq` grows with the revisions. */
  async function asOf(kind: Kind, key: Key, seq: Seq): Promise<readonly Doc[]> {
    const present = await get(kind, key);
    if (!present || present.seq <= seq) return present ? [present] : [];
    const ids = { $gte: record.revisionsOf(kind, key), $lt: record.revisionId(kind, key, present.revision) };
    const one = (filter: object, order: 1 | -1) => async () =>
      revisions
        .find({ _id: ids, ...filter })
        .sort({ _id: order })
        .limit(1)
        .toArray();
    const [[found], [next]] = await Promise.all([
      reading(one({ seq: { $lte: seq } }, -1), patience),
      reading(one({ seq: { $gt: seq } }, 1), patience),
    ]);
    const docs = [next ? record.docOf(kind, key, next) : present];
    return found ? [...docs, record.docOf(kind, key, found)] : docs;
  }

  return {
    async revisions(kind, key, page) {
      if (page.asOf !== undefined) return asOf(kind, key, page.asOf);
      const below = revisionBelow(page);
      const limit = pageSize(page);
      const present = await get(kind, key);
      if (!present || limit === 0) return [];
      const first = below === null || present.revision < below ? [present] : [];
      // Below the present one even if a commit comes in between, so that no revision comes twice.
      const rest = await older(kind, key, Math.min(below ?? present.revision, present.revision), limit - first.length);
      return [...first, ...rest];
    },
  };
}

/** Heads, and the log that they end. */
function createLogReads(
  { commits, heads }: Collections,
  patience: Patience,
): Pick<Reads, 'head' | 'commitsAfter' | 'lineage' | 'newest'> {
  async function head(scope: Key): Promise<Head | null> {
    if (!isKey(scope)) return null;
    const found = await reading(() => heads.findOne({ _id: keyText(scope) }), patience);
    return found && record.headOf(found);
  }

  async function commitsAfter(team: TeamId, seq: Seq, limit: number): Promise<readonly Commit[]> {
    const size = pageSize({ limit });
    if (!isKey([team]) || size === 0) return [];
    const ids = { $gt: record.commitId(team, seq), $lt: keyText([team]) + record.AFTER_DIGITS };
    const find = () => commits.find({ _id: ids }).sort({ _id: 1 }).limit(size).toArray();
    const found = (await reading(find, patience)).map(record.commitOf);
    await assertFollows(found, seq, async () => (await head([team]))?.start.seq ?? 0);
    return found;
  }

  return {
    head,
    commitsAfter,
    lineage: (scope) => reading(() => readLineage(heads, scope), patience),
    async newest(team) {
      if (!isKey([team])) return 0;
      const find = () =>
        heads
          .find({ _id: idRange([team], undefined), seq: { $exists: true } })
          .sort({ seq: -1 })
          .limit(1)
          .toArray();
      const [last] = await reading(find, patience);
      const seq = last ? record.headOf(last).seq : 0;
      const ids = { $gt: record.commitId(team, seq), $lt: keyText([team]) + record.AFTER_DIGITS };
      const more = await reading(() => commits.findOne({ _id: ids }), patience);
      return more ? record.commitOf(more).seq : seq;
    },
  };
}

/** Whether anything is there at all. */
function createPresence(
  { docs, names, revisions, commits, heads }: Collections,
  patience: Patience,
): Pick<Reads, 'isEmpty' | 'holds'> {
  /** Also of a kind whose documents are all gone: one read for each kind that has any. */
  async function hasHistory(prefix: Key): Promise<boolean> {
    for (let after = ''; ; ) {
      const find = () =>
        revisions
          .find({ _id: { $gt: after } })
          .sort({ _id: 1 })
          .limit(1)
          .toArray();
      const [next] = await reading(find, patience);
      const kind = next?._id.split('\0')[0];
      if (kind === undefined) return false;
      if (await reading(() => revisions.findOne({ _id: idRange([kind, ...prefix], undefined) }), patience)) return true;
      after = afterPrefix(`${kind}\0`);
    }
  }

  return {
    async isEmpty() {
      for (const name of await reading(names, patience)) {
        if (BESIDE.has(name)) continue;
        if (await reading(() => docs(name as Kind).findOne(), patience)) return false;
      }
      return true;
    },
    async holds(prefix) {
      if (!isKey(prefix)) return false;
      const below = { _id: idRange(prefix, undefined) };
      const kinds = (await reading(names, patience)).filter((name) => !BESIDE.has(name));
      const finds = [
        ...kinds.map((kind) => () => docs(kind as Kind).findOne(below)),
        () => heads.findOne(below),
        () => commits.findOne(below),
      ];
      for (const find of finds) if ((await reading<unknown>(find, patience)) !== null) return true;
      return hasHistory(prefix);
    },
  };
}

export function createReads(collections: Collections, patience: Patience): Reads {
  const documents = createDocReads(collections, patience);
  return {
    ...documents,
    ...createRevisionReads(collections, patience, documents.get),
    ...createLogReads(collections, patience),
    ...createPresence(collections, patience),
  };
}
