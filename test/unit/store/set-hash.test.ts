import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Mac } from '../../../src/store/port.ts';
import { EMPTY_STATE, EMPTY_SUM, movedState, type SetState, STATE_BYTES, sumOf } from '../../../src/store/set-hash.ts';
import { aTag, testMac } from '../../support/a-commit.ts';

const leaf = fc.uint8Array({ minLength: 32, maxLength: 32 });

/** The same, one number of 16 bits after the other. */
function reference(state: SetState, leaf: Uint8Array, sign: 1 | -1): SetState {
  const element = createHash('shake256', { outputLength: STATE_BYTES })
    .update(testMac(Buffer.from('keyloom.set.2 key')))
    .update(leaf)
    .digest();
  const next = Buffer.alloc(STATE_BYTES);
  for (let at = 0; at < STATE_BYTES; at += 2) {
    const sum = Buffer.from(state).readUInt16LE(at) + sign * element.readUInt16LE(at);
    next.writeUInt16LE(sum & 0xffff, at);
  }
  return Uint8Array.from(next);
}

describe('the hash of a set', () => {
  it('adds and subtracts each number of 16 bits by itself', () => {
    fc.assert(
      fc.property(fc.array(leaf, { maxLength: 4 }), leaf, (leaves, one) => {
        const state = movedState(testMac, EMPTY_STATE, [], leaves);
        expect(state).toEqual(leaves.reduce((sum, each) => reference(sum, each, 1), EMPTY_STATE));
        expect(movedState(testMac, state, [one], [])).toEqual(reference(state, one, -1));
      }),
      { numRuns: 40 },
    );
  });

  it('is the same whatever the order, and moves by the difference', () => {
    fc.assert(
      fc.property(fc.array(leaf, { minLength: 1, maxLength: 6 }), leaf, (leaves, one) => {
        const state = movedState(testMac, EMPTY_STATE, [], leaves);
        expect(movedState(testMac, EMPTY_STATE, [], [...leaves].reverse())).toEqual(state);
        expect(movedState(testMac, movedState(testMac, state, [], [one]), [one], [])).toEqual(state);
        expect(movedState(testMac, state, leaves, [])).toEqual(EMPTY_STATE);
      }),
      { numRuns: 40 },
    );
  });

  it('never changes a state that was handed out', () => {
    const state = movedState(testMac, EMPTY_STATE, [], [aTag('a')]);
    const before = Uint8Array.from(state);
    movedState(testMac, state, [aTag('a')], [aTag('b')]);
    expect(state).toEqual(before);
    expect(EMPTY_STATE.every((byte) => byte === 0)).toBe(true);
  });

  /**
   * With one number modulo 2^n in place of the vector, so many leaves that some of them add up to any wanted sum are found by sorting
   * and merging lists. A vector of 1,024 numbers adds up to the wanted one only if each of them does.
   */
  it('is no single number that some other leaves add up to: where one part of two sums is the same, others differ', () => {
    const of = (...names: readonly string[]): SetState =>
      movedState(
        testMac,
        EMPTY_STATE,
        [],
        names.map((name) => aTag(name)),
      );
    const first = (state: SetState): number => Buffer.from(state).readUInt16LE(0);
    const seen = new Map<number, string>();
    let found: readonly [string, string] | null = null;
    for (let i = 0; found === null && i < 5_000; i += 1) {
      const other = seen.get(first(of(`${i}`)));
      if (other !== undefined) found = [other, `${i}`];
      seen.set(first(of(`${i}`)), `${i}`);
    }
    const [a, b] = (found ?? []).map((name) => of(name));
    if (!a || !b) throw new Error('no two with the same first part');
    expect(first(a)).toBe(first(b));
    expect(sumOf(a)).not.toEqual(sumOf(b));
  });

  it('is keyed: who sees a leaf in a store does not know what it adds', () => {
    const other: Mac = (bytes) => testMac(Buffer.concat([Buffer.of(1), bytes]));
    expect(movedState(other, EMPTY_STATE, [], [aTag('a')])).not.toEqual(
      movedState(testMac, EMPTY_STATE, [], [aTag('a')]),
    );
  });

  it('stays as it is: heads that are stored hold it', () => {
    expect(Buffer.from(EMPTY_SUM).toString('hex')).toMatchInlineSnapshot(
      `"c1e0704abefa72f034a0bdd7d16710a63f70da29e7149b622c6806d5b490f506"`,
    );
    expect(
      Buffer.from(sumOf(movedState(testMac, EMPTY_STATE, [], [new Uint8Array(32)]))).toString('hex'),
    ).toMatchInlineSnapshot(`"65c4f26e8ac14d1a8c44e27abdefb47def3fc6f78f8b4bf2ed873d6fa49e4357"`);
  });

  it('refuses a state of another length', () => {
    expect(() => movedState(testMac, new Uint8Array(STATE_BYTES - 1), [], [])).toThrow(/integrity/);
  });
});
