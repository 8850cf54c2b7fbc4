import { describe, expect, it } from 'vitest';
import { type DataKey, seal } from '../../../src/crypto/envelope.ts';
import { checkRandom, type Random, secureRandom } from '../../../src/crypto/random.ts';

describe('case 117: the self-test of the source of randomness', () => {
  let count = 0;
  const counter: Random = (size) => {
    count += 1;
    return Buffer.alloc(size, count);
  };
  const period = secureRandom(32);
  it.each<readonly [string, Random]>([
    ['zeros', (size) => Buffer.alloc(size)],
    ['one constant byte', (size) => Buffer.alloc(size, 0xa5)],
    ['a constant pattern', (size) => Buffer.alloc(size, 'ab')],
    ['the same block each time', (size) => period.subarray(0, size)],
    ['a counter', counter],
    ['small numbers', (size) => secureRandom(size).map((byte) => byte & 0x1f)],
    ['ASCII letters', (size) => secureRandom(size).map((byte) => 0x60 | (byte & 0x0f))],
    ['too few bytes', (size) => secureRandom(size - 1)],
  ])('refuses %s', (_what, random) => {
    expect(() => checkRandom(random)).toThrow('The source of randomness failed its self-test');
  });

  it('accepts the real one', () => {
    for (let i = 0; i < 100; i += 1) checkRandom(secureRandom);
  });
});

it('gives every caller a buffer of its own', () => {
  expect(secureRandom(16).buffer.byteLength).toBe(16);
});

describe('case 117: 20,000 envelopes', () => {
  const key: DataKey = { id: secureRandom(16), bytes: secureRandom(32) };
  const salts = new Set<string>();
  const nonces = new Set<string>();
  const counts = new Array<number>(256).fill(0);
  for (let i = 0; i < 20_000; i += 1) {
    const envelope = Buffer.from(seal(key, Buffer.of(1), Buffer.alloc(0)));
    salts.add(envelope.toString('latin1', 19, 51));
    nonces.add(envelope.toString('latin1', 83, 95));
    for (const byte of envelope.subarray(19, 51)) counts[byte] = (counts[byte] ?? 0) + 1;
  }

  it('have as many salts and nonces', () => {
    expect([salts.size, nonces.size]).toEqual([20_000, 20_000]);
  });

  it('use all values of a byte alike', () => {
    const expected = (20_000 * 32) / 256;
    const chiSquare = counts.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
    // 255 degrees of freedom: 255 is the mean, ten standard deviations are 226.
    expect(chiSquare).toBeGreaterThan(100);
    expect(chiSquare).toBeLessThan(481);
  });
});
