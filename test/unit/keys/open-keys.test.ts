import { describe, expect, it } from 'vitest';
import { createMacHolder } from '../../../src/keys/mac-holder.ts';
import { FORMAT } from '../../../src/store/format.ts';
import type { Doc, Lineage, Store } from '../../../src/store/port.ts';
import {
  anInstallation,
  contentsOf,
  createScope,
  hex,
  NOW,
  refusal,
  tampered,
  withField,
  withFlippedBody,
} from './installation.ts';

describe('a first start', () => {
  it('makes keys that a second start finds', async () => {
    const { store, start } = anInstallation();
    const first = await start();
    const before = await contentsOf(store);
    const second = await start({ initialise: false });
    expect(first.instance).toMatch(/^[0-9a-f]{32}$/);
    expect(second.instance).toBe(first.instance);
    expect(hex(second.mac('token')(Buffer.of(1)))).toBe(hex(first.mac('token')(Buffer.of(1))));
    expect(await contentsOf(store)).toBe(before);
  });

  it('is refused unless it is asked for, and nothing is written', async () => {
    const { store, start } = anInstallation();
    expect(await refusal(() => start({ initialise: false }))).toBe(
      'UNAVAILABLE: The store is empty: it has to be initialised first',
    );
    expect(await contentsOf(store)).toBe('');
  });

  it('takes over the keys of another process that was a moment faster', async () => {
    const { store, start } = anInstallation();
    const beaten: Store = {
      ...store,
      commit: async (commit) => {
        await start();
        return store.commit(commit);
      },
    };
    const late = await start({ store: beaten });
    expect((await start({ initialise: false })).instance).toBe(late.instance);
    expect(await store.list('kek', [], { limit: 10 })).toHaveLength(1);
  });

  it('case 117: is refused with a source of constants', async () => {
    const { store, start } = anInstallation();
    expect(await refusal(() => start({ random: (size) => Buffer.alloc(size, 7) }))).toContain(
      'UNAVAILABLE: The source',
    );
    expect(await contentsOf(store)).toBe('');
  });

  it('gives every use a key of its own', async () => {
    const keys = await anInstallation().start();
    const labels = ['log', 'token', 'digest', 'content', 'cursor', 'idempotency', 'set', 'audit'] as const;
    const macs = labels.map((label) => hex(keys.mac(label)(Buffer.of(1))));
    expect(new Set(macs).size).toBe(8);
    expect(macs.every((mac) => mac.length === 64)).toBe(true);
  });

  it('leaves no key in the store', async () => {
    const { store, start } = anInstallation();
    const keys = await start();
    const key = await createScope(store, keys, 'acme', 'web');
    const contents = await contentsOf(store);
    expect(contents).toContain(hex(key.id));
    expect(contents).not.toContain(hex(key.bytes));
    expect(contents).not.toContain('52'.repeat(16));
  });
});

describe('case 114: a store that holds data, but no installation', () => {
  it.each([
    ['a team', (doc: Doc) => (doc.kind === 'team' ? doc : null), false],
    ['key-encryption keys', (doc: Doc) => (doc.kind === 'kek' ? doc : null), false],
    ['nothing but a log', () => null, true],
  ])('never gets new keys: %s', async (_what, edit, log) => {
    const { store, start } = anInstallation();
    await start();
    const nothing: Lineage = { levels: [], mayLag: false };
    const left: Store = { ...tampered(store, edit), lineage: async (scope) => (log ? store.lineage(scope) : nothing) };
    const content = {
      key: ['acme'],
      expected: null,
      deleted: false,
      fields: {},
      body: new Uint8Array(),
      tag: new Uint8Array(32),
    };
    const writes = [{ op: 'put', kind: 'team', ...content } as const];
    await store.commit({ id: 'c', team: 'acme', at: NOW, actor: 'tester', operation: 'create', writes });
    const before = await contentsOf(store);
    expect(await refusal(() => start({ store: left }))).toBe(
      'INTEGRITY: The store holds data, but not the document of the installation: restore the store from a backup, or begin with an empty one',
    );
    expect(await contentsOf(store)).toBe(before);
  });
});

