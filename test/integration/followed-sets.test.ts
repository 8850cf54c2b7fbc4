import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { createMacHolder } from '../../src/keys/mac-holder.ts';
import { openKeys } from '../../src/keys/open-keys.ts';
import type { Doc, Made, Store } from '../../src/store/port.ts';
import { type Change, changesOf } from '../../src/vault/change.ts';
import type { DocumentType, Stored } from '../../src/vault/document.ts';
import type { DocumentSet } from '../../src/vault/document-set.ts';
import type { Vault } from '../../src/vault/port.ts';
import { createVault } from '../../src/vault/vault.ts';
import { type Counting, counting } from '../support/counting.ts';
import { type EditableStore, editableStore } from '../support/editable-store.ts';
import { executed, totalOf } from '../support/executed.ts';
import { ROOT_KEY } from '../support/start-app.ts';

/** Sets that are kept: handed on by commits of their own vault, and moved by what commits of others touched. */

type Marks = { readonly marks: readonly string[] };
type StoredMarks = Stored<Marks, string>;
const type: DocumentType<Marks, string> = {
  kind: 'tag',
  encode: (body) => body,
  decode: (json) => String(json),
  terms: ({ fields }) => fields.marks,
  amounts: ({ fields }) => [
    ['marks', fields.marks.length],
    ['documents', 1],
  ],
};
const changes = changesOf(type);
const TEAM = 'team';
const MARKS = ['a', 'ab', 'b', 'c'];
const keyOf = (id: string): readonly string[] => [TEAM, id];

let store: EditableStore;
let calls: Counting;
/** What the vault is told that a commit wrote. */
let tell: (made: Made) => Made;
/** Keeps what it reads; `fresh` reads all anew each time. */
let vault: Vault;
let fresh: Vault;

beforeEach(async () => {
  store = editableStore();
  const holder = createMacHolder();
  calls = counting(store.open(holder));
  tell = (made) => made;
  const { port: all } = calls;
  const port: Store = {
    ...all,
    commit: (request, made) => all.commit(request, made && ((what) => made(tell(what)))),
  };
  const keys = await openKeys({ store: port, holder, rootKey: ROOT_KEY, clock: systemClock, initialise: true });
  const shared = { store: port, keys, clock: systemClock, log: silentLog };
  vault = createVault({ ...shared, cacheBytes: 512 * 1024 * 1024 });
  fresh = createVault({ ...shared, cacheBytes: 0 });
  await commit([{ op: 'raw', write: keys.newDataKey(TEAM, null).write }]);
});

const commitBy = (by: Vault) => (some: readonly Change[]) =>
  by.commit({ team: TEAM, actor: 'test', operation: 'test', changes: some });
const commit = (some: readonly Change[]) => commitBy(vault)(some);
/** What the vault has to follow, because somebody else made it. */
const elsewhere = (some: readonly Change[]) => commitBy(fresh)(some);
const setOf = async (from: Vault): Promise<DocumentSet<Marks, string>> => (await from.view(TEAM)).set(type);
const created = (id: string, marks: readonly string[] = []): Change =>
  changes.create(keyOf(id), { marks }, `text of ${id}`);

async function replaced(id: string, marks: readonly string[]): Promise<Change> {
  const before = (await setOf(vault)).get(id);
  if (!before) throw new Error(`there is no ${id}`);
  return changes.replace(before, { marks }, `text of ${id}, again`);
}

const told = ({ key, revision, deleted, fields, body }: StoredMarks) => [key, revision, deleted, fields, body()];
const stateOf = (set: DocumentSet<Marks, string>) => ({
  seq: set.seq,
  all: set.all.map(told),
  live: set.live.map(told),
  liveCount: set.liveCount,
  under: MARKS.map((mark) => set.under(mark).map(told)),
  totals: ['marks', 'documents', 'nothing'].map((name) => set.total(name)),
});

