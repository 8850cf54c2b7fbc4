import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { secureRandom } from '../../../src/crypto/random.ts';
import {
  CHARACTER_CLASSES,
  type CharacterClass,
  generateApiKey,
  generatePassword,
  type Random,
} from '../../../src/domain/generate-text.ts';

/** A source that can be repeated: a hash of a counter. */
function seeded(seed: string): Random {
  let counter = 0;
  return (size) => {
    const blocks: Buffer[] = [];
    for (let bytes = 0; bytes < size; bytes += 32) {
      blocks.push(createHash('sha256').update(`${seed} ${counter}`).digest());
      counter += 1;
    }
    return Buffer.concat(blocks).subarray(0, size);
  };
}

const SETS: { readonly [Class in CharacterClass]: RegExp } = {
  lower: /[a-z]/,
  upper: /[A-Z]/,
  digits: /[0-9]/,
  symbols: /[!-/:-@[-`{-~]/,
};

describe('a password', () => {
  it('has its length, holds every class of the recipe and no other, and leaves out what is ambiguous', () => {
    const recipe = fc.record({
      length: fc.integer({ min: 8, max: 256 }),
      classes: fc.subarray([...CHARACTER_CLASSES], { minLength: 1 }),
      excludeAmbiguous: fc.boolean(),
    });
    fc.assert(
      fc.property(recipe, fc.string(), (given, seed) => {
        const { text } = generatePassword(given, seeded(seed));
        expect(text).toHaveLength(given.length);
        for (const name of CHARACTER_CLASSES) expect(SETS[name].test(text)).toBe(given.classes.includes(name));
        if (given.excludeAmbiguous) expect(text).not.toMatch(/[0Oo1lI|`'"]/);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    // One class: length times the logarithm of its size.
    [{ length: 10, classes: ['digits'], excludeAmbiguous: false }, 10 * Math.log2(10)],
    [{ length: 8, classes: ['lower'], excludeAmbiguous: false }, 8 * Math.log2(26)],
    [{ length: 8, classes: ['digits'], excludeAmbiguous: true }, 24],
    // 36^8 without those of letters alone and those of digits alone.
    [{ length: 8, classes: ['lower', 'digits'], excludeAmbiguous: false }, Math.log2(36 ** 8 - 26 ** 8 - 10 ** 8)],
    [{ length: 256, classes: ['symbols'], excludeAmbiguous: false }, 1280],
  ] as const)('%j states %f bits', (recipe, bits) => {
    expect(generatePassword(recipe, secureRandom).entropyBits).toBeCloseTo(bits, 9);
  });

  it('states what counting gives, for all four classes', () => {
    // Texts of a length by the classes seen so far, one character at a time.
    const sizes = [26, 26, 10, 32];
    let counts = new Map<number, number>([[0, 1]]);
    for (let i = 0; i < 12; i += 1) {
      const next = new Map<number, number>();
      for (const [seen, count] of counts) {
        for (const [c, size] of sizes.entries()) {
          const now = seen | (1 << c);
          next.set(now, (next.get(now) ?? 0) + count * size);
        }
      }
      counts = next;
    }
    const { entropyBits } = generatePassword(
      { length: 12, classes: CHARACTER_CLASSES, excludeAmbiguous: false },
      secureRandom,
    );
    expect(entropyBits).toBeCloseTo(Math.log2(counts.get(15) ?? 0), 9);
    expect(entropyBits).toBeLessThan(12 * Math.log2(94));
  });

  /** Pearson's sum over equally likely outcomes. */
  function chiSquare(counts: ReadonlyMap<string, number>, outcomes: number, total: number): number {
    const expected = total / outcomes;
    let sum = (outcomes - counts.size) * expected;
    for (const count of counts.values()) sum += (count - expected) ** 2 / expected;
    return sum;
  }

  it('draws every character alike, also from an alphabet that does not divide 256', () => {
    const counts = new Map<string, number>();
    const random = seeded('characters');
    for (let i = 0; i < 800; i += 1) {
      const { text } = generatePassword({ length: 250, classes: ['lower'], excludeAmbiguous: false }, random);
      for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    // 25 degrees of freedom: 60 is passed once in ten thousand seeds, and this seed is fixed. Bytes modulo 26 give over 500.
    expect(chiSquare(counts, 26, 200_000)).toBeLessThan(60);
  });

  it('gives no place to a class: each is at the first place as often as counting says', () => {
    const random = seeded('places');
    const total = 20_000;
    let digits = 0;
    for (let i = 0; i < total; i += 1) {
      const { text } = generatePassword({ length: 8, classes: ['lower', 'digits'], excludeAmbiguous: false }, random);
      if (/^[0-9]/.test(text)) digits += 1;
    }
    // First a digit, then anything with a letter in it; of all that hold both.
    const probability = (10 * (36 ** 7 - 10 ** 7)) / (36 ** 8 - 26 ** 8 - 10 ** 8);
    const deviation = Math.sqrt(total * probability * (1 - probability));
    expect(Math.abs(digits - total * probability)).toBeLessThan(4 * deviation);
  });

  it('fails rather than turn for ever on a source that is stuck', () => {
    const stuck: Random = (size) => new Uint8Array(size);
    expect(() => generatePassword({ length: 8, classes: ['lower', 'digits'], excludeAmbiguous: false }, stuck)).toThrow(
      'source of randomness',
    );
    const beyond: Random = (size) => new Uint8Array(size).fill(255);
    expect(() => generatePassword({ length: 8, classes: ['lower'], excludeAmbiguous: false }, beyond)).toThrow(
      'source of randomness',
    );
  });
});

describe('an API key', () => {
  it('is its prefix and the random bytes in base64url', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 256 }), (bytes) => {
        const { text, entropyBits } = generateApiKey({ prefix: 'sk_', bytes: bytes.length }, () => bytes);
        expect(text).toBe(`sk_${Buffer.from(bytes).toString('base64url')}`);
        expect(entropyBits).toBe(bytes.length * 8);
      }),
    );
  });
});
