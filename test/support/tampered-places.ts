import type { Doc, Head, Kind } from '../../src/store/port.ts';
import type { EditableRecords } from './editable-store.ts';

/** One thing that somebody does to a store who can write to it and has none of its keys. */
export interface Mutation {
  readonly name: string;
  readonly apply: () => Promise<void>;
}

const flipped = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(bytes, (byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));

/** What a document can be made into; `other` is one of the same kind. */
const EDITS: Readonly<Record<string, (doc: Doc, other: Doc | null) => Doc | null>> = {
  erased: () => null,
  'its fields': (doc) => ({ ...doc, fields: { ...doc.fields, name: 'another' } }),
  'its state': (doc) => ({ ...doc, deleted: !doc.deleted }),
  'its revision': (doc) => ({ ...doc, revision: doc.revision + 1 }),
  'its number, earlier': (doc) => ({ ...doc, seq: Math.max(1, doc.seq - 1) }),
  'its number, later': (doc) => ({ ...doc, seq: doc.seq + 1 }),
  'its body': (doc) => ({ ...doc, body: flipped(doc.body) }),
  'its tag': (doc) => ({ ...doc, tag: flipped(doc.tag) }),
  'its leaf': (doc) => ({ ...doc, leaf: flipped(doc.leaf) }),
  'its beginning': (doc) => ({ ...doc, since: doc.since + 1 }),
  'a copy of another': (doc, other) => other && { ...other, key: doc.key },
  'another, as it is': (_doc, other) => other,
  'the body of another': (doc, other) => other && { ...doc, body: other.body },
  'the fields of another': (doc, other) => other && { ...doc, fields: other.fields },
};

const HEAD_EDITS: Readonly<Record<string, (head: Head) => Head | null>> = {
  erased: () => null,
  'its number': (head) => ({ ...head, seq: head.seq - 1 }),
  'its chain': (head) => ({ ...head, chain: flipped(head.chain) }),
  'what it keeps': (head) => ({ ...head, bytes: head.bytes + 1 }),
  'its beginning': (head) => ({ ...head, start: { ...head.start, seq: head.start.seq + 1 } }),
  'what is below it': (head) => ({ ...head, below: { ...head.below, count: head.below.count + 1 } }),
  'the digest of that': (head) => ({ ...head, below: { ...head.below, digest: flipped(head.below.digest) } }),
  'its MAC': (head) => ({ ...head, mac: flipped(head.mac) }),
  'a set left out': (head) => ({ ...head, sets: new Map([...head.sets].slice(1)) }),
  'a sum': (head) => ({
    ...head,
    sets: new Map([...head.sets].map(([kind, set]) => [kind, { ...set, sum: flipped(set.sum) }])),
  }),
  'a count': (head) => ({
    ...head,
    sets: new Map([...head.sets].map(([kind, set]) => [kind, { ...set, count: set.count + 1 }])),
  }),
};

const partsOf = (place: string): { readonly kind: Kind; readonly key: readonly string[] } => {
  const [kind = '', ...key] = place
    .slice(1)
    .split('\0')
    .filter((part) => part !== '');
  return { kind: kind as Kind, key };
};

/** Every present document edited in every way, and put back to each of its earlier revisions. */
export function documentMutations(edit: EditableRecords): readonly Mutation[] {
  const places = edit.places();
  const all = places.filter((place) => place.startsWith('d')).map(partsOf);
  const edits = all.flatMap(({ kind, key }) => {
    const near = all.filter((each) => each.kind === kind && each.key.join() !== key.join());
    const other = near[near.length - 1];
    return Object.entries(EDITS).flatMap(([what, change]): readonly Mutation[] => {
      if (!other && /another/.test(what) && what !== 'its fields') return [];
      const apply = async (): Promise<void> => {
        const doc = edit.read(kind, key);
        await edit.write(kind, key, change(doc, other ? edit.read(other.kind, other.key) : null));
      };
      return [{ name: `${kind} ${key.join('/')}: ${what}`, apply }];
    });
  });
  const backs = places
    .filter((place) => place.startsWith('r'))
    .map(partsOf)
    .map(({ kind, key }): Mutation => {
      const revision = Number.MAX_SAFE_INTEGER - Number(key[key.length - 1]);
      const own = key.slice(0, -1);
      const apply = () => edit.write(kind, own, edit.readRevision(kind, own, revision));
      return { name: `${kind} ${own.join('/')}: put back to revision ${revision}`, apply };
    });
  return [...edits, ...backs];
}

/** Every former revision edited in every way. */
export function revisionMutations(edit: EditableRecords): readonly Mutation[] {
  const past = edit
    .places()
    .filter((place) => place.startsWith('r'))
    .map(partsOf);
  return past.flatMap(({ kind, key }) => {
    const revision = Number.MAX_SAFE_INTEGER - Number(key[key.length - 1]);
    const own = key.slice(0, -1);
    const ways = Object.entries(EDITS).filter(([what]) => !/another$/.test(what) && what !== 'another, as it is');
    return ways.map(
      ([what, change]): Mutation => ({
        name: `${kind} ${own.join('/')}, revision ${revision}: ${what}`,
        apply: () => edit.writeRevision(kind, own, revision, (doc) => change(doc, null)),
      }),
    );
  });
}

/** Every head and every commit. */
export function logMutations(edit: EditableRecords): readonly Mutation[] {
  const places = edit.places();
  const heads = places.filter((place) => place.startsWith('h')).map((place) => place.slice(1).split('\0').slice(0, -1));
  const beside = places.filter((place) => /^[bs]/.test(place));
  const commits = places.filter((place) => place.startsWith('c')).map((place) => place.slice(1).split('\0'));
  return [
    ...heads.flatMap((scope) =>
      Object.entries(HEAD_EDITS).map(
        ([what, change]): Mutation => ({
          name: `head of ${scope.join('/')}: ${what}`,
          apply: () => edit.editHead(scope, change),
        }),
      ),
    ),
    ...beside.map(
      (place): Mutation => ({ name: `${place}: erased`, apply: () => edit.erase((each) => each === place) }),
    ),
    ...commits.flatMap(([team = '', ordinal = '']) => {
      const seq = Number(ordinal);
      return [
        { name: `commit ${team} ${seq}: erased`, apply: () => edit.editCommit(team, seq, () => null) },
        {
          name: `commit ${team} ${seq}: its actor`,
          apply: () => edit.editCommit(team, seq, (commit) => ({ ...commit, actor: 'somebody' })),
        },
        {
          name: `commit ${team} ${seq}: its time`,
          apply: () => edit.editCommit(team, seq, (commit) => ({ ...commit, at: '2020-01-01T00:00:00.000Z' })),
        },
        {
          name: `commit ${team} ${seq}: what it touched`,
          apply: () => edit.editCommit(team, seq, (commit) => ({ ...commit, touched: [] })),
        },
      ];
    }),
  ];
}
