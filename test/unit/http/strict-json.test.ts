import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUtf8, parseStrictJson } from '../../../src/http/strict-json.ts';
import { isAppError } from '../../../src/kernel/errors.ts';

const LIMITS = { jsonDepth: 64, jsonItems: 100_000 };
const parse = (text: string): unknown => parseStrictJson(text, LIMITS);

function messageOf(work: () => unknown): string {
  try {
    work();
    return 'accepted';
  } catch (error) {
    if (!isAppError(error)) throw error;
    return `${error.code} ${error.message}`;
  }
}

const accepts = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** Texts near JSON: valid ones, with pieces cut out, put in and exchanged. */
const nearJson = fc
  .tuple(
    fc.json({ maxDepth: 4 }),
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.nat(3),
        fc.constantFrom(...'{}[]",:\\u0eE+-.1 \n\tx\u00a0\u0000\ufeff'.split(''), 'true', ''),
      ),
      {
        maxLength: 3,
      },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce((now, [at, cut, put]) => {
      const place = at % (now.length + 1);
      return now.slice(0, place) + put + now.slice(place + cut);
    }, text),
  );

describe('parseStrictJson', () => {
  it('accepts what JSON.parse accepts, but for the named rules, and gives the same value', () => {
    fc.assert(
      fc.property(nearJson, (text) => {
        const outcome = messageOf(() => parse(text));
        if (!accepts(text)) return outcome.startsWith('BAD_REQUEST');
        if (outcome !== 'accepted') return /duplicate|surrogate/.test(outcome);
        expect(parse(text)).toEqual(JSON.parse(text));
        return true;
      }),
      { numRuns: 3_000 },
    );
  });

  it('gives back any value, names of the prototype included', () => {
    const names = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', '', 'a.b', '$set'), fc.string());
    fc.assert(
      fc.property(fc.array(fc.tuple(names, fc.jsonValue())), (entries) => {
        const text = `{${[...new Map(entries)].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join()}}`;
        const value = parse(text) as object;
        expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
        expect(JSON.stringify(value)).toBe(JSON.stringify(JSON.parse(text)));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    '{"restricted":true,"restricted":false}',
    '{"a":1,"b":2,"\\u0061":3}',
    '[{"x":{"__proto__":1,"y":0,"__proto__":2}}]',
    '{"":1,"":1}',
  ])('case 46: duplicate keys %s', (text) => {
    expect(messageOf(() => parse(text))).toMatch(
      /^BAD_REQUEST Invalid JSON: a duplicate key in an object at position \d+$/,
    );
  });

  it('lets the same key stand in different objects', () => {
    expect(parse('[{"a":{"a":1}},{"a":2}]')).toEqual([{ a: { a: 1 } }, { a: 2 }]);
  });

  it.each(['"\\ud800"', '"\\udc00"', '"\\ud800x"', '"\\ud800\\n"', '"\\ud800\\ud800"', '{"\\udfff":1}', '"\\ud83d'])(
    'case 47: half a surrogate pair %s',
    (text) => {
      expect(messageOf(() => parse(text))).toMatch(/^BAD_REQUEST/);
    },
  );

  it('keeps whole pairs, NUL and U+FEFF inside strings', () => {
    expect(parse('"\\ud83d\\ude00 😀 \\u0000 \ufeff"')).toBe('😀 😀 \u0000 \ufeff');
  });

  it.each([
    ['depth of 100,000', '['.repeat(100_000), 'deeper than 64 at position 64'],
    ['objects 65 deep', '{"a":'.repeat(65) + '1'.padEnd(66, '}'), 'deeper than 64 at position 320'],
    ['a million items', `[${'0,'.repeat(1_000_000)}0]`, 'more than 100000 members and items at position 200001'],
    ['a million keys', `{${Array.from({ length: 1_000_000 }, (_, i) => `"${i}":0`).join()}}`, 'more than 100000'],
  ])('case 45: %s', (_what, text, reason) => {
    expect(messageOf(() => parse(text))).toContain(reason);
  });

  it('accepts the depth and the number that are allowed', () => {
    expect(messageOf(() => parse('['.repeat(64) + ']'.repeat(64)))).toBe('accepted');
    expect(messageOf(() => parse(`[${'0,'.repeat(99_999)}0]`))).toBe('accepted');
  });

  it.each(['{"password":"hunter2" "b"}', 'hunter2', '{"a":hunter2}', '"hunter2', '["hunter2\\x"]', '01hunter2'])(
    'case 202: never quotes the text %s',
    (text) => {
      expect(messageOf(() => parse(text))).toMatch(/^BAD_REQUEST (?!.*hunter).*at position \d+$/);
    },
  );
});

describe('decodeUtf8', () => {
  it.each([
    ['a bad byte', [0x22, 0xff, 0x22]],
    ['an overlong form', [0xc0, 0xaf]],
    ['half a surrogate pair', [0xed, 0xa0, 0x80]],
    ['a cut character', [0xe2, 0x82]],
    ['UTF-16 with its mark', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ])('case 47: %s is refused', (_what, bytes) => {
    expect(messageOf(() => decodeUtf8(Uint8Array.from(bytes)))).toMatch(/^BAD_REQUEST/);
  });

  it('leaves out the byte order mark that some editors and shells put first', () => {
    expect(parse(decodeUtf8(Uint8Array.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d])))).toEqual({});
  });

  it.each([
    ['a second byte order mark', [0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf, 0x7b, 0x7d]],
    ['a byte order mark inside', [0x7b, 0xef, 0xbb, 0xbf, 0x7d]],
    ['UTF-16 without a mark', [0x7b, 0x00, 0x7d, 0x00]],
  ])('case 47: %s is no JSON', (_what, bytes) => {
    expect(messageOf(() => parse(decodeUtf8(Uint8Array.from(bytes))))).toMatch(/^BAD_REQUEST/);
  });
});
