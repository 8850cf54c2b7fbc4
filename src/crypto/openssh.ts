import { createHash } from 'node:crypto';

/** The numbers of an RSA key as RFC 8017 names them, big-endian. */
export interface RsaNumbers {
  readonly n: Uint8Array;
  readonly e: Uint8Array;
  readonly d: Uint8Array;
  readonly p: Uint8Array;
  readonly q: Uint8Array;
  /** The inverse of q modulo p. */
  readonly qi: Uint8Array;
}

export type SshKey =
  | { readonly type: 'ssh-ed25519'; readonly publicKey: Uint8Array; readonly seed: Uint8Array }
  | { readonly type: 'ssh-rsa'; readonly numbers: RsaNumbers };

// https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
const MAGIC = 'openssh-key-v1\0';
/** What the private part is padded to where nothing encrypts it. */
const BLOCK = 8;
const LINE = 70;

/** Its length in four bytes, then the bytes: RFC 4251 `string`. */
function bytes(value: Uint8Array | string): Buffer {
  const content = Buffer.from(value);
  return Buffer.concat([uint32(content.length), content]);
}

function uint32(value: number): Buffer {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(value);
  return four;
}

/** RFC 4251 `mpint` of a positive number: no needless zeros before it, but one where the first bit would mean minus. */
function mpint(value: Uint8Array): Buffer {
  let from = 0;
  while (from < value.length && value[from] === 0) from += 1;
  const digits = value.subarray(from);
  return bytes((digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits);
}

/** RFC 4253 6.6 and RFC 8709: what `ssh-` lines carry in base64. */
function publicBlob(key: SshKey): Buffer {
  if (key.type === 'ssh-ed25519') return Buffer.concat([bytes(key.type), bytes(key.publicKey)]);
  return Buffer.concat([bytes(key.type), mpint(key.numbers.e), mpint(key.numbers.n)]);
}

function privateFields(key: SshKey): Buffer {
  if (key.type === 'ssh-ed25519') {
    return Buffer.concat([bytes(key.publicKey), bytes(Buffer.concat([key.seed, key.publicKey]))]);
  }
  const { n, e, d, p, q, qi } = key.numbers;
  return Buffer.concat([n, e, d, qi, p, q].map(mpint));
}

/** One line without its line feed, as `authorized_keys` has it. */
export function publicLine(key: SshKey, comment: string): string {
  const line = `${key.type} ${publicBlob(key).toString('base64')}`;
  return comment === '' ? line : `${line} ${comment}`;
}

/** As `ssh-keygen -l` prints it. */
export function fingerprintOf(key: SshKey): string {
  return `SHA256:${createHash('sha256')
    .update(publicBlob(key))
    .digest('base64')
    .replace(/={1,2}$/, '')}`;
}

/** The file that `ssh-keygen` would write without a passphrase. `check`: 4 random bytes. */
export function privatePem(key: SshKey, comment: string, check: Uint8Array): string {
  const plain = Buffer.concat([check, check, bytes(key.type), privateFields(key), bytes(comment)]);
  const padding = Uint8Array.from({ length: (BLOCK - (plain.length % BLOCK)) % BLOCK }, (_byte, i) => i + 1);
  const file = Buffer.concat([
    Buffer.from(MAGIC),
    bytes('none'),
    bytes('none'),
    bytes(''),
    uint32(1),
    bytes(publicBlob(key)),
    bytes(Buffer.concat([plain, padding])),
  ]);
  const lines = file.toString('base64').match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n');
}
