import { describe, expect, it } from 'vitest';
import { envelopeKeyId } from '../../../src/crypto/envelope.ts';
import type { Doc, Store } from '../../../src/store/port.ts';
import {
  anInstallation,
  contentsOf,
  createScope,
  hex,
  opened,
  refusal,
  sealed,
  tampered,
  withField,
  withFlippedBody,
} from './installation.ts';

function aGate() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('a new data key', () => {
  it.each([
    ['team', null],
    ['project', 'web'],
  ])('of a %s seals before its commit, and opens after it in another process', async (_what, project) => {
    const { store, start } = anInstallation();
    const keys = await start();
    const { key } = keys.newDataKey('acme', project);
    const envelope = await sealed(keys, 'acme', project, 'text');
    await createScope(store, keys, 'acme', project);
    expect(hex(envelopeKeyId(envelope))).toBe(hex(key.id));
    expect(await opened(await start(), 'acme', project, envelope)).toBe('text');
    expect(await opened(keys, 'acme', project, envelope)).toBe('text');
  });

  it('is the same for all who create the same thing at once, so that none seals under a key that is lost', async () => {
    const keys = await anInstallation().start();
    expect(keys.newDataKey('acme', 'web')).toBe(keys.newDataKey('acme', 'web'));
    expect(hex(keys.newDataKey('acme', null).key.id)).not.toBe(hex(keys.newDataKey('acme', 'web').key.id));
  });

  it('gives way to the one that another process stored', async () => {
    const { store, start } = anInstallation();
    const [here, there] = [await start(), await start()];
    const lost = here.newDataKey('acme', null).key;
    const stored = await createScope(store, there, 'acme');
    expect(hex((await here.sealingKey('acme', null)).id)).toBe(hex(stored.id));
    expect(hex(here.newDataKey('acme', null).key.id)).not.toBe(hex(lost.id));
  });

  it('is found by those who know of its commit, though an older reading is under way', async () => {
    const { store, start } = anInstallation();
    const passed = aGate();
    const reached = aGate();
    const creator = await start();
    const slow: Store = {
      ...store,
      lineage: async (scope) => {
        const lineage = await store.lineage(scope);
        if (lineage.levels.at(-1)?.head) return lineage;
        reached.open();
        await passed.opened;
        return lineage;
      },
    };
    const keys = await start({ store: slow });
    const early = keys.openingKeys('acme', 'web');
    await reached.opened;
    const { id } = await createScope(store, creator, 'acme', 'web');
    const late = keys.openingKeys('acme', 'web');
    passed.open();
    expect([(await early)(id) === null, (await late)(id) === null]).toEqual([true, false]);
  });

  it('is written where it belongs', async () => {
    const keys = await anInstallation().start();
    const { key, write } = keys.newDataKey('acme', null);
    expect(write).toMatchObject({ op: 'put', kind: 'dek', key: ['acme', '~team', hex(key.id)], expected: null });
    expect(keys.newDataKey('acme', 'web').write.key.slice(0, 2)).toEqual(['acme', 'web']);
  });
});

it('has nothing to seal with where no key was made', async () => {
  const keys = await anInstallation().start();
  expect(await refusal(() => keys.sealingKey('acme', 'web'))).toContain('INTEGRITY');
  expect(await refusal(() => keys.rotateDataKey('acme', 'web', 'tester'))).toContain('INTEGRITY');
  expect((await keys.openingKeys('acme', 'web'))(Buffer.alloc(16))).toBeNull();
});

describe('cases 109 and 112: data keys touched in the store', () => {
  const swap = (docs: readonly Doc[]) => (doc: Doc) => {
    const other = docs.find(({ kind, key }) => kind === 'dek' && doc.kind === 'dek' && key[1] !== doc.key[1]);
    return other ? { ...other, key: doc.key } : doc;
  };
  it.each<readonly [string, (docs: readonly Doc[]) => (doc: Doc) => Doc | null]>([
    ['swapped between projects', swap],
    ['with a body of another', (docs) => (doc) => ({ ...doc, body: swap(docs)(doc).body })],
    ['with a flipped bit', () => withFlippedBody('dek')],
    ['marked as retired', () => withField('dek', 'state', 'retired')],
    ['marked as destroyed', () => withField('dek', 'state', 'destroyed')],
    ['all gone', () => (doc) => (doc.kind === 'dek' ? null : doc)],
    ['of another version', () => withField('dek', 'version', 2)],
  ])('are refused: %s', async (_what, editOf) => {
    const { store, start } = anInstallation();
    const keys = await start();
    for (const project of ['one', 'two']) await createScope(store, keys, 'acme', project);
    const edit = editOf(await store.list('dek', [], { limit: 10 }));
    const later = await start({ store: tampered(store, edit) });
    expect(await refusal(() => later.sealingKey('acme', 'one'))).toContain('INTEGRITY: Stored data failed');
    expect(await refusal(() => later.openingKeys('acme', 'one'))).toContain('INTEGRITY: Stored data failed');
  });

  it('refuse an envelope of another project', async () => {
    const { store, start } = anInstallation();
    const keys = await start();
    for (const project of ['one', 'two']) await createScope(store, keys, 'acme', project);
    const envelope = await sealed(keys, 'acme', 'one', 'text');
    expect(await refusal(() => opened(keys, 'acme', 'two', envelope))).toContain('INTEGRITY');
  });
});

