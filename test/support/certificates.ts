import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import forge from 'node-forge';
import { certificatesIn, soonerOf } from '../../src/crypto/certificate.ts';
import { certificatesInPkcs12 } from '../../src/crypto/pkcs12.ts';
import type { CertificateFacts } from '../../src/kernel/certificate.ts';
import { signingKey } from './signing-key.ts';

/** Whether a program of the machine is there: what needs one is skipped without it. `-h` has ssh-keygen draw a key. */
export const isInstalled = (program: string): boolean => spawnSync(program, ['-?']).error === undefined;

export interface Wanted {
  readonly subject: readonly { readonly shortName: string; readonly value: string }[];
  readonly issuer?: Wanted['subject'];
  readonly notAfter: Date;
  readonly serialNumber?: string;
}

const pem = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
export const privateKeyPem: string = pem.privateKey;
const keys = {
  public: forge.pki.publicKeyFromPem(pem.publicKey),
  private: signingKey(pem.privateKey),
};

export const named = (commonName: string): Wanted['subject'] => [{ shortName: 'CN', value: commonName }];

/** An RSA certificate signed by a key that all of them share. */
function aForgeCertificate({ subject, issuer = subject, notAfter, serialNumber = '01' }: Wanted) {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = keys.public;
  certificate.serialNumber = serialNumber;
  certificate.validity.notBefore = new Date('2020-01-01T00:00:00.000Z');
  certificate.validity.notAfter = notAfter;
  certificate.setSubject([...subject]);
  certificate.setIssuer([...issuer]);
  certificate.sign(keys.private, forge.md.sha256.create());
  return certificate;
}

export const aCertificate = (wanted: Wanted): string => forge.pki.certificateToPem(aForgeCertificate(wanted));

export const derOf = (certificate: string): Buffer =>
  Buffer.from(certificate.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64');

export interface Container {
  readonly certificates: readonly Wanted[];
  /** null: no password at all, which is another thing than an empty one. */
  readonly password: string | null;
}

/** A PKCS#12 file; the first certificate is that of the key, and none is encrypted. */
export function aPkcs12({ certificates, password }: Container): Buffer {
  const made = certificates.map(aForgeCertificate);
  const options = { algorithm: 'aes256', count: 1, generateLocalKeyId: true } as const;
  const asn1 = forge.pkcs12.toPkcs12Asn1(keys.private, made, password, options);
  return Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'latin1');
}

/** `openssl` in a folder of its own. */
export function opensslFolder() {
  const dir = mkdtempSync(join(tmpdir(), 'keyloom-openssl-'));
  return {
    run: (...args: readonly string[]): string =>
      execFileSync('openssl', args, { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    read: (name: string): Buffer => readFileSync(join(dir, name)),
    remove: (): void => rmSync(dir, { recursive: true }),
  };
}

/** The certificate of a file that ends first. */
export const certificateIn = (file: Uint8Array): CertificateFacts | null =>
  [...certificatesIn(file, certificatesInPkcs12)].reduce<CertificateFacts | null>(soonerOf, null);
