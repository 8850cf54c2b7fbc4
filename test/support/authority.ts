import { generateKeyPairSync } from 'node:crypto';
import forge from 'node-forge';
import { signingKey } from './signing-key.ts';

export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority {
  /** PEM. */
  readonly certificate: string;
  /** For `localhost` and 127.0.0.1. */
  issue(): Issued;
}

const DAY_MS = 86_400_000;

function pair() {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  return {
    pem: privateKey,
    publicKey: forge.pki.publicKeyFromPem(publicKey),
    privateKey: signingKey(privateKey),
  };
}

/** Of every server, made once: who trusts one asks for its name and who signed it. */
let servers: ReturnType<typeof pair> | null = null;

function newAuthority(name: string): Authority {
  const own = pair();
  const issuer = [{ name: 'commonName', value: name }];
  let serial = 0;
  const sign = (subject: string, publicKey: forge.pki.PublicKey, extensions: readonly object[]): string => {
    const certificate = forge.pki.createCertificate();
    serial += 1;
    certificate.serialNumber = `01${serial.toString(16).padStart(4, '0')}`;
    certificate.publicKey = publicKey;
    certificate.validity.notBefore = new Date(Date.now() - DAY_MS);
    certificate.validity.notAfter = new Date(Date.now() + DAY_MS);
    certificate.setSubject([{ name: 'commonName', value: subject }]);
    certificate.setIssuer(issuer);
    certificate.setExtensions([...extensions]);
    certificate.sign(own.privateKey, forge.md.sha256.create());
    return forge.pki.certificateToPem(certificate);
  };
  return {
    certificate: sign(name, own.publicKey, [{ name: 'basicConstraints', cA: true, critical: true }]),
    issue: () => {
      servers ??= pair();
      const { pem, publicKey } = servers;
      const names = {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      };
      return { certificate: sign('localhost', publicKey, [{ name: 'basicConstraints', cA: false }, names]), key: pem };
    },
  };
}

const authorities = new Map<string, Authority>();

/** An authority of the tests' own, which no system trusts: one of each name, because a pair of keys takes 100 ms of processor time. */
export function anAuthority(name: string): Authority {
  const found = authorities.get(name) ?? newAuthority(name);
  authorities.set(name, found);
  return found;
}
