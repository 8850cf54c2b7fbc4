import { describe, expect, it } from 'vitest';
import { macWith } from '../../../src/crypto/derive.ts';
import { createCursors } from '../../../src/streams/cursor.ts';

const KEY = Buffer.alloc(32, 7);
let macs = 0;
const counted =
  <T>(of: (bytes: Uint8Array | string) => T) =>
  (bytes: Uint8Array | string): T => {
    macs += 1;
    return of(bytes);
  };
const mac = Object.assign(counted(macWith(KEY)), { asText: counted(macWith(KEY).asText) });
const cursors = createCursors(mac);
const cursorOf = (team: string, stream: readonly string[], seq: number): string => cursors.along(team, stream)(seq);
const STREAM = ['environmentChanged', 'project', 'service', 'one'];

describe('a cursor', () => {
  it.each([0, 1, 255, 2 ** 40])('of the same place is the same, and is read as that: %i', (seq) => {
    const cursor = cursorOf('team', STREAM, seq);
    expect(createCursors(mac).along('team', STREAM)(seq)).toBe(cursor);
    expect(cursors.read('team', STREAM, cursor)).toBe(seq);
  });

  it('is what it was, also for those who come again after another release', () => {
    expect([0, 5, 2 ** 40].map((seq) => cursorOf('team', STREAM, seq))).toEqual([
      'dhEC3nRENTV_ffiNtglaUYFHheTf8rTE0R1k64JtufLfgyXPZkUrzw',
      '_t5QYGWym85ro0LI9H8psPJodM_Iv7FmLOfuYLxQ_f2IlMgrX6KEqQ',
      '7JnWpWYuzojswy0mZIxkQWMhv6JOaikMOdFCAlFD2FkIMjVaiHtB2w',
    ]);
  });

  it('is good for no other stream, team or key, and not when a bit of it is another', () => {
    const cursor = cursorOf('team', STREAM, 5);
    const refuses = (read: () => number): void =>
      expect(read).toThrow(expect.objectContaining({ code: 'INVALID_CURSOR' }));
    refuses(() => cursors.read('team', [...STREAM.slice(0, 3), 'two'], cursor));
    refuses(() => cursors.read('other', STREAM, cursor));
    refuses(() => createCursors(macWith(Buffer.alloc(32, 8))).read('team', STREAM, cursor));
    refuses(() => cursors.read('team', STREAM, `${cursor}A`));
    const bytes = Buffer.from(cursor, 'base64url');
    for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
      const other = Buffer.from(bytes);
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      refuses(() => cursors.read('team', STREAM, other.toString('base64url')));
    }
  });

  it('cannot be put together from the place of one and the tag of another', () => {
    const [one, two] = [5, 6].map((seq) => Buffer.from(cursorOf('team', STREAM, seq), 'base64url'));
    const mixed = Buffer.concat([one?.subarray(0, 24) ?? one, two?.subarray(24)].filter((each) => each !== undefined));
    expect(() => cursors.read('team', STREAM, mixed.toString('base64url'))).toThrow();
    expect(() => cursors.read('team', STREAM, mixed.subarray(0, 24).toString('base64url'))).toThrow();
  });

  it('costs one MAC for each of many streams at one place', () => {
    macs = 0;
    const made = Array.from({ length: 100 }, (_, i) => cursorOf('team', ['environmentChanged', String(i)], 77));
    expect(new Set(made).size).toBe(100);
    expect(macs).toBe(100 + 2);
  });
});
