/** The framing of git's wire protocol: four hexadecimal digits of length, then so many bytes less four. */

const DIGITS = /^[0-9a-fA-F]{4}$/;

/** The payloads of an answer, in order; null for the markers between sections. Throws on bad framing. */
export function* pktLines(bytes: Uint8Array): Generator<Buffer | null> {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < all.length; ) {
    const digits = all.toString('latin1', at, at + 4);
    if (!DIGITS.test(digits)) throw new TypeError('not a line of git');
    const length = Number.parseInt(digits, 16);
    if (length <= 2) {
      at += 4;
      yield null;
      continue;
    }
    if (length < 4 || at + length > all.length) throw new TypeError('not a line of git');
    yield all.subarray(at + 4, at + length);
    at += length;
  }
}

export const pktLine = (text: string): string =>
  `${(Buffer.byteLength(text) + 4).toString(16).padStart(4, '0')}${text}`;
