import { createHash, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';

// https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig
const MAGIC = 'SSHSIG';
const BEGIN = '-----BEGIN SSH SIGNATURE-----';
const END = '-----END SSH SIGNATURE-----';
const BASE64 = /^[A-Za-z0-9+/]{1,20000}={0,2}$/;
/** Characters of an armored signature. One made with RSA of 16,384 bits has 6,000. */
const MAX_ARMOR = 20_000;
const LINE = /^(\S{1,40}) ([A-Za-z0-9+/]{1,2000}={0,2})(?: [^\p{Cc}]{0,200})?$/u;
const MIN_RSA_BITS = 2_048;
/** RFC 5656: the curve's names there and here, its hash, and how long its numbers are. */
const CURVES: ReadonlyMap<string, readonly [string, string, number]> = new Map([
  ['nistp256', ['P-256', 'sha256', 32]],
  ['nistp384', ['P-384', 'sha384', 48]],
  ['nistp521', ['P-521', 'sha512', 66]],
]);
const RSA_HASHES: ReadonlyMap<string, string> = new Map([
  ['rsa-sha2-256', 'sha256'],
  ['rsa-sha2-512', 'sha512'],
]);

/** RFC 4251 `string`s, one after another; throws where there is none. */
function stringsOf(bytes: Buffer) {
  let at = 0;
  return {
    next(): Buffer {
      const from = at + 4;
      at = from + bytes.readUInt32BE(at);
      if (at > bytes.length) throw new TypeError('cut off');
      return bytes.subarray(from, at);
    },
    isDone: (): boolean => at === bytes.length,
  };
}

function string(content: Uint8Array | string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(content));
  return Buffer.concat([length, Buffer.from(content)]);
}

const url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** An mpint without the zero that keeps it positive. */
const unsigned = (mpint: Buffer): Buffer => (mpint[0] === 0 ? mpint.subarray(1) : mpint);

/** Of such a length. */
function padded(mpint: Buffer, length: number): Buffer {
  const digits = unsigned(mpint);
  if (digits.length > length) throw new TypeError('too long');
  return Buffer.concat([Buffer.alloc(length - digits.length), digits]);
}

/** The key in a blob that begins with its type; throws for what is none, or weak. */
function keyOf(blob: Buffer): { readonly type: string; readonly key: KeyObject } {
  const fields = stringsOf(blob);
  const type = fields.next().toString('latin1');
  const key = createPublicKey({ key: jwkOf(type, fields.next), format: 'jwk' });
  if (!fields.isDone()) throw new TypeError('more than a key');
  const bits = key.asymmetricKeyDetails?.modulusLength ?? MIN_RSA_BITS;
  if (bits < MIN_RSA_BITS) throw new TypeError('a weak key');
  return { type, key };
}

function jwkOf(type: string, next: () => Buffer): JsonWebKey {
  if (type === 'ssh-ed25519') return { kty: 'OKP', crv: 'Ed25519', x: url(next()) };
  if (type === 'ssh-rsa') {
    const e = url(unsigned(next()));
    return { kty: 'RSA', e, n: url(unsigned(next())) };
  }
  const name = next().toString('latin1');
  const [crv, , length] = CURVES.get(name) ?? [];
  const point = next();
  if (crv === undefined || length === undefined) throw new TypeError('an unknown curve');
  const isPoint = point[0] === 4 && point.length === 1 + 2 * length;
  if (!isPoint || type !== `ecdsa-sha2-${name}`) throw new TypeError('an unknown key');
  return { kty: 'EC', crv, x: url(point.subarray(1, 1 + length)), y: url(point.subarray(1 + length)) };
}

function blobIn(line: string): Buffer | null {
  const [, type = '', base64 = ''] = LINE.exec(line) ?? [];
  const blob = Buffer.from(base64, 'base64');
  try {
    return keyOf(blob).type === type ? blob : null;
  } catch {
    return null;
  }
}

/** Whether it is one line of a public key that signatures can be checked with: Ed25519, ECDSA, or RSA of 2,048 bits or more. */
export const isSshPublicKey = (line: string): boolean => blobIn(line) !== null;

/** What stands between the two lines of an armor, read in one pass; empty for what has another form. */
function armoredBytes(armored: string): Buffer {
  const text = armored.length > MAX_ARMOR ? '' : armored.trimEnd();
  if (!text.startsWith(BEGIN) || !text.endsWith(END)) return Buffer.alloc(0);
  const body = text.slice(BEGIN.length, -END.length);
  const base64 = body.split(/\s/).join('');
  return body.trimStart() !== body && BASE64.test(base64) ? Buffer.from(base64, 'base64') : Buffer.alloc(0);
}

/** Whether one of the keys, lines as in `authorized_keys`, made this armored signature of a message, for this purpose. */
export function isSshSigned(message: Uint8Array, armored: string, purpose: string, lines: readonly string[]): boolean {
  try {
    const bytes = armoredBytes(armored);
    const version = bytes.readUInt32BE(MAGIC.length);
    if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC || version !== 1) return false;
    const fields = stringsOf(bytes.subarray(MAGIC.length + 4));
    const [blob, namespace, reserved, hash] = [fields.next(), fields.next(), fields.next(), fields.next()];
    const signature = fields.next();
    const name = hash.toString('latin1');
    if (!fields.isDone() || namespace.toString() !== purpose || !['sha256', 'sha512'].includes(name)) return false;
    if (!lines.some((line) => blobIn(line)?.equals(blob))) return false;
    const digest = createHash(name).update(message).digest();
    const signed = Buffer.concat([Buffer.from(MAGIC), ...[namespace, reserved, hash, digest].map(string)]);
    return isMade(signed, signature, blob);
  } catch {
    return false;
  }
}

function isMade(signed: Buffer, signature: Buffer, blob: Buffer): boolean {
  const { type, key } = keyOf(blob);
  const fields = stringsOf(signature);
  const format = fields.next().toString('latin1');
  const made = fields.next();
  if (!fields.isDone()) return false;
  if (type === 'ssh-rsa') {
    const hash = RSA_HASHES.get(format);
    return hash !== undefined && verify(hash, signed, key, made);
  }
  if (format !== type) return false;
  if (type === 'ssh-ed25519') return verify(null, signed, key, made);
  const [, hash = '', length = 0] = CURVES.get(type.replace('ecdsa-sha2-', '')) ?? [];
  const numbers = stringsOf(made);
  const pair = Buffer.concat([padded(numbers.next(), length), padded(numbers.next(), length)]);
  return numbers.isDone() && verify(hash, signed, { key, dsaEncoding: 'ieee-p1363' }, pair);
}
