import { createHmac, createSecretKey, hkdfSync } from 'node:crypto';

/** 32 bytes for one use, named by its label: knowing them tells nothing of the secret or of the keys of other labels. */
export function deriveKey(secret: Uint8Array, label: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, Buffer.alloc(0), `keyloom ${label}`, 32));
}

/** HMAC-SHA-256 under a copy of `key`. A text is its UTF-8 bytes. */
export function macWith(key: Uint8Array): (bytes: Uint8Array | string) => Uint8Array {
  const secret = createSecretKey(key);
  return (bytes) => createHmac('sha256', secret).update(bytes).digest();
}
