import { createCipheriv, hkdfSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { associatedData, type Binding } from '../../../src/crypto/aad.ts';
import { type DataKey, ENVELOPE_OVERHEAD, envelopeKeyId, open, seal } from '../../../src/crypto/envelope.ts';
import { AppError } from '../../../src/kernel/errors.ts';

const KEY: DataKey = { id: Buffer.alloc(16, 0xd1), bytes: Buffer.alloc(32, 0x11) };
const AAD = Buffer.from('where it stands');
const PLAIN = Buffer.from('canary-4f1d, a value of forty-odd bytes');

const finder =
  (...keys: readonly DataKey[]) =>
  (id: Uint8Array) =>
    keys.find((key) => Buffer.compare(key.id, id) === 0) ?? null;
const counting = (size: number) => Buffer.from(Array.from({ length: size }, (_, i) => size + i));
const outcome = (envelope: Uint8Array, aad: Uint8Array = AAD, key: DataKey = KEY): string => {
  try {
    return `opened ${Buffer.from(open(finder(key), envelope, aad)).toString()}`;
  } catch (error) {
    return error instanceof AppError ? error.code : `untyped ${String(error)}`;
  }
};

/** The documented layout, made by other means than the code under test. */
function byHand(commitmentOf: (real: Buffer) => Uint8Array = (real) => real): Buffer {
  const salt = counting(32);
  const nonce = counting(12);
  const derived = Buffer.from(hkdfSync('sha256', KEY.bytes, salt, 'keyloom envelope 1', 64));
  const commitment = commitmentOf(derived.subarray(32));
  const header = Buffer.concat([Buffer.of(0x4b, 1, 1), KEY.id, salt, commitment, nonce]);
  const cipher = createCipheriv('aes-256-gcm', derived.subarray(0, 32), nonce, { authTagLength: 16 });
  cipher.setAAD(Buffer.concat([header, AAD]));
  return Buffer.concat([header, cipher.update(PLAIN), cipher.final(), cipher.getAuthTag()]);
}

describe('an envelope', () => {
  it('has the documented layout', () => {
    const envelope = Buffer.from(seal(KEY, PLAIN, AAD, counting));
    expect(envelope.toString('hex')).toBe(byHand().toString('hex'));
    expect(envelope.length).toBe(PLAIN.length + 111);
    expect(ENVELOPE_OVERHEAD).toBe(111);
    expect(Buffer.from(envelopeKeyId(envelope)).toString('hex')).toBe('d1'.repeat(16));
  });

  it.each([0, 1, 15, 16, 17, 10_000])('gives back %i bytes', (length) => {
    const plain = Buffer.alloc(length, 7);
    const opened = open(finder(KEY), seal(KEY, plain, AAD), AAD);
    expect(Buffer.compare(opened, plain)).toBe(0);
  });

  it('opens from the middle of a larger buffer', () => {
    const envelope = seal(KEY, PLAIN, AAD);
    const padded = Buffer.concat([Buffer.alloc(5), envelope, Buffer.alloc(5)]);
    expect(outcome(padded.subarray(5, 5 + envelope.length))).toBe(`opened ${PLAIN}`);
  });

  it('keeps its key to itself', () => {
    const text = Buffer.from(seal(KEY, PLAIN, AAD)).toString('latin1');
    expect(text).not.toContain('canary');
    expect(text).not.toContain(Buffer.from(KEY.bytes).toString('latin1'));
  });

  it('refuses to be sealed under a key of another length', () => {
    expect(() => seal({ ...KEY, bytes: Buffer.alloc(16) }, PLAIN, AAD)).toThrow(RangeError);
    expect(() => seal({ ...KEY, id: Buffer.alloc(15) }, PLAIN, AAD)).toThrow(RangeError);
  });

  it('lets through what the finder of keys has to say', () => {
    const finderThatKnows = () => {
      throw new AppError('NOT_FOUND', 'shredded');
    };
    expect(() => open(finderThatKnows, seal(KEY, PLAIN, AAD), AAD)).toThrow('shredded');
  });
});

it('case 107: any single flipped bit is refused', () => {
  const envelope = seal(KEY, PLAIN, AAD);
  for (let bit = 0; bit < envelope.length * 8; bit += 1) {
    const flipped = Buffer.from(envelope);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    expect([bit, outcome(flipped)]).toEqual([bit, 'INTEGRITY']);
  }
});

it('case 107: a header edited together with a key id that is known is refused', () => {
  const envelope = Buffer.from(seal(KEY, PLAIN, AAD));
  // The same key under another id: only the authenticated header tells.
  envelope.fill(0xd2, 3, 19);
  expect(outcome(envelope, AAD, { ...KEY, id: Buffer.alloc(16, 0xd2) })).toBe('INTEGRITY');
});

it('case 108: every truncation and every appended byte is refused', () => {
  const envelope = Buffer.from(seal(KEY, PLAIN, AAD));
  for (let length = 0; length < envelope.length; length += 1) {
    expect([length, outcome(envelope.subarray(0, length))]).toEqual([length, 'INTEGRITY']);
  }
  for (const byte of [0, 1, 0x4b, 0xff]) expect(outcome(Buffer.concat([envelope, Buffer.of(byte)]))).toBe('INTEGRITY');
  expect(outcome(Buffer.concat([envelope, envelope]))).toBe('INTEGRITY');
});

const PLACE: Binding = {
  instance: 'i1',
  team: 't1',
  project: 'p1',
  incarnation: 'r1',
  kind: 'secretGroup',
  key: ['t1', 'p1', 'g1'],
  revision: 3,
  deleted: false,
  fields: { type: 'secret', priority: 5, restricted: true, tags: ['a', 'b'] },
};

it.each<readonly [string, Partial<Binding>]>([
  ['another instance', { instance: 'i2' }],
  ['another team', { team: 't2' }],
  ['another project', { project: 'p2' }],
  ['another incarnation', { incarnation: 'r2' }],
  ['another kind', { kind: 'content' }],
  ['another key', { key: ['t1', 'p1', 'g2'] }],
  ['a key of other parts', { key: ['t1', 'p1g1'] }],
  ['an older revision', { revision: 2 }],
  ['a deleted one', { deleted: true }],
  ['another type', { fields: { ...PLACE.fields, type: 'config' } }],
  ['another priority', { fields: { ...PLACE.fields, priority: 6 } }],
  ['no restriction', { fields: { ...PLACE.fields, restricted: false } }],
  ['a tag fewer', { fields: { ...PLACE.fields, tags: ['a'] } }],
  ['a field more', { fields: { ...PLACE.fields, more: null } }],
  ['a place within', { at: 'a.txt' }],
  ['team and project swapped', { team: 'p1', project: 't1' }],
])('cases 109 and 112: moved to %s it is refused', (_where, change) => {
  const envelope = seal(KEY, PLAIN, associatedData(PLACE));
  expect(outcome(envelope, associatedData({ ...PLACE }))).toBe(`opened ${PLAIN}`);
  expect(outcome(envelope, associatedData({ ...PLACE, ...change }))).toBe('INTEGRITY');
});

it('case 115: what GCM would open is refused when the commitment is another one', () => {
  expect(outcome(byHand())).toBe(`opened ${PLAIN}`);
  expect(outcome(byHand(() => Buffer.alloc(32)))).toBe('INTEGRITY');
});

it.each([
  ['magic', 0, 0x4b],
  ['version', 1, 1],
  ['algorithm', 2, 1],
])('case 116: every unknown %s byte is refused', (_name, at, known) => {
  const envelope = Buffer.from(seal(KEY, PLAIN, AAD));
  for (let byte = 0; byte < 256; byte += 1) {
    envelope.writeUInt8(byte, at);
    expect([byte, outcome(envelope)]).toEqual([byte, byte === known ? `opened ${PLAIN}` : 'INTEGRITY']);
  }
});