describe('a store of another format', () => {
  const written =
    (format: unknown) =>
    (doc: Doc): Doc =>
      doc.kind === 'instance' ? { ...doc, fields: { ...doc.fields, format } as Doc['fields'] } : doc;

  it.each([0, FORMAT - 1, FORMAT + 1, 99])('%s is refused by that name, and nothing is written', async (format) => {
    const { store, start } = anInstallation();
    await start();
    const before = await contentsOf(store);
    expect(await refusal(() => start({ store: tampered(store, written(format)) }))).toBe(
      `UNAVAILABLE: The store has format ${format}, and this version of Keyloom opens format ${FORMAT} alone: use the version that made it`,
    );
    expect(await contentsOf(store)).toBe(before);
  });

  it.each([null, '1', 1.5, -1, {}])('%j is no format', async (format) => {
    const { store, start } = anInstallation();
    await start();
    expect(await refusal(() => start({ store: tampered(store, written(format)) }))).toMatch(/^INTEGRITY: /);
  });
});

describe('case 113: another root key', () => {
  it('is called wrong, and nothing is written', async () => {
    const { store, start } = anInstallation();
    await start();
    const before = await contentsOf(store);
    expect(await refusal(() => start({ rootKey: Buffer.alloc(32, 0x53) }))).toBe(
      'UNAVAILABLE: Wrong root key: the data in this store was sealed under another one',
    );
    expect(await contentsOf(store)).toBe(before);
  });

  it('must be 32 bytes', async () => {
    expect(await refusal(() => anInstallation().start({ rootKey: Buffer.alloc(31) }))).toContain('UNAVAILABLE');
  });

  it.each<readonly [string, (doc: Doc) => Doc | null]>([
    ['the check value', withField('instance', 'check', '00'.repeat(32))],
    ['the id of the installation', withField('instance', 'id', '00'.repeat(16))],
    ['its date', withField('instance', 'createdAt', '2020-01-01T00:00:00.000Z')],
    ['a field more', withField('instance', 'more', 1)],
    ['its secret', withFlippedBody('instance')],
    ['a wrapped KEK', withFlippedBody('kek')],
    ['the state of a KEK', withField('kek', 'state', 'retired')],
    ['a KEK that is gone', (doc) => (doc.kind === 'kek' ? null : doc)],
  ])('is told from corrupt data: %s', async (_what, edit) => {
    const { store, start } = anInstallation();
    await start();
    expect(await refusal(() => start({ store: tampered(store, edit) }))).toContain('INTEGRITY: Stored data failed');
  });
});

describe('the holder of the log key', () => {
  it('refuses until it has one', async () => {
    const holder = createMacHolder();
    expect(await refusal(() => holder.mac(Buffer.of(1)))).toBe('UNAVAILABLE: The keys are not loaded yet');
    holder.set((bytes) => bytes);
    expect(holder.mac(Buffer.of(1))).toEqual(Buffer.of(1));
  });
});

it('starts without unwrapping the key of any project', async () => {
  const { store, start } = anInstallation();
  const keys = await start();
  for (let i = 0; i < 50; i += 1) await createScope(store, keys, 'acme', `p${i}`);
  const asked: string[] = [];
  const watched: Store = {
    ...store,
    list: (kind, prefix, page) => {
      asked.push(`${kind} ${prefix.join('/')}`);
      return store.list(kind, prefix, page);
    },
  };
  const later = await start({ store: watched });
  expect(asked.filter((ask) => ask.startsWith('dek'))).toEqual([]);
  await Promise.all([later.sealingKey('acme', 'p7'), later.openingKeys('acme', 'p7'), later.sealingKey('acme', 'p7')]);
  expect(asked.filter((ask) => ask.startsWith('dek'))).toEqual(['dek acme/p7']);
});
