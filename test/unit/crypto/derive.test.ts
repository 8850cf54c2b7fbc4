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
