import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { deriveKey, macWith } from '../../../src/crypto/derive.ts';

const SECRET = Buffer.alloc(32, 5);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

it('derives the same key from the same secret and label, and no other', () => {
  const keys = [deriveKey(SECRET, 'log'), deriveKey(SECRET, 'token'), deriveKey(Buffer.alloc(32, 6), 'log')].map(hex);
  expect(new Set(keys).size).toBe(3);
  expect(hex(deriveKey(SECRET, 'log'))).toBe(keys[0]);
  expect(keys[0]).toHaveLength(64);
});

it('is HMAC-SHA-256 (RFC 4231, case 2)', () => {
  const mac = macWith(Buffer.from('Jefe'));
  expect(hex(mac(Buffer.from('what do ya want for nothing?')))).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
});

it('keeps its own copy of the key', () => {
  const key = Buffer.alloc(32, 1);
  const mac = macWith(key);
  const before = hex(mac(SECRET));
  key.fill(0);
  expect(hex(mac(SECRET))).toBe(before);
});

/** Around blocks of the hash, and around what is hashed at once. */
const LENGTHS = [
  ...Array.from({ length: 200 }, (_, i) => i),
  2_000,
  21_844,
  21_845,
  21_846,
  65_535,
  65_536,
  65_537,
  200_000,
];

it.each([1, 32, 63, 64, 65, 200])('is what Node has as HMAC, for keys of %i bytes', (length) => {
  const key = Buffer.alloc(length, 'key');
  const mac = macWith(key);
  for (const size of LENGTHS) {
    const bytes = Buffer.alloc(size, `${size} bytes`);
    const expected = createHmac('sha256', key).update(bytes).digest();
    expect(hex(mac(bytes))).toBe(expected.toString('hex'));
    expect(mac.asText(bytes)).toBe(expected.toString('base64url'));
  }
});

it.each(['x', 'é', '語', '🔑', '\ud800', 'a\0b'])('takes a text as its UTF-8 bytes: %j', (piece) => {
  const mac = macWith(SECRET);
  for (const count of [0, 1, 70, 5_461, 21_845, 30_000]) {
    const text = piece.repeat(count);
    const expected = createHmac('sha256', SECRET).update(text).digest();
    expect(hex(mac(text))).toBe(expected.toString('hex'));
    expect(mac.asText(text)).toBe(expected.toString('base64url'));
  }
});
