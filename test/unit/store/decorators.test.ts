import { expect, it } from 'vitest';
import { openMemoryStore } from '../../../src/store/embedded/open.ts';
import { aCommit, aPut, testMac } from '../../support/a-commit.ts';
import { counting } from '../../support/counting.ts';
import { faultStore } from '../../support/fault-store.ts';

const key = ['acme', 'p', 'a'];
const aStore = () => openMemoryStore({ mac: testMac });

it('counting counts by name', async () => {
  const { port, calls, reset } = counting(aStore());
  await port.commit(aCommit([aPut(key)]));
  await port.get('secretGroup', key);
  await port.get('secretGroup', key);
  expect(calls).toEqual({ commit: 1, get: 2 });
  reset();
  expect(calls).toEqual({});
});

it('case 128: the nth call fails before it reaches the store, and no other', async () => {
  const store = aStore();
  const { port, fired } = faultStore(store, { nth: 2, moment: 'before' });
  await port.get('secretGroup', key);
  expect(fired()).toBe(false);
  await expect(port.commit(aCommit([aPut(key)]))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(fired()).toBe(true);
  expect(await store.get('secretGroup', key)).toBeNull();
  expect((await port.commit(aCommit([aPut(key)]))).seq).toBe(1);
});

it('case 129: an acknowledgement that was lost, and the retry that changes nothing', async () => {
  const store = aStore();
  const { port } = faultStore(store, { nth: 1, moment: 'after', methods: ['commit'] });
  const request = aCommit([aPut(key)]);
  expect(await port.get('secretGroup', key)).toBeNull();
  await expect(port.commit(request)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect((await port.commit(request)).seq).toBe(1);
  expect(await store.commitsAfter('acme', 0, 9)).toHaveLength(1);
});
