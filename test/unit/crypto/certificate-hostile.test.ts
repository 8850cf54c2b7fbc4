import { createCipheriv, pbkdf2Sync, randomFillSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aCertificate, aPkcs12, certificateIn, derOf, named } from '../../support/certificates.ts';

const LEAF = { subject: named('leaf.example'), notAfter: new Date('2031-02-03T04:05:06.000Z') };
const leaf = aCertificate(LEAF);
const FACTS = certificateIn(derOf(leaf));

/** DER of a constructed or primitive value. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(content.length);
  return Buffer.concat([Buffer.of(tag, 0x84), size, content]);
}
const OID = {
  certificateBag: Buffer.from('060b2a864886f70d010c0a0103', 'hex'),
  x509: Buffer.from('060a2a864886f70d01091601', 'hex'),
  data: Buffer.from('06092a864886f70d010701', 'hex'),
  encryptedData: Buffer.from('06092a864886f70d010706', 'hex'),
  pbes2: Buffer.from('06092a864886f70d01050d', 'hex'),
  pbkdf2: Buffer.from('06092a864886f70d01050c', 'hex'),
  sha512: Buffer.from('06082a864886f70d020b', 'hex'),
  aes256: Buffer.from('060960864801650304012a', 'hex'),
  tripleDes: Buffer.from('060a2a864886f70d010c0103', 'hex'),
};
const pbes2 = (count: Uint8Array) =>
  der(
    0x30,
    OID.pbes2,
    der(
      0x30,
      der(0x30, OID.pbkdf2, der(0x30, der(4, Buffer.alloc(8)), der(2, count), der(0x30, OID.sha512, der(5)))),
      der(0x30, OID.aes256, der(4, Buffer.alloc(16))),
    ),
  );
const legacy = (count: Uint8Array) => der(0x30, OID.tripleDes, der(0x30, der(4, Buffer.alloc(8)), der(2, count)));
const encryptedSafe = (algorithm: Uint8Array, ciphertext: Uint8Array = Buffer.alloc(32)) => {
  const content = der(0x30, OID.data, algorithm, der(0x80, ciphertext));
  return der(0x30, OID.encryptedData, der(0xa0, der(0x30, der(2, Buffer.of(0)), content)));
};
const pfx = (...safes: readonly Uint8Array[]) =>
  der(0x30, Buffer.from('020103', 'hex'), der(0x30, OID.data, der(0xa0, der(4, der(0x30, ...safes)))));
const filled = (size: number, pattern: string): Buffer => Buffer.alloc(size, Buffer.from(pattern, 'latin1'));

const MIB = 1_048_576;
const HOSTILE: readonly (readonly [string, Uint8Array])[] = [
  ['1 MiB of noise', randomFillSync(Buffer.alloc(MIB))],
  ['1 MiB of sequences', filled(MIB, '\x30\x80')],
  ['1 MiB of sequences that say PKCS#12', Buffer.concat([Buffer.from('3080020103', 'hex'), filled(MIB, '\x30\x80')])],
  [
    '64 KiB of nested sequences that say PKCS#12',
    Buffer.concat([Buffer.from('3080020103', 'hex'), filled(65_000, '\x30\x80')]),
  ],
  ['64 KiB of nothing that says PKCS#12', der(0x30, Buffer.from('020103', 'hex'), filled(65_000, '\x05\x00'))],
  ['1 MiB of beginnings', filled(MIB, '-----BEGIN CERTIFICATE-----')],
  ['1 MiB of beginnings and ends', filled(MIB, '-----BEGIN CERTIFICATE----------END CERTIFICATE-----')],
  ['a beginning and 1 MiB of base64', Buffer.concat([Buffer.from('-----BEGIN CERTIFICATE-----'), filled(MIB, 'MIIA')])],
  ['a certificate of 1 MiB', der(0x30, der(0x30, filled(MIB, '\x30\x00')))],
  ['2^31 iterations', pfx(encryptedSafe(pbes2(Buffer.from('7fffffff', 'hex'))))],
  ['2^31 iterations of the old kind', pfx(encryptedSafe(legacy(Buffer.from('7fffffff', 'hex'))))],
  ['2^127 iterations', pfx(encryptedSafe(pbes2(Buffer.from(`7f${'ff'.repeat(15)}`, 'hex'))))],
  ['a negative number of iterations', pfx(encryptedSafe(pbes2(Buffer.of(0x80))))],
  ['no iterations', pfx(encryptedSafe(legacy(Buffer.of(0))))],
  [
    'many parts of 4,096 iterations',
    pfx(...Array.from({ length: 150 }, () => encryptedSafe(pbes2(Buffer.from('1000', 'hex'))))),
  ],
  [
    'many parts, negative ones between',
    pfx(
      ...Array.from({ length: 150 }, (_, i) =>
        encryptedSafe(legacy(i % 2 ? Buffer.from('1000', 'hex') : Buffer.from('800000', 'hex'))),
      ),
    ),
  ],
];

/** A bag with a certificate, encrypted with an empty password. */
function certificateSafe(count: number): Buffer {
  const certificate = der(0x30, OID.x509, der(0xa0, der(4, derOf(leaf))));
  const cipher = createCipheriv('aes-256-cbc', pbkdf2Sync('', Buffer.alloc(8), count, 32, 'sha512'), Buffer.alloc(16));
  const plain = der(0x30, der(0x30, OID.certificateBag, der(0xa0, certificate)));
  const iterations = Buffer.of(count >> 8, count & 0xff);
  return encryptedSafe(pbes2(iterations), Buffer.concat([cipher.update(plain), cipher.final()]));
}

describe('a PKCS#12 file put together by hand', () => {
  it.each([
    ['2,048 iterations', [2_048], FACTS],
    ['4,096 iterations in two parts', [2_048, 2_048], FACTS],
    ['4,097 iterations', [4_097], null],
    ['4,097 iterations in two parts', [2_048, 2_049], null],
  ])('with %s', (_what, counts, expected) => {
    expect(certificateIn(pfx(...counts.map(certificateSafe)))).toEqual(expected);
  });
});

describe('a hostile file', () => {
  // What they ask for would take hours.
  it.each(HOSTILE)('of %s holds no certificate', (_what, file) => {
    expect(certificateIn(file)).toBeNull();
  });

  it('of bytes changed in a good one never throws', () => {
    const good = [derOf(leaf), Buffer.from(leaf), aPkcs12({ certificates: [LEAF], password: '' })];
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    const property = fc.property(
      fc.constantFrom(...good),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      (file, changes) => {
        const bytes = Buffer.from(file);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        const found = certificateIn(bytes);
        expect(found === null || !Number.isNaN(Date.parse(found.notAfter))).toBe(true);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});
