import { timingSafeEqual } from 'node:crypto';
import { invalidCursor } from '../kernel/errors.ts';
import { rememberLast } from '../kernel/remember-last.ts';
import type { Mac, Seq, TeamId } from '../store/port.ts';

/** A MAC that is wanted as a text as well. */
interface CursorMac extends Mac {
  /** In base64url. */
  asText(bytes: Uint8Array): string;
}

/** Places in streams, given to clients. They say nothing to whoever holds one, and cannot be made up. */
export interface Cursors {
  /** Of one stream by places: the same place has the same cursor. */
  along(team: TeamId, stream: readonly string[]): (seq: Seq) => string;
  /** INVALID_CURSOR for what was not made here for this stream of this team. */
  read(team: TeamId, stream: readonly string[], cursor: string): Seq;
}

const TAG_BYTES = 16;
const SEQ_BYTES = 8;
/** A number sealed with a synthetic nonce: the tag authenticates it and is the nonce of the pad that hides it. */
const SEALED_BYTES = TAG_BYTES + SEQ_BYTES;
/** Places that are known: all who listen to a team are told of the same commits. */
const MAX_PLACES = 64;

interface Place {
  readonly bytes: Buffer;
  /** In base64url, to which more can be added: its bytes are a multiple of three. */
  readonly text: string;
}

/** Where texts are put together that are only looked at for a moment: each of thousands would be a piece of memory otherwise. */
const scratch = Buffer.alloc(1_024);
const MAX_BYTES_A_CHARACTER = 3;

/** `about` ends where bytes begin. */
function joined(about: string, bytes: Uint8Array): Uint8Array {
  if (about.length * MAX_BYTES_A_CHARACTER + bytes.length > scratch.length)
    return Buffer.concat([Buffer.from(about), bytes]);
  const end = scratch.write(about);
  scratch.set(bytes, end);
  return scratch.subarray(0, end + bytes.length);
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Digits that are whole, and then one of which two bits are. */
const WHOLE_DIGITS = 21;
const TWO_BITS = 0b110000;

/** The first bytes of a text in base64url, as many as a tag has. */
const tagIn = (text: string): string =>
  text.slice(0, WHOLE_DIGITS) + DIGITS.charAt(DIGITS.indexOf(text.charAt(WHOLE_DIGITS)) & TWO_BITS);

function createSealing(mac: CursorMac) {
  const padded = (tag: Uint8Array, bytes: Uint8Array): Buffer => {
    const pad = mac(Buffer.concat([Buffer.from('stream cursor pad\0'), tag]));
    return Buffer.from(bytes.map((byte, i) => byte ^ (pad[i] ?? 0)));
  };
  const tagOf = (about: string, bytes: Uint8Array): Uint8Array => mac(joined(about, bytes)).subarray(0, TAG_BYTES);
  return {
    tagOf,
    tagTextOf: (about: string, bytes: Uint8Array): string => tagIn(mac.asText(joined(about, bytes))),
    seal(about: string, seq: Seq): Buffer {
      const bytes = Buffer.alloc(SEQ_BYTES);
      bytes.writeBigUInt64BE(BigInt(seq));
      const tag = tagOf(about, bytes);
      return Buffer.concat([tag, padded(tag, bytes)]);
    },
    open(about: string, sealed: Buffer): Seq {
      const tag = sealed.subarray(0, TAG_BYTES);
      const seq = padded(tag, sealed.subarray(TAG_BYTES));
      if (!timingSafeEqual(tag, tagOf(about, seq))) throw invalidCursor();
      return Number(seq.readBigUInt64BE());
    },
  };
}

/**
 * The place in the log of the team, sealed once for all streams, and behind it a tag that ties it to one of them: each of many
 * listeners with a stream of its own costs one MAC.
 */
export function createCursors(mac: CursorMac): Cursors {
  const { seal, open, tagOf, tagTextOf } = createSealing(mac);
  const places = new Map<string, Place>();

  const placeOf = rememberLast((team: TeamId, seq: Seq): Place => {
    const name = `${seq} ${team}`;
    const known = places.get(name);
    if (known) return known;
    const bytes = seal(placeIn(team), seq);
    const made = { bytes, text: bytes.toString('base64url') };
    if (places.size >= MAX_PLACES) places.clear();
    places.set(name, made);
    return made;
  });

  const placeIn = (team: TeamId): string => `stream place ${JSON.stringify(team)}\0`;
  const streamIn = (team: TeamId, stream: readonly string[]): string => `stream ${JSON.stringify([team, ...stream])}\0`;

  return {
    along(team, stream) {
      const about = streamIn(team, stream);
      return (seq) => {
        const { bytes, text } = placeOf(team, seq);
        return text + tagTextOf(about, bytes);
      };
    },
    read(team, stream, cursor) {
      const bytes = Buffer.from(cursor, 'base64url');
      if (bytes.length !== SEALED_BYTES + TAG_BYTES || bytes.toString('base64url') !== cursor) throw invalidCursor();
      const place = bytes.subarray(0, SEALED_BYTES);
      if (!timingSafeEqual(bytes.subarray(SEALED_BYTES), tagOf(streamIn(team, stream), place))) throw invalidCursor();
      return open(placeIn(team), place);
    },
  };
}
