import { timingSafeEqual } from 'node:crypto';
import { invalidCursor } from '../kernel/errors.ts';
import type { Mac, Seq, TeamId } from '../store/port.ts';

/** Places in streams, given to clients. They say nothing to whoever holds one, and cannot be made up. */
export interface Cursors {
  /** The same place has the same cursor. */
  of(team: TeamId, stream: readonly string[], seq: Seq): string;
  /** INVALID_CURSOR for what was not made here for this stream of this team. */
  read(team: TeamId, stream: readonly string[], cursor: string): Seq;
}

const TAG_BYTES = 16;
const SEQ_BYTES = 8;

/** Sealed with a synthetic nonce: the tag authenticates the place and is the nonce of the pad that hides it. */
export function createCursors(mac: Mac): Cursors {
  const tagOf = (team: TeamId, stream: readonly string[], seq: Uint8Array): Uint8Array =>
    mac(Buffer.concat([Buffer.from(`stream cursor ${JSON.stringify([team, ...stream])}\0`), seq])).subarray(
      0,
      TAG_BYTES,
    );
  const padded = (tag: Uint8Array, bytes: Uint8Array): Buffer => {
    const pad = mac(Buffer.concat([Buffer.from('stream cursor pad\0'), tag]));
    return Buffer.from(bytes.map((byte, i) => byte ^ (pad[i] ?? 0)));
  };
  return {
    of(team, stream, seq) {
      const bytes = Buffer.alloc(SEQ_BYTES);
      bytes.writeBigUInt64BE(BigInt(seq));
      const tag = tagOf(team, stream, bytes);
      return Buffer.concat([tag, padded(tag, bytes)]).toString('base64url');
    },
    read(team, stream, cursor) {
      const bytes = Buffer.from(cursor, 'base64url');
      if (bytes.length !== TAG_BYTES + SEQ_BYTES || bytes.toString('base64url') !== cursor) throw invalidCursor();
      const tag = bytes.subarray(0, TAG_BYTES);
      const seq = padded(tag, bytes.subarray(TAG_BYTES));
      if (!timingSafeEqual(tag, tagOf(team, stream, seq))) throw invalidCursor();
      return Number(seq.readBigUInt64BE());
    },
  };
}
