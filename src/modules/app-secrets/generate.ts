import { generateApiKey, generatePassword, type Random } from '../../domain/generate-text.ts';
import { invalidInput } from '../../kernel/errors.ts';
import type { GenerateValueInput } from './inputs.ts';

/** As `crypto/ssh-key-pair.ts` has it. */
export type SshKeyPairMaker = (
  algorithm: 'ed25519' | 'rsa-3072' | 'rsa-4096',
  comment: string,
) => Promise<{ readonly privateKey: string; readonly publicKey: string; readonly fingerprint: string }>;

export interface GeneratedValue {
  readonly text: string;
  /** null: a key pair, as strong as its algorithm. */
  readonly entropyBits: number | null;
  /** null: no key pair. */
  readonly publicKey: string | null;
  readonly fingerprint: string | null;
}

type Recipe = Pick<GenerateValueInput, 'password' | 'apiKey' | 'sshKeyPair'>;

/** Draws what the recipe says; the private key of a pair is the text. */
export async function generateValue(
  { password, apiKey, sshKeyPair }: Recipe,
  random: Random,
  makePair: SshKeyPairMaker,
): Promise<GeneratedValue> {
  if (password) return { ...generatePassword(password, random), publicKey: null, fingerprint: null };
  if (apiKey) return { ...generateApiKey(apiKey, random), publicKey: null, fingerprint: null };
  if (!sshKeyPair)
    throw invalidInput([
      { path: [], rule: 'exclusive', message: 'must have exactly one of password, apiKey and sshKeyPair' },
    ]);
  const { privateKey, publicKey, fingerprint } = await makePair(sshKeyPair.algorithm, sshKeyPair.comment);
  return { text: privateKey, entropyBits: null, publicKey, fingerprint };
}
