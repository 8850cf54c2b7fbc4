import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { aesGcmOpen, aesGcmSeal } from '../../../src/crypto/aes-gcm.ts';

interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
  readonly result: 'valid' | 'invalid';
}

const file = new URL('../../vectors/aes-gcm-256-96-128.json', import.meta.url);
const { tests }: { readonly tests: readonly Vector[] } = JSON.parse(readFileSync(file, 'utf8'));
const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
const hex = (of: Uint8Array | null): string | null => of && Buffer.from(of).toString('hex');

describe('the vectors of Project Wycheproof', () => {
  it('are all there', () => {
    expect(tests.length).toBe(66);
    expect(tests.filter(({ result }) => result === 'invalid').length).toBe(27);
  });

  it.each(tests)('$tcId is $result ($comment)', ({ key, iv, aad, msg, ct, tag, result }) => {
    const shared = { key: bytes(key), nonce: bytes(iv), aad: bytes(aad) };
    const opened = aesGcmOpen({ ...shared, ciphertext: bytes(ct), tag: bytes(tag) });
    const sealed = aesGcmSeal({ ...shared, plaintext: bytes(msg) });
    expect(hex(opened)).toBe(result === 'valid' ? msg : null);
    expect(hex(sealed.ciphertext)).toBe(ct);
    expect(hex(sealed.tag) === tag).toBe(result === 'valid');
  });
});

it.each([0, 4, 8, 12, 13, 14, 15])('case 108: a tag cut to %i bytes is refused', (length) => {
  const shared = { key: Buffer.alloc(32, 1), nonce: Buffer.alloc(12, 2), aad: Buffer.from('a') };
  const { ciphertext, tag } = aesGcmSeal({ ...shared, plaintext: Buffer.from('text') });
  expect(hex(aesGcmOpen({ ...shared, ciphertext, tag }))).toBe('74657874');
  expect(aesGcmOpen({ ...shared, ciphertext, tag: tag.subarray(0, length) })).toBeNull();
});

it('refuses a nonce of another length', () => {
  const sealing = { key: Buffer.alloc(32, 1), nonce: Buffer.alloc(16, 2), aad: Buffer.alloc(0) };
  const { ciphertext, tag } = aesGcmSeal({ ...sealing, plaintext: Buffer.from('text') });
  expect(aesGcmOpen({ ...sealing, ciphertext, tag })).toBeNull();
});
