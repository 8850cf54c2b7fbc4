import { createHmac, createSecretKey, hash, hkdfSync } from 'node:crypto';

/** 32 bytes for one use, named by its label: knowing them tells nothing of the secret or of the keys of other labels. */
export function deriveKey(secret: Uint8Array, label: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, Buffer.alloc(0), `keyloom ${label}`, 32));
}

/** A text is its UTF-8 bytes. */
export interface KeyedHash {
  (bytes: Uint8Array | string): Uint8Array;
  /** The same in base64url. */
  asText(bytes: Uint8Array | string): string;
}

const BLOCK_BYTES = 64;
const HASH_BYTES = 32;
const MAX_BYTES_A_CHARACTER = 3;
const [INNER, OUTER] = [0x36, 0x5c];
/** What is hashed at once, behind a key: longer ones are rare, and cost what they cost. */
const room = Buffer.alloc(BLOCK_BYTES + 64 * 1_024);

function padded(key: Uint8Array, mark: number): Buffer {
  const bytes = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key;
  return Buffer.alloc(BLOCK_BYTES).map((_, i) => (bytes[i] ?? 0) ^ mark) as Buffer;
}

const fits = (bytes: Uint8Array | string): boolean =>
  BLOCK_BYTES + (typeof bytes === 'string' ? MAX_BYTES_A_CHARACTER : 1) * bytes.length <= room.length;

/**
 * HMAC-SHA-256 under a copy of `key`. Written out (RFC 2104) over what fits: an object of Node for each costs more than two hashes
 * of what is hashed most, and thousands of them more again to be collected.
 */
export function macWith(key: Uint8Array): KeyedHash {
  const secret = createSecretKey(key);
  const inner = padded(key, INNER);
  const outer = Buffer.concat([padded(key, OUTER), Buffer.alloc(HASH_BYTES)]);

  /** What the outer hash is of. */
  function within(bytes: Uint8Array | string): Buffer {
    room.set(inner);
    let end = BLOCK_BYTES;
    if (typeof bytes === 'string') end += room.write(bytes, BLOCK_BYTES);
    else {
      room.set(bytes, BLOCK_BYTES);
      end += bytes.length;
    }
    // As a text, of which no piece of memory is made.
    outer.write(hash('sha256', room.subarray(0, end), 'binary'), BLOCK_BYTES, 'latin1');
    // It may have been a secret, or a key.
    room.fill(0, 0, end);
    return outer;
  }

  const long = (bytes: Uint8Array | string): Buffer => createHmac('sha256', secret).update(bytes).digest();
  const mac = (bytes: Uint8Array | string): Uint8Array =>
    fits(bytes) ? hash('sha256', within(bytes), 'buffer') : long(bytes);
  const asText = (bytes: Uint8Array | string): string =>
    fits(bytes) ? hash('sha256', within(bytes), 'base64url') : long(bytes).toString('base64url');
  return Object.assign(mac, { asText });
}
