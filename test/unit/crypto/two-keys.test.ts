import { createCipheriv, createHash, hkdfSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { aesGcmOpen } from '../../../src/crypto/aes-gcm.ts';
import { type DataKey, open } from '../../../src/crypto/envelope.ts';
import { isAppError } from '../../../src/kernel/errors.ts';

const sha = (text: string): Buffer => createHash('sha256').update(text).digest();
const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const ONE: DataKey = { id: Buffer.alloc(16, 1), bytes: sha('key one') };
const TWO: DataKey = { id: ONE.id, bytes: sha('key two') };

const nonce = hex('000102030405060708090a0b');
const vector = {
  nonce,
  aad: Buffer.alloc(0),
  ciphertext: hex('706172746974696f6e2d6f7261636c656eb46768a64c3e72461f43ad8791c6ed'),
  tag: hex('6f62fd96ae855f3957ded612c88c2bbc'),
};
const salt = Buffer.alloc(32, 9);
const derivedFrom = (key: DataKey): Buffer =>
  Buffer.from(hkdfSync('sha256', key.bytes, salt, 'keyloom envelope 1', 64));
const headerFor = (key: DataKey): Buffer =>
  Buffer.concat([Buffer.of(0x4b, 1, 1), key.id, salt, derivedFrom(key).subarray(32), nonce]);
const opens = (key: DataKey, envelope: Uint8Array): boolean => {
  try {
    return open(() => key, envelope, Buffer.alloc(0)).length > 0;
  } catch (error) {
    if (isAppError(error) && error.code === 'INTEGRITY') return false;
    throw error;
  }
};

// GHASH over GF(2^128), enough of it to solve for one ciphertext block that gives both keys the same tag.
const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const block = (value: bigint): Buffer => hex(value.toString(16).padStart(32, '0'));
const padded = (bytes: Uint8Array): Buffer => Buffer.concat([bytes, Buffer.alloc((16 - (bytes.length % 16)) % 16)]);

function times(x: bigint, y: bigint): bigint {
  let product = 0n;
  let shifted = y;
  for (let bit = 127n; bit >= 0n; bit -= 1n) {
    if ((x >> bit) & 1n) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ (0xe1n << 120n) : shifted >> 1n;
  }
  return product;
}

function inverse(x: bigint): bigint {
  let result = 1n << 127n;
  let power = x;
  for (let i = 1; i < 128; i += 1) {
    power = times(power, power);
    result = times(result, power);
  }
  return result;
}

function ghash(h: bigint, aad: Uint8Array, ciphertext: Uint8Array): bigint {
  const lengths = (BigInt(aad.length * 8) << 64n) | BigInt(ciphertext.length * 8);
  const blocks = Buffer.concat([padded(aad), padded(ciphertext), block(lengths)]);
  let sum = 0n;
  for (let at = 0; at < blocks.length; at += 16) sum = times(sum ^ number(blocks.subarray(at, at + 16)), h);
  return sum;
}

function aesBlock(key: Uint8Array, input: Uint8Array): bigint {
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  return number(cipher.update(input));
}

/** One ciphertext and tag that AES-GCM opens under both keys. */
function collide(one: Uint8Array, two: Uint8Array, aad: Uint8Array) {
  const first = Buffer.from('partition-oracle');
  const [a, b] = [one, two].map((key) => {
    const h = aesBlock(key, Buffer.alloc(16));
    const mask = aesBlock(key, Buffer.concat([nonce, Buffer.of(0, 0, 0, 1)]));
    return { square: times(h, h), rest: ghash(h, aad, Buffer.concat([first, Buffer.alloc(16)])) ^ mask };
  });
  if (!a || !b) throw new Error('two keys');
  const free = times(a.rest ^ b.rest, inverse(a.square ^ b.square));
  return { ciphertext: Buffer.concat([first, block(free)]), tag: block(a.rest ^ times(free, a.square)) };
}

describe('case 115: one ciphertext for two keys', () => {
  it('is opened by plain AES-GCM under both', () => {
    expect(aesGcmOpen({ key: ONE.bytes, ...vector })).not.toBeNull();
    expect(aesGcmOpen({ key: TWO.bytes, ...vector })).not.toBeNull();
    expect(collide(ONE.bytes, TWO.bytes, vector.aad)).toEqual({ ciphertext: vector.ciphertext, tag: vector.tag });
  });

  it('is refused in an envelope under either', () => {
    for (const header of [headerFor(ONE), headerFor(TWO)]) {
      const envelope = Buffer.concat([header, vector.ciphertext, vector.tag]);
      expect([opens(ONE, envelope), opens(TWO, envelope)]).toEqual([false, false]);
    }
  });

  it('made for the very message keys of an envelope, opens under the one it commits to only', () => {
    const header = headerFor(ONE);
    const one = derivedFrom(ONE).subarray(0, 32);
    const two = derivedFrom(TWO).subarray(0, 32);
    const { ciphertext, tag } = collide(one, two, header);
    for (const key of [one, two]) expect(aesGcmOpen({ key, nonce, aad: header, ciphertext, tag })).not.toBeNull();
    const envelope = Buffer.concat([header, ciphertext, tag]);
    expect([opens(ONE, envelope), opens(TWO, envelope)]).toEqual([true, false]);
  });
});
