import { afterAll, describe, expect, it } from 'vitest';
import {
  aCertificate,
  aPkcs12,
  certificateIn,
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
  name: 'CN=leaf.example',
  subject: 'CN=leaf.example',
  issuer: 'CN=leaf.example',
  serialNumber: '01',
  notAfter: END.toISOString(),
  position: 1,
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
    ['case 264: under its old name', leaf.replaceAll('CERTIFICATE', 'X509 CERTIFICATE')],
    ['case 264: inside JSON', JSON.stringify({ tls: { crt: leaf } })],
    ['case 264: inside JSON of another writer', JSON.stringify({ crt: leaf }).replaceAll('/', '\\/')],
    ['case 264: inside JSON, with the line ends of Windows', JSON.stringify([leaf.replaceAll('\n', '\r\n')])],
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
    ['PEM that ends as another thing', leaf.replace('-----END', '-----END X')],
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
      name: 'CN=line\\0Afeed\\00,O=Acme\\, \\"Inc\\" \\+ Sons,C=DE',
      position: 1,
      subject: 'CN=line\\0Afeed\\00,O=Acme\\, \\"Inc\\" \\+ Sons,C=DE',
      issuer: 'CN=An issuer',
      serialNumber: '0A1B2C',
      notAfter: END.toISOString(),
    });
  });

  it('may have no name, and one of 20,000 letters is cut', () => {
    expect(facts(aCertificate({ subject: [], notAfter: END }))).toMatchObject({ name: '01', subject: '', issuer: '' });
    const long = facts(
      aCertificate({ subject: named('x'.repeat(20_000)), notAfter: END, serialNumber: '7a'.repeat(900) }),
    );
    expect(long?.subject).toBe(`CN=${'x'.repeat(996)}…`);
    expect(long?.serialNumber).toBe('7A'.repeat(50));
  });
});

describe('several certificates', () => {
  const at = (year: number) => new Date(`${year}-01-01T00:00:00.000Z`);
  const child = aCertificate({ subject: named('child'), issuer: named('parent'), notAfter: at(2032) });
  const parent = aCertificate({ subject: named('parent'), issuer: named('root'), notAfter: at(2030) });
  const root = aCertificate({ subject: named('root'), notAfter: at(2040) });
  const stranger = aCertificate({ subject: named('stranger'), notAfter: at(2025) });

  it.each([
    ['the leaf alone', [child], 'CN=child', 2032, 1],
    ['an issuer that ends sooner', [child, parent, root], 'CN=parent', 2030, 2],
    ['case 264: the leaf last', [root, parent, stranger], 'CN=stranger', 2025, 3],
    ['case 264: key, intermediate, leaf', [privateKeyPem, root, child], 'CN=child', 2032, 2],
    ['case 264: one that cannot be read between', [root, child.replace('MII', 'MIJ'), parent], 'CN=parent', 2030, 2],
    [
      'case 264: one that does not end before it',
      ['-----BEGIN CERTIFICATE-----\nMII\n', stranger],
      'CN=stranger',
      2025,
      1,
    ],
    ['itself once more', [root, root, root], 'CN=root', 2040, 1],
  ] as const)('%s: the one that ends first is told', (_what, files, subject, year, position) => {
    expect(facts(files.join(''))).toMatchObject({ name: subject, subject, notAfter: at(year).toISOString(), position });
  });

  it('case 264: is found at each place of a bundle of 1 to 30, with a name', () => {
    for (const count of [1, 2, 15, 16, 17, 30]) {
      for (let place = 0; place < count; place += 1) {
        const bundle = Array.from({ length: count }, (_, i) => (i === place ? stranger : root));
        const wanted = { name: 'CN=stranger', notAfter: at(2025).toISOString(), position: place + 1 };
        expect(facts(bundle.join('\n'))).toMatchObject(wanted);
        expect(facts(JSON.stringify({ ca: bundle }))).toMatchObject(wanted);
      }
    }
  });

  it('in PKCS#12 count that of the key first, and every one of them', () => {
    const wanted = [
      { subject: named('child'), issuer: named('parent'), notAfter: at(2032) },
      { subject: named('parent'), notAfter: at(2030) },
    ];
    const [first] = [...wanted].reverse();
    expect(facts(aPkcs12({ certificates: wanted, password: '' }))).toMatchObject({ name: 'CN=parent', position: 2 });
    expect(facts(aPkcs12({ certificates: first ? [first] : [], password: '' }))).toMatchObject({ position: 1 });
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
    return {
      name: subject,
      position: 1,
      subject,
      issuer: subject,
      notAfter,
      serialNumber: told('-serial').slice('serial='.length),
    };
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

  it('case 264: are found as trusted ones, and known by their alternative names', () => {
    const names = ['-subj', '/', '-addext', 'subjectAltName=DNS:a.example,DNS:b.example'];
    openssl.run('req', '-x509', '-nodes', '-newkey', 'ed25519', '-keyout', 'k.pem', '-out', 'c.pem', ...names);
    openssl.run('x509', '-in', 'c.pem', '-trustout', '-addtrust', 'serverAuth', '-out', 't.pem');
    const found = facts(openssl.read('t.pem'));
    expect(found).toMatchObject({ name: 'DNS:a.example, DNS:b.example', subject: '' });
    expect(found).toEqual(facts(openssl.read('c.pem')));
    expect(openssl.read('t.pem').toString()).toContain('BEGIN TRUSTED CERTIFICATE');
  });

  it('are no certificate requests', () => {
    openssl.run('req', '-new', '-nodes', '-newkey', 'ed25519', '-keyout', 'k.pem', '-subj', '/CN=a', '-out', 'r.pem');
    expect(facts(openssl.read('r.pem'))).toBeNull();
  });
});
