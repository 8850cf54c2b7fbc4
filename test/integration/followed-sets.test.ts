import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { createMacHolder } from '../../src/keys/mac-holder.ts';
import { openKeys } from '../../src/keys/open-keys.ts';
import { type Change, changesOf } from '../../src/vault/change.ts';
import type { DocumentType, Stored } from '../../src/vault/document.ts';
import type { DocumentSet } from '../../src/vault/document-set.ts';
import type { Vault } from '../../src/vault/port.ts';
import { createVault } from '../../src/vault/vault.ts';
import { type EditableStore, editableStore } from '../support/editable-store.ts';
import { executed, totalOf } from '../support/executed.ts';
import { ROOT_KEY } from '../support/start-app.ts';

/** Sets that are kept, and moved by what later commits touched. */

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
/** Keeps what it reads; `fresh` reads all anew each time. */
let vault: Vault;
let fresh: Vault;

beforeEach(async () => {
  store = editableStore();
  const holder = createMacHolder();
  const port = store.open(holder);
  const keys = await openKeys({ store: port, holder, rootKey: ROOT_KEY, clock: systemClock, initialise: true });
  const shared = { store: port, keys, clock: systemClock, log: silentLog };
  vault = createVault({ ...shared, cacheBytes: 512 * 1024 * 1024 });
  fresh = createVault({ ...shared, cacheBytes: 0 });
  await commit([{ op: 'raw', write: keys.newDataKey(TEAM, null).write }]);
});

const commit = (some: readonly Change[]) =>
  vault.commit({ team: TEAM, actor: 'test', operation: 'test', changes: some });
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
        ];
        return ways[random(ways.length)]?.() ?? created(id);
      });
      await commit(some);
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
      await commit([await replaced('first', ['b'])]);
      await store.write('tag', keyOf('first'), before);
    },
    edited: async () => {
      await commit([await replaced('first', ['b'])]);
      const doc = store.read('tag', keyOf('first'));
      await store.write('tag', keyOf('first'), { ...doc, fields: { marks: ['c'] } });
    },
    'edited, its tag too': async () => {
      await commit([await replaced('first', ['b'])]);
      const doc = store.read('tag', keyOf('first'));
      await store.write('tag', keyOf('first'), { ...doc, tag: Buffer.alloc(32, 1) });
    },
    erased: async () => {
      await commit([await replaced('first', ['b'])]);
      await store.write('tag', keyOf('first'), null);
    },
    'brought back': async () => {
      const before = store.read('tag', keyOf('first'));
      await commit([{ op: 'remove', kind: 'tag', key: keyOf('first'), expected: 1 }]);
      await store.write('tag', keyOf('first'), before);
    },
    'another one': async () => {
      await commit([await replaced('first', ['b'])]);
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
