import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { invalidInput } from '../kernel/errors.ts';
import { fingerprintOf, privatePem, publicLine, type SshKey } from './openssh.ts';
import { secureRandom } from './random.ts';

export type SshAlgorithm = 'ed25519' | 'rsa-3072' | 'rsa-4096';

export interface SshKeyPair {
  /** The file of an unencrypted private key in OpenSSH's own format. */
  readonly privateKey: string;
  /** One line, as `authorized_keys` has it. */
  readonly publicKey: string;
  /** `SHA256:` and base64. */
  readonly fingerprint: string;
}

const draw = promisify(generateKeyPair);
const RSA_BITS = { 'rsa-3072': 3072, 'rsa-4096': 4096 } as const;
const LONGEST_COMMENT = 200;

/** A new key pair, drawn off the event loop. INVALID_INPUT for a comment that would not stay on its line. */
export async function sshKeyPair(algorithm: SshAlgorithm, comment: string): Promise<SshKeyPair> {
  requireComment(comment);
  const key = algorithm === 'ed25519' ? await ed25519() : await rsa(RSA_BITS[algorithm]);
  return {
    privateKey: privatePem(key, comment, secureRandom(4)),
    publicKey: publicLine(key, comment),
    fingerprint: fingerprintOf(key),
  };
}

function requireComment(comment: string): void {
  const refuse = (rule: string, message: string) => invalidInput([{ path: ['comment'], rule, message }]);
  if (comment.length > LONGEST_COMMENT) throw refuse('max', `must have at most ${LONGEST_COMMENT} characters`);
  if (!comment.isWellFormed() || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(comment)) {
    throw refuse('line', 'must be one line of well-formed text without control characters');
  }
  if (comment !== comment.trim()) throw refuse('trim', 'must not begin or end with spaces');
}

async function ed25519(): Promise<SshKey> {
  const numbers = numbersOf((await draw('ed25519')).privateKey);
  return { type: 'ssh-ed25519', publicKey: numbers('x'), seed: numbers('d') };
}

async function rsa(modulusLength: number): Promise<SshKey> {
  const { privateKey } = await draw('rsa', { modulusLength, publicExponent: 0x10001 });
  const numbers = numbersOf(privateKey);
  const [n, e, d] = [numbers('n'), numbers('e'), numbers('d')];
  return { type: 'ssh-rsa', numbers: { n, e, d, p: numbers('p'), q: numbers('q'), qi: numbers('qi') } };
}

/** The numbers of a private key by the names that RFC 7518 gives them. */
function numbersOf(key: KeyObject): (name: 'n' | 'e' | 'd' | 'p' | 'q' | 'qi' | 'x') => Uint8Array {
  const jwk = key.export({ format: 'jwk' });
  return (name) => Buffer.from(jwk[name] ?? '', 'base64url');
}
