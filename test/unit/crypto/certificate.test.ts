import { afterAll, describe, expect, it } from 'vitest';
import { certificateIn } from '../../../src/crypto/certificate.ts';
import {
  aCertificate,
  aPkcs12,
  derOf,
  isInstalled,
  named,
  opensslFolder,
  privateKeyPem,
} from '../../support/certificates.ts';

const END = new Date('2031-02-03T04:05:06.000Z');
const LEAF = { subject: named('leaf.example'), notAfter: END };
const leaf = aCertificate(LEAF);
const facts = (text: string | Uint8Array) => certificateIn(typeof text === 'string' ? Buffer.from(text) : text);
const FACTS = {
  subject: 'CN=leaf.example',
  issuer: 'CN=leaf.example',
  serialNumber: '01',
  notAfter: END.toISOString(),
};

describe('a certificate in a file', () => {
  it.each<readonly [string, string | Uint8Array]>([
    ['PEM', leaf],
    ['PEM without a line feed at its end', leaf.trimEnd()],
    ['PEM with the line ends of Windows', leaf.replaceAll('\n', '\r\n')],
    ['PEM that is indented', leaf.replaceAll('\n', '\n    ')],
    ['PEM after other text', `Bag Attributes\n    localKeyID: 01\n${leaf}`],
    ['PEM after its key', `${privateKeyPem}${leaf}`],
    ['PEM before a template', `${leaf}\n\${PRIVATE_KEY}\n`],
    ['PEM after one that is broken', leaf.replace('MII', 'MIJ') + leaf],
    ['PEM after one that does not end', `-----BEGIN CERTIFICATE-----\nMII\n${leaf}`],
    ['DER', derOf(leaf)],
    ['PKCS#12', aPkcs12({ certificates: [LEAF], password: '' })],
    ['PKCS#12 whose password keeps the key alone', aPkcs12({ certificates: [LEAF], password: 'pass' })],
    ['PKCS#12 without a password', aPkcs12({ certificates: [LEAF], password: null })],
  ])('is found in %s', (_what, file) => {
    expect(facts(file)).toEqual(FACTS);
  });

  it.each<readonly [string, string | Uint8Array]>([
    ['an empty file', ''],
    ['text', 'hello'],
    ['a private key', privateKeyPem],
    ['PEM of nothing', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'],
    ['PEM that does not end', leaf.replace('-----END', '-----AND')],
    ['PEM with a template within', leaf.replace('MII', 'M${A}II')],
    ['PEM that is a template', '-----BEGIN CERTIFICATE-----\n${CERTIFICATE}\n-----END CERTIFICATE-----\n'],
    ['PEM with a byte too many', `${leaf.slice(0, 40)}*${leaf.slice(40)}`],
    ['PEM in PEM', `-----BEGIN CERTIFICATE-----\n${Buffer.from(leaf).toString('base64')}\n-----END CERTIFICATE-----`],
    ['PEM of another thing', leaf.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST')],
    ['DER with a byte more', Buffer.concat([derOf(leaf), Buffer.of(0)])],
    ['DER with a byte less', derOf(leaf).subarray(0, -1)],
    ['PKCS#12 cut off', aPkcs12({ certificates: [LEAF], password: '' }).subarray(0, -9)],
  ])('is not found in %s', (_what, file) => {
    expect(facts(file)).toBeNull();
  });

  it('is told with names as RFC 4514 writes them', () => {
    const subject = [
      { shortName: 'C', value: 'DE' },
      { shortName: 'O', value: 'Acme, "Inc" + Sons' },
      { shortName: 'CN', value: 'line\nfeed\u0000' },
    ];
    const pem = aCertificate({ subject, issuer: named('An issuer'), notAfter: END, serialNumber: '0a1b2c' });
    expect(facts(pem)).toEqual({
      subject: 'CN=line\\0Afeed\\00,O=Acme\\, \\"Inc\\" \\+ Sons,C=DE',
      issuer: 'CN=An issuer',
      serialNumber: '0A1B2C',
      notAfter: END.toISOString(),
    });
  });

  it('may have no name, and one of 20,000 letters is cut', () => {
    expect(facts(aCertificate({ subject: [], notAfter: END }))).toMatchObject({ subject: '', issuer: '' });
    const long = facts(
      aCertificate({ subject: named('x'.repeat(20_000)), notAfter: END, serialNumber: '7a'.repeat(900) }),
    );
    expect(long?.subject).toBe(`CN=${'x'.repeat(996)}…`);
    expect(long?.serialNumber).toBe('7A'.repeat(50));
  });
});

describe('a chain', () => {
  const at = (year: number) => new Date(`${year}-01-01T00:00:00.000Z`);
  const child = aCertificate({ subject: named('child'), issuer: named('parent'), notAfter: at(2032) });
  const parent = aCertificate({ subject: named('parent'), issuer: named('root'), notAfter: at(2030) });
  const root = aCertificate({ subject: named('root'), notAfter: at(2040) });
  const stranger = aCertificate({ subject: named('stranger'), notAfter: at(2025) });

  it.each([
    ['the leaf alone', [child], 'CN=child', 2032],
    ['an issuer that ends sooner', [child, parent, root], 'CN=child', 2030],
    ['issuers in another order', [child, root, parent], 'CN=child', 2030],
    ['an issuer that ends later', [parent, root], 'CN=parent', 2030],
    ['a bundle of strangers', [root, stranger, child], 'CN=root', 2040],
    ['itself once more', [root, root, root], 'CN=root', 2040],
  ] as const)('with %s', (_what, chain, subject, year) => {
    expect(facts(chain.join(''))).toMatchObject({ subject, notAfter: at(year).toISOString() });
  });

  it('in PKCS#12 begins with the certificate of the key, wherever it lies', () => {
    const wanted = [
      { subject: named('child'), issuer: named('parent'), notAfter: at(2032) },
      { subject: named('parent'), notAfter: at(2030) },
    ];
    expect(facts(aPkcs12({ certificates: wanted, password: '' }))).toMatchObject({
      subject: 'CN=child',
      notAfter: at(2030).toISOString(),
    });
  });
});

describe.skipIf(!isInstalled('openssl'))('certificates made by openssl', () => {
  const openssl = opensslFolder();
  afterAll(() => openssl.remove());
  const request = [
    'req',
    '-x509',
    '-nodes',
    '-days',
    '30',
    '-subj',
    '/C=DE/O=Acme, Inc./CN=leaf.example',
    '-keyout',
    'k.pem',
    '-out',
    'c.pem',
  ];

  function expected() {
    const told = (...args: readonly string[]) => openssl.run('x509', '-in', 'c.pem', '-noout', ...args).trim();
    const subject = told('-subject', '-nameopt', 'RFC2253').slice('subject='.length);
    const notAfter = new Date(told('-enddate', '-dateopt', 'iso_8601').slice('notAfter='.length)).toISOString();
    return { subject, issuer: subject, notAfter, serialNumber: told('-serial').slice('serial='.length) };
  }

  it.each([
    ['RSA', ['-newkey', 'rsa:2048']],
    ['an elliptic curve', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']],
    [
      'an elliptic curve, its parameters written out',
      ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-pkeyopt', 'ec_param_enc:explicit'],
    ],
    ['Ed25519', ['-newkey', 'ed25519']],
  ])('with %s say the same in every form', (_what, key) => {
    openssl.run(...request, ...key);
    const wanted = expected();
    expect(wanted.subject).toBe('CN=leaf.example,O=Acme\\, Inc.,C=DE');
    expect(facts(openssl.read('c.pem'))).toEqual(wanted);
    openssl.run('x509', '-in', 'c.pem', '-outform', 'DER', '-out', 'c.der');
    expect(facts(openssl.read('c.der'))).toEqual(wanted);
    const pack = (...args: readonly string[]) => {
      openssl.run('pkcs12', '-export', '-in', 'c.pem', '-inkey', 'k.pem', '-out', 'c.p12', ...args);
      return facts(openssl.read('c.p12'));
    };
    expect(pack('-passout', 'pass:')).toEqual(wanted);
    expect(pack('-passout', 'pass:', '-certpbe', 'AES-128-CBC', '-macalg', 'sha512')).toEqual(wanted);
    expect(pack('-passout', 'pass:', '-certpbe', 'PBE-SHA1-3DES', '-keypbe', 'PBE-SHA1-3DES')).toEqual(wanted);
    expect(pack('-passout', 'pass:', '-certpbe', 'NONE', '-keypbe', 'NONE', '-nomac')).toEqual(wanted);
    expect(pack('-passout', 'pass:a')).toBeNull();
  });

  it.each([
    ['AES-256-CBC', 4_096, true],
    ['AES-256-CBC', 4_097, false],
    ['PBE-SHA1-3DES', 4_096, true],
    ['PBE-SHA1-3DES', 4_097, false],
  ])('are found under %s with %i iterations: %s', (algorithm, count, isFound) => {
    openssl.run(...request, '-newkey', 'ed25519');
    const into = ['-export', '-in', 'c.pem', '-inkey', 'k.pem', '-out', 'c.p12', '-passout', 'pass:'];
    openssl.run('pkcs12', ...into, '-certpbe', algorithm, '-iter', String(count));
    expect(facts(openssl.read('c.p12'))).toEqual(isFound ? expected() : null);
  });

  it('are found under RC2 with 40 bits, as old programs have it', () => {
    openssl.run(...request, '-newkey', 'rsa:2048');
    openssl.run(
      'pkcs12',
      '-export',
      '-legacy',
      '-in',
      'c.pem',
      '-inkey',
      'k.pem',
      '-out',
      'c.p12',
      '-passout',
      'pass:',
    );
    expect(facts(openssl.read('c.p12'))).toEqual(expected());
  });

  it('are no certificate requests', () => {
    openssl.run('req', '-new', '-nodes', '-newkey', 'ed25519', '-keyout', 'k.pem', '-subj', '/CN=a', '-out', 'r.pem');
    expect(facts(openssl.read('r.pem'))).toBeNull();
  });
});