it('case 110: an older revision of a data key is refused, genuine as it is', async () => {
  const { store, start } = anInstallation();
  const keys = await start();
  await createScope(store, keys, 'acme', 'web');
  const older = await store.list('dek', [], { limit: 10 });
  await keys.rotateDataKey('acme', 'web', 'tester');
  const back = (doc: Doc) => older.find(({ key }) => key.join() === doc.key.join()) ?? doc;
  const later = await start({ store: tampered(store, back) });
  expect(await refusal(() => later.sealingKey('acme', 'web'))).toContain('the set of dek in acme/web');
  const without = (doc: Doc) => (older.some(({ key }) => key.join() === doc.key.join()) ? null : doc);
  const poorer = await start({ store: tampered(store, without) });
  expect(await refusal(() => poorer.sealingKey('acme', 'web'))).toContain('the set of dek in acme/web');
});

describe('rotating a data key', () => {
  it('seals with the new one and opens with both, in other processes too', async () => {
    const { store, start } = anInstallation();
    const [here, there] = [await start(), await start()];
    await createScope(store, here, 'acme', 'web');
    const before = await sealed(there, 'acme', 'web', 'before');
    await here.rotateDataKey('acme', 'web', 'tester');
    const after = await sealed(here, 'acme', 'web', 'after');
    expect(hex(envelopeKeyId(after))).not.toBe(hex(envelopeKeyId(before)));
    expect([await opened(here, 'acme', 'web', before), await opened(here, 'acme', 'web', after)]).toEqual([
      'before',
      'after',
    ]);
    expect(await refusal(() => opened(there, 'acme', 'web', after))).toContain('INTEGRITY');
    await there.openingKeys('acme', 'web', [envelopeKeyId(after)]);
    expect(await opened(there, 'acme', 'web', after)).toBe('after');
  });

  it('retires a second primary, which a careless creation left', async () => {
    const { store, start } = anInstallation();
    await createScope(store, await start(), 'acme', 'web');
    await createScope(store, await start(), 'acme', 'web');
    const keys = await start();
    const text = await sealed(keys, 'acme', 'web', 'text');
    expect(await opened(await start(), 'acme', 'web', text)).toBe('text');
    await keys.rotateDataKey('acme', 'web', 'tester');
    const states = (await store.list('dek', [], { limit: 10 })).map(({ fields }) => fields.state);
    expect(states.sort()).toEqual(['primary', 'retired', 'retired']);
  });

  it('happens once when many ask at the same time', async () => {
    const { store, start } = anInstallation();
    const keys = await start();
    await createScope(store, keys, 'acme', 'web');
    const asked = await Promise.allSettled(
      Array.from({ length: 32 }, () => keys.rotateDataKey('acme', 'web', 'tester')),
    );
    const done = asked.filter(({ status }) => status === 'fulfilled').length;
    const states = (await store.list('dek', ['acme', 'web'], { limit: 100 })).map(({ fields }) => fields.state);
    expect(states.filter((state) => state === 'primary')).toHaveLength(1);
    expect(states).toHaveLength(done + 1);
    expect(done).toBeGreaterThan(0);
  });
});

describe('case 121: destroyed data keys', () => {
  it('leave "shredded" behind, nothing else', async () => {
    const { store, start } = anInstallation();
    const [keys, other] = [await start(), await start()];
    await createScope(store, keys, 'acme', 'web');
    await createScope(store, keys, 'acme', 'kept');
    const kept = await sealed(keys, 'acme', 'kept', 'kept');
    const lost = await sealed(keys, 'acme', 'web', 'lost');
    await keys.rotateDataKey('acme', 'web', 'tester');
    await keys.shred('acme', 'web', 'tester');
    for (const process of [keys, other, await start()]) {
      const words = 'NOT_FOUND: This data is shredded: its key was destroyed';
      expect(await refusal(() => opened(process, 'acme', 'web', lost))).toBe(words);
      expect(await refusal(() => process.sealingKey('acme', 'web'))).toBe(words);
      expect(await refusal(() => process.rotateDataKey('acme', 'web', 'tester'))).toBe(words);
      expect(await opened(process, 'acme', 'kept', kept)).toBe('kept');
    }
  });

  it('leave no wrapped key in any revision, and may be destroyed again', async () => {
    const { store, start } = anInstallation();
    const keys = await start();
    await createScope(store, keys, 'acme', 'web');
    await keys.rotateDataKey('acme', 'web', 'tester');
    const wrapped = (await store.list('dek', [], { limit: 10 })).map(({ body }) => hex(body));
    await keys.shred('acme', 'web', 'tester');
    const after = await contentsOf(store);
    expect(wrapped).toHaveLength(2);
    expect(wrapped.filter((body) => after.includes(body))).toEqual([]);
    await keys.shred('acme', 'web', 'tester');
    expect(await contentsOf(store)).toBe(after);
  });

  it('make room for a project of the same name', async () => {
    const { store, start } = anInstallation();
    const keys = await start();
    await createScope(store, keys, 'acme', 'web');
    const lost = await sealed(keys, 'acme', 'web', 'lost');
    await keys.shred('acme', 'web', 'tester');
    await createScope(store, keys, 'acme', 'web');
    const fresh = await sealed(keys, 'acme', 'web', 'fresh');
    expect(await opened(await start(), 'acme', 'web', fresh)).toBe('fresh');
    expect(await refusal(() => opened(keys, 'acme', 'web', lost))).toContain('NOT_FOUND');
  });
});
