import { describe, expect, it } from 'vitest';
import { newToken, parseToken } from '../../../src/crypto/tokens.ts';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const filled = (byte: number) => (size: number) => Buffer.alloc(size, byte);

describe('a token', () => {
  it.each(['u', 'm', 'd'] as const)('of kind %s is recognised', (kind) => {
    const token = newToken(kind);
    expect(token).toMatch(new RegExp(`^klm_${kind}_[0-9A-Za-z]{49}$`));
    expect(parseToken(token)).toEqual({ kind });
  });

  it('is another one each time', () => {
    expect(new Set(Array.from({ length: 1000 }, () => newToken('u'))).size).toBe(1000);
  });

  it('keeps all 256 bits', () => {
    const tokens = Array.from({ length: 256 }, (_, bit) =>
      newToken('m', (size) => {
        const bytes = Buffer.alloc(size);
        bytes.writeUInt8(1 << (bit & 7), bit >> 3);
        return bytes;
      }),
    );
    expect(new Set(tokens).size).toBe(256);
    expect(tokens.every((token) => parseToken(token)?.kind === 'm')).toBe(true);
  });

  it('is written in one way', () => {
    expect(newToken('u', filled(0))).toBe(`klm_u_${'0'.repeat(43)}0hcAf1`);
    expect(newToken('u', filled(0xff))).toBe('klm_u_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp12b7Gop');
  });

  it('holds no number above 256 bits, whatever its checksum', () => {
    const largest = newToken('u', filled(0xff)).slice(6, 49);
    const next = largest.slice(0, -1) + DIGITS.charAt(DIGITS.indexOf(largest.slice(-1)) + 1);
    expect(parseToken(withChecksum(`klm_u_${largest}`))).toEqual({ kind: 'u' });
    expect(parseToken(withChecksum(`klm_u_${next}`))).toBeNull();
    expect(parseToken(withChecksum(`klm_u_${'z'.repeat(43)}`))).toBeNull();
  });
});

describe('case 2: refused by its checksum', () => {
  const token = newToken('u');

  it('any one character flipped', () => {
    for (let at = 0; at < token.length; at += 1) {
      for (const digit of `${DIGITS}_-`) {
        if (digit === token.charAt(at)) continue;
        expect(parseToken(token.slice(0, at) + digit + token.slice(at + 1))).toBeNull();
      }
    }
  });

  it('two neighbours swapped', () => {
    for (let at = 0; at + 1 < token.length; at += 1) {
      const swapped = token.slice(0, at) + token.charAt(at + 1) + token.charAt(at) + token.slice(at + 2);
      if (swapped !== token) expect(parseToken(swapped)).toBeNull();
    }
  });

  it.each([
    ['nothing', ''],
    ['a line feed behind', `${token}\n`],
    ['a space before', ` ${token}`],
    ['an unknown kind', withChecksum(`klm_x_${'0'.repeat(43)}`)],
    ['a digit fewer', withChecksum(`klm_u_${'0'.repeat(42)}`)],
    ['a digit more', withChecksum(`klm_u_${'0'.repeat(44)}`)],
    ['capital letters', token.toUpperCase()],
    ['a full-width digit', withChecksum(`klm_u_${'0'.repeat(42)}０`)],
  ])('%s', (_what, text) => {
    expect(parseToken(text)).toBeNull();
  });
});

/** CRC-32 by its definition, in six base62 digits. */
function withChecksum(text: string): string {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let i = 0; i < 8; i += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  let rest = (crc ^ 0xffffffff) >>> 0;
  let digits = '';
  for (let i = 0; i < 6; i += 1) {
    digits = DIGITS.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return text + digits;
}
