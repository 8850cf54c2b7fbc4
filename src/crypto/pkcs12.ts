import { pbkdf2Sync } from 'node:crypto';
import forge from 'node-forge';
import { MAX_PKCS12_BYTES } from './certificate.ts';

/** Iterations of key derivation that one file may cost, in all; `openssl` asks for 2,048. */
const PKCS12_ITERATIONS = 4_096;
const OID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
  x509: '1.2.840.113549.1.9.22.1',
  localKeyId: '1.2.840.113549.1.9.21',
  pbes2: '1.2.840.113549.1.5.13',
} as const;
/**
 * The library derives keys in JavaScript, ten times slower than Node, and calls this function by its name. No other file
 * imports the library.
 */
forge.pkcs5.pbkdf2 = ((password: string, salt: string, iterations: number, length: number, digest?: Digest) => {
  const [secret, mixed] = [Buffer.from(password, 'latin1'), Buffer.from(salt, 'latin1')];
  return pbkdf2Sync(secret, mixed, iterations, length, digest?.algorithm ?? 'sha1').toString('latin1');
}) as unknown as typeof forge.pkcs5.pbkdf2;
interface Digest {
  readonly algorithm?: string;
}

/** No password comes in two spellings: as an empty text with its closing zero, and as nothing at all. */
const NO_PASSWORDS = ['', null as unknown as string];

/**
 * The certificates of a PKCS#12 file (RFC 7292) that opens without a password, in DER, that of the key first. Empty for
 * every other file. Keys are not looked at. Nothing vouches for what it says: the MAC is made without a password too.
 */
export function certificatesInPkcs12(file: Uint8Array): readonly Uint8Array[] {
  if (file.length > MAX_PKCS12_BYTES) return [];
  try {
    const bags = safesOf(file).flatMap((safe) => children(safe).flatMap(certificateOf));
    return [...bags.filter(({ isOfKey }) => isOfKey), ...bags.filter(({ isOfKey }) => !isOfKey)].map(({ der }) => der);
  } catch {
    // What is wrong with somebody's file is not for us to say.
    return [];
  }
}

type Node = forge.asn1.Asn1;

/** The sets of bags in a file, those that are encrypted opened. */
function safesOf(file: Uint8Array): readonly Node[] {
  let iterations = PKCS12_ITERATIONS;
  /** Refuses before anything is derived. */
  function spend(algorithm: Node): void {
    iterations -= iterationsOf(algorithm);
    if (iterations < 0) throw new Error('too many iterations');
  }
  const [, authSafe] = children(fromDer(Buffer.from(file).toString('latin1')));
  return children(fromDer(octetsOf(contentOf(authSafe)))).flatMap((info) => {
    const type = oidOf(children(info)[0]);
    if (type === OID.data) return [fromDer(octetsOf(contentOf(info)))];
    return type === OID.encryptedData ? [opened(contentOf(info), spend)] : [];
  });
}

/** An EncryptedData, opened with no password in one of its spellings. */
function opened(encrypted: Node, spend: (algorithm: Node) => void): Node {
  const [, algorithm, content] = children(children(encrypted)[1]);
  if (!algorithm || !content) throw new Error('nothing encrypted');
  const { Class, Type } = forge.asn1;
  const ciphertext = forge.asn1.create(Class.UNIVERSAL, Type.OCTETSTRING, false, octetsOf(content));
  // A private key and a set of bags are encrypted in the same way, and the library does not ask which it is.
  const sealed = forge.asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, [algorithm, ciphertext]);
  for (const password of NO_PASSWORDS) {
    spend(algorithm);
    try {
      const plain = forge.pki.decryptPrivateKeyInfo(sealed, password);
      if (plain) return plain;
    } catch {
      // Padding or syntax: not this spelling.
    }
  }
  throw new Error('needs a password');
}

/** How often an algorithm asks to hash: of PBES2 (RFC 8018) and of those of PKCS#12 itself. */
function iterationsOf(algorithm: Node): number {
  const [oid, parameters] = children(algorithm);
  const kdf = oidOf(oid) === OID.pbes2 ? children(children(parameters)[0])[1] : parameters;
  const count = children(kdf)[1];
  if (typeof count?.value !== 'string' || count.value.length > 4) throw new Error('no sound number of iterations');
  const iterations = forge.asn1.derToInteger(count.value);
  if (!(iterations >= 1)) throw new Error('no sound number of iterations');
  return iterations;
}

/** A bag's certificate, if it holds one. */
function certificateOf(bag: Node): readonly { readonly der: Uint8Array; readonly isOfKey: boolean }[] {
  const [type, value, attributes] = children(bag);
  if (oidOf(type) !== OID.certificateBag) return [];
  const [kind, certificate] = children(children(value)[0]);
  if (oidOf(kind) !== OID.x509) return [];
  const der = Buffer.from(octetsOf(children(certificate)[0]), 'latin1');
  const names = attributes ? children(attributes).map((attribute) => oidOf(children(attribute)[0])) : [];
  return [{ der, isOfKey: names.includes(OID.localKeyId) }];
}

const fromDer = (bytes: string): Node => forge.asn1.fromDer(bytes);

/** What an explicitly tagged `[0]` of a ContentInfo holds. */
function contentOf(info: Node | undefined): Node {
  const content = children(children(info)[1])[0];
  if (!content) throw new Error('no content');
  return content;
}

function children(node: Node | undefined): readonly Node[] {
  if (!Array.isArray(node?.value)) throw new Error('not constructed');
  return node.value;
}

/** Bytes in the library's form, of a string that may be in pieces. */
function octetsOf(node: Node | undefined): string {
  if (!node) throw new Error('no bytes');
  return typeof node.value === 'string' ? node.value : node.value.map(octetsOf).join('');
}

function oidOf(node: Node | undefined): string {
  if (typeof node?.value !== 'string') throw new Error('not an OID');
  return forge.asn1.derToOid(node.value);
}
