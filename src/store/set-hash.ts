import { createHash } from 'node:crypto';
import { integrity } from '../kernel/errors.ts';
import { keyOf } from './chain.ts';
import type { Mac } from './port.ts';

/**
 * LtHash: each leaf is stretched to 1,024 numbers of 16 bits, which are added one by one modulo 2^16. The sum says which leaves there
 * are, in whatever order they came, and moves by the difference. Finding other leaves with the same sum is a short vector problem of
 * that dimension; with one large number in place of many small ones, 2^36 steps were enough. And it is keyed: who has not the key
 * cannot compute what a leaf that is seen in the store adds.
 */
export const STATE_BYTES = 2048;
const WORDS = STATE_BYTES / 4;
const KEY_LABEL = Buffer.from('keyloom.set.2 key');

/** What the leaves of a set add up to. Never changed once it is made. */
export type SetState = Uint8Array;

export const EMPTY_STATE: SetState = new Uint8Array(STATE_BYTES);

/** Of states that were summed before. */
const sums = new WeakMap<SetState, Uint8Array>();

export function sumOf(state: SetState): Uint8Array {
  const known = sums.get(state);
  if (known) return known;
  const sum = new Uint8Array(createHash('sha256').update('keyloom.set.2').update(state).digest());
  sums.set(state, sum);
  return sum;
}

/** What leaves are stretched under: one for all of them. */
const stretchKeys = new WeakMap<Mac, Uint8Array>();

function stretchKeyOf(mac: Mac): Uint8Array {
  const known = stretchKeys.get(keyOf(mac));
  if (known) return known;
  const key = mac(KEY_LABEL);
  stretchKeys.set(keyOf(mac), key);
  return key;
}

/** Of no documents. */
export const EMPTY_SUM: Uint8Array = sumOf(EMPTY_STATE);

/** The state once these leaves are taken out and put in. */
export function movedState(
  mac: Mac,
  state: SetState,
  removed: readonly Uint8Array[],
  added: readonly Uint8Array[],
): SetState {
  if (state.length !== STATE_BYTES) throw integrity('what a set adds up to is of the wrong length');
  const key = stretchKeyOf(mac);
  const next = new Uint8Array(state);
  const words = new Uint32Array(next.buffer);
  for (const leaf of removed) subtract(words, stretched(key, leaf));
  for (const leaf of added) add(words, stretched(key, leaf));
  return next;
}

function stretched(key: Uint8Array, leaf: Uint8Array): Uint32Array {
  const bytes = createHash('shake256', { outputLength: STATE_BYTES }).update(key).update(leaf).digest();
  // A copy of its own: numbers of four bytes must begin where one of them may.
  return new Uint32Array(new Uint8Array(bytes).buffer);
}

const LOW = 0x7fff7fff;
const HIGH = 0x80008000;

/** Two numbers a word: the highest bit of each is kept apart, so that nothing is carried from one into the other. */
function add(words: Uint32Array, by: Uint32Array): void {
  for (let i = 0; i < WORDS; i += 1) {
    const [a, b] = [words[i] as number, by[i] as number];
    words[i] = ((a & LOW) + (b & LOW)) ^ ((a ^ b) & HIGH);
  }
}

function subtract(words: Uint32Array, by: Uint32Array): void {
  for (let i = 0; i < WORDS; i += 1) {
    const [a, b] = [words[i] as number, by[i] as number];
    words[i] = ((a | HIGH) - (b & LOW)) ^ ((a ^ ~b) & HIGH);
  }
}