describe('a set that is kept', () => {
  it('is what a whole read gives, after commits of every kind, and those handed out never change', async () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    const handedOut: (readonly [DocumentSet<Marks, string>, ReturnType<typeof stateOf>])[] = [];
    for (let step = 0; step < 150; step += 1) {
      const set = await setOf(vault);
      const ids = new Set(Array.from({ length: 1 + random(4) }, () => `id-${random(40)}`));
      const some = [...ids].map((id): Change => {
        const marks = MARKS.filter(() => random(3) === 0);
        const before = set.get(id);
        if (!before) return created(id, marks);
        const { kind, key, revision: expected } = { kind: type.kind, ...before };
        const ways = [
          () => changes.replace(before, { marks }, `step ${step}`),
          () => changes.erase(before, before.fields),
          () => ({ op: 'remove', kind, key, expected }) as const,
          () => ({ op: 'purge', kind, key, before: expected }) as const,
        ];
        return ways[random(ways.length)]?.() ?? created(id);
      });
      await (random(2) === 0 ? commit : elsewhere)(some);
      const now = await setOf(vault);
      expect(stateOf(now)).toEqual(stateOf(await setOf(fresh)));
      handedOut.push([now, stateOf(now)]);
    }
    for (const [set, state] of handedOut) expect(stateOf(set)).toEqual(state);
  });

  const AMONG = ['first', 'second', 'third'];
  const tampered: Readonly<Record<string, () => Promise<void>>> = {
    'rolled back': async () => {
      const before = store.read('tag', keyOf('first'));
      await elsewhere([await replaced('first', ['b'])]);
      await store.write('tag', keyOf('first'), before);
    },
    edited: async () => {
      await elsewhere([await replaced('first', ['b'])]);
      const doc = store.read('tag', keyOf('first'));
      await store.write('tag', keyOf('first'), { ...doc, fields: { marks: ['c'] } });
    },
    'edited, its tag too': async () => {
      await elsewhere([await replaced('first', ['b'])]);
      const doc = store.read('tag', keyOf('first'));
      await store.write('tag', keyOf('first'), { ...doc, tag: Buffer.alloc(32, 1) });
    },
    erased: async () => {
      await elsewhere([await replaced('first', ['b'])]);
      await store.write('tag', keyOf('first'), null);
    },
    'brought back': async () => {
      const before = store.read('tag', keyOf('first'));
      await elsewhere([{ op: 'remove', kind: 'tag', key: keyOf('first'), expected: 1 }]);
      await store.write('tag', keyOf('first'), before);
    },
    'another one': async () => {
      await elsewhere([await replaced('first', ['b'])]);
      await store.write('tag', keyOf('first'), { ...store.read('tag', keyOf('second')), key: keyOf('first') });
    },
  };
  it.each(Object.keys(tampered))(
    'refuses a document that a commit touched and that is %s, and serves the others',
    async (what) => {
      await commit(AMONG.map((id) => created(id, ['a'])));
      const before = await setOf(vault);
      await tampered[what]?.();
      const set = await setOf(vault);
      expect([...set.damaged]).toEqual(['first']);
      expect(() => set.get('first')).toThrow(/first/);
      expect(() => set.live).toThrow(/first/);
      expect(set.intact.map(({ key }) => key[1])).toEqual(['second', 'third']);
      expect([set.liveCount, set.total('documents'), set.under('a').length, set.under('c').length]).toEqual([
        2, 2, 2, 0,
      ]);
      expect(before.get('first')?.fields).toEqual({ marks: ['a'] });
    },
  );

  it('is what a commit of its own wrote, and nothing of it is read back', async () => {
    await commit(AMONG.map((id) => created(id, ['a'])));
    const [second, third] = [await replaced('second', ['b']), await replaced('third', ['c'])];
    calls.reset();
    await commit([second, { op: 'remove', kind: 'tag', key: keyOf('first'), expected: 1 }]);
    await commit([third]);
    const set = await setOf(vault);
    expect(calls.calls).toEqual({ commit: 2, lineage: 1 });
    expect(set.live.map(told)).toEqual([
      [keyOf('second'), 2, false, { marks: ['b'] }, 'text of second, again'],
      [keyOf('third'), 2, false, { marks: ['c'] }, 'text of third, again'],
    ]);
    expect(stateOf(set)).toEqual(stateOf(await setOf(fresh)));
  });

  const forged: Readonly<Record<string, (made: Made, doc: Doc) => Partial<Made>>> = {
    'another tag': (_, doc) => ({ steps: [{ op: 'put', doc: { ...doc, tag: Buffer.alloc(32, 1) }, replaced: null }] }),
    'other plain fields': (_, doc) => ({
      steps: [{ op: 'put', doc: { ...doc, fields: { marks: ['c'] } }, replaced: null }],
    }),
    'another body': (_, doc) => ({
      steps: [{ op: 'put', doc: { ...doc, body: Uint8Array.from(doc.body) }, replaced: null }],
    }),
    'another revision': (_, doc) => ({
      steps: [{ op: 'put', doc: { ...doc, revision: doc.revision + 1 }, replaced: null }],
    }),
    'one document less': () => ({ steps: [{ op: 'remove', kind: 'tag', key: keyOf('first'), revision: 2 }] }),
    'another sum': ({ states }) => ({ states: states.map((each) => ({ ...each, state: new Uint8Array(2048) })) }),
    'another set before it': ({ states }) => ({
      states: states.map((each) => ({ ...each, before: each.before && { ...each.before, seq: each.before.seq - 1 } })),
    }),
  };
  it.each(Object.keys(forged))('is followed in the log when its own commit is told with %s', async (what) => {
    await commit(AMONG.map((id) => created(id, ['a'])));
    const change = await replaced('first', ['b']);
    tell = (made) => {
      const [step] = made.steps;
      if (step?.op !== 'put') throw new Error('another step');
      return { ...made, ...forged[what]?.(made, step.doc) };
    };
    await commit([change]);
    calls.reset();
    const set = await setOf(vault);
    expect(calls.calls).toMatchObject({ getMany: 1 });
    expect(stateOf(set)).toEqual(stateOf(await setOf(fresh)));
  });

  it('is read once for all who want it at once', async () => {
    await commit(AMONG.map((id) => created(id, ['a'])));
    await elsewhere([await replaced('first', ['b'])]);
    calls.reset();
    const sets = await Promise.all(Array.from({ length: 32 }, () => setOf(vault)));
    expect(new Set(sets).size).toBe(1);
    expect(calls.calls).toMatchObject({ commitsAfter: 1, getMany: 1 });
  });

  it('costs what a commit touches, with 10 documents and with 5,000', async () => {
    const costs: number[] = [];
    for (const size of [10, 5_000]) {
      const ids = Array.from({ length: size }, (_, i) => `of-${size}-${i}`);
      await commit(ids.map((id) => created(id, ['a'])));
      for (let i = 0; i < 3; i += 1) await commit([await replaced(ids[5] ?? '', ['a', 'b'])]);
      const cost = await executed(async () => {
        await commit([await replaced(ids[5] ?? '', ['a', 'c'])]);
        const set = await setOf(vault);
        expect(set.under('c')).toHaveLength(1);
        expect([set.get(ids[5] ?? '')?.revision, set.liveCount]).toEqual([5, size + (size > 10 ? 10 : 0)]);
        await commit([await replaced(ids[5] ?? '', ['a'])]);
      });
      costs.push(totalOf(cost));
    }
    const [few = 0, many = 0] = costs;
    expect(few).toBeGreaterThan(100);
    expect(many).toBeLessThan(few * 1.25);
  });
});
