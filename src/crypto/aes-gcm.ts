import { createCipheriv, createDecipheriv } from 'node:crypto';

export const NONCE_LENGTH = 12;
export const TAG_LENGTH = 16;

// Without authTagLength Node accepts tags that were cut down to 4 bytes.
const OPTIONS = { authTagLength: TAG_LENGTH } as const;

export interface Opening {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

export interface Sealing {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
  readonly plaintext: Uint8Array;
}

/** AES-256-GCM. The ciphertext is as long as the plaintext. */
export function aesGcmSeal({ key, nonce, aad, plaintext }: Sealing): { ciphertext: Uint8Array; tag: Uint8Array } {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, OPTIONS);
  cipher.setAAD(aad);
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return { ciphertext, tag: cipher.getAuthTag() };
}

/** The plaintext, or null when the tag does not fit. */
export function aesGcmOpen({ key, nonce, aad, ciphertext, tag }: Opening): Uint8Array | null {
  if (nonce.length !== NONCE_LENGTH || tag.length !== TAG_LENGTH) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, OPTIONS);
  decipher.setAAD(aad);
  decipher.setAuthTag(tag);
  const plaintext = decipher.update(ciphertext);
  try {
    decipher.final();
    return plaintext;
  } catch {
    plaintext.fill(0);
    return null;
  }
}
