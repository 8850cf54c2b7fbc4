import { describe, expect, it } from 'vitest';
import { envelopeKeyId } from '../../../src/crypto/envelope.ts';
import type { Keys } from '../../../src/keys/keys.ts';
import type { Doc, Store } from '../../../src/store/port.ts';
import {
  anInstallation,
  contentsOf,
  createScope,
  hex,
  opened,
  ROOT_KEY,
  refusal,
  sealed,
  tampered,
} from './installation.ts';

const SCOPES = [
  ['acme', null],
  ['acme', 'api'],
  ['acme', 'web'],
  ['beta', null],
  ['beta', 'web'],
] as const;

async function furnished() {
  const installation = anInstallation();
  const keys = await installation.start();
  const envelopes: Uint8Array[] = [];
  for (const [team, project] of SCOPES) {
    await createScope(installation.store, keys, team, project);
    envelopes.push(await sealed(keys, team, project, `of ${team} ${project}`));
  }
  return { ...installation, keys, envelopes };
}

async function expectAllReadable(keys: Keys, envelopes: readonly Uint8Array[]): Promise<void> {
  for (const [i, [team, project]] of SCOPES.entries()) {
    const envelope = envelopes[i] ?? new Uint8Array();
    expect(await opened(keys, team, project, envelope)).toBe(`of ${team} ${project}`);
  }
}

const statesOf = async (store: Store, kind: 'kek' | 'dek') =>
  (await store.list(kind, [], { limit: 100 })).map(({ fields }) => fields.state).sort();

/** Which KEKs the data keys are wrapped with. */
const wrappersOf = async (store: Store) =>
  new Set((await store.list('dek', [], { limit: 100 })).map(({ body }) => hex(envelopeKeyId(body))));

/** The process dies at its nth commit, just before it is durable or just after. */
function dyingAt(store: Store, nth: number, durable: boolean): Store {
  let count = 0;
  return {
    ...store,
    commit: async (commit) => {
      count += 1;
      if (count < nth) return store.commit(commit);
      if (durable && count === nth) await store.commit(commit);
      throw new Error('killed');
    },
  };
}

describe('rotating the KEK', () => {
  it('wraps every data key anew and touches nothing else', async () => {
    const { store, keys, start, envelopes } = await furnished();
    const [former] = await wrappersOf(store);
    await keys.rotateKek('tester');
    const [wrapper, ...others] = await wrappersOf(store);
    expect([others, wrapper === former]).toEqual([[], false]);
    expect(await contentsOf(store)).not.toContain(`4b0101${former}`);
    expect(await statesOf(store, 'kek')).toEqual(['primary', 'retired']);
    expect(await statesOf(store, 'dek')).toEqual(SCOPES.map(() => 'primary'));
    await expectAllReadable(keys, envelopes);
    await expectAllReadable(await start(), envelopes);
  });

  it('is noticed by a process that had the former one', async () => {
    const { store, start, envelopes } = await furnished();
    const [rotating, other] = [await start(), await start()];
    await rotating.rotateKek('tester');
    await expectAllReadable(other, envelopes);
    await createScope(store, other, 'gamma');
    expect(await opened(rotating, 'gamma', null, await sealed(other, 'gamma', null, 'x'))).toBe('x');
  });

  it('case 110: is not undone by older revisions of the keys', async () => {
    const { store, keys, start } = await furnished();
    const older = [
      ...(await store.list('kek', [], { limit: 10 })),
      ...(await store.list('instance', [], { limit: 1 })),
    ];
    await keys.rotateKek('tester');
    for (const kind of ['kek', 'instance']) {
      const back = (doc: Doc) => older.find((old) => old.kind === kind && old.key.join() === doc.key.join()) ?? doc;
      expect(await refusal(() => start({ store: tampered(store, back) }))).toContain(`the set of ${kind} in ~instance`);
    }
  });

  it('leaves destroyed data keys destroyed', async () => {
    const { store, keys } = await furnished();
    await keys.shred('beta', 'web', 'tester');
    await keys.rotateKek('tester');
    expect((await statesOf(store, 'dek')).filter((state) => state === 'destroyed')).toHaveLength(1);
  });

  it('can be done again and again', async () => {
    const { store, keys, start, envelopes } = await furnished();
    for (let i = 0; i < 3; i += 1) await keys.rotateKek('tester');
    expect(await statesOf(store, 'kek')).toEqual(['primary', 'retired', 'retired', 'retired']);
    await expectAllReadable(await start(), envelopes);
  });

  // Six commits: promote, rewrap two teams, purge two teams, retire.
  it.each(
    [1, 2, 3, 4, 5, 6].flatMap((nth) => [
      { nth, durable: false },
      { nth, durable: true },
    ]),
  )(
    'case 119: killed at commit $nth (durable: $durable), everything is readable and the next run finishes',
    async ({ nth, durable }) => {
      const { store, start, envelopes } = await furnished();
      const dying = await start({ store: dyingAt(store, nth, durable) });
      await expect(dying.rotateKek('tester')).rejects.toThrow('killed');
      const restarted = await start();
      await expectAllReadable(restarted, envelopes);
      await restarted.rotateKek('tester');
      await expectAllReadable(await start(), envelopes);
      expect((await wrappersOf(store)).size).toBe(1);
      const states = await statesOf(store, 'kek');
      const redone = nth === 6 && durable;
      expect(states).toEqual(redone ? ['primary', 'retired', 'retired'] : ['primary', 'retired']);
    },
  );
});

describe('rotating the root key', () => {
  const NEXT = Buffer.alloc(32, 0x99);

  it('locks the former one out and the new one in', async () => {
    const { store, keys, start, envelopes } = await furnished();
    await keys.rotateKek('tester');
    const [wrapped] = await store.list('kek', [], { limit: 1 });
    await keys.rotateRoot(NEXT, 'tester');
    expect(await contentsOf(store)).not.toContain(hex(envelopeKeyId(wrapped?.body ?? new Uint8Array())));
    await expectAllReadable(await start({ rootKey: NEXT }), envelopes);
    expect(await refusal(() => start({ rootKey: ROOT_KEY }))).toContain('UNAVAILABLE: Wrong root key');
    await keys.rotateKek('tester');
    await expectAllReadable(await start({ rootKey: NEXT }), envelopes);
  });

  it.each([false, true])('case 119: killed at its one commit (durable: %s), one of the two opens', async (durable) => {
    const { store, start, envelopes } = await furnished();
    const dying = await start({ store: dyingAt(store, 1, durable) });
    await expect(dying.rotateRoot(NEXT, 'tester')).rejects.toThrow('killed');
    await expectAllReadable(await start({ rootKey: durable ? NEXT : ROOT_KEY }), envelopes);
    expect(await refusal(() => start({ rootKey: durable ? ROOT_KEY : NEXT }))).toContain('Wrong root key');
  });

  it('refuses a key of another length before anything is written', async () => {
    const { store, keys } = await furnished();
    const before = await contentsOf(store);
    expect(await refusal(() => keys.rotateRoot(Buffer.alloc(16), 'tester'))).toContain('UNAVAILABLE');
    expect(await contentsOf(store)).toBe(before);
  });
});
