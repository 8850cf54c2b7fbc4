import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { associatedData, type Binding, canonicalBytes } from '../../../src/crypto/aad.ts';
import type { Fields, Json } from '../../../src/store/port.ts';

/** Reads the encoding back, which proves that no two values share one. */
function decode(bytes: Uint8Array): unknown {
  const buffer = Buffer.from(bytes);
  let at = 0;
  const until = (mark: string): string => {
    const end = buffer.indexOf(mark, at);
    const text = buffer.toString('latin1', at, end);
    at = end + 1;
    return text;
  };
  const many = (mark: string): unknown[] => {
    const items: unknown[] = [];
    while (buffer.toString('latin1', at, at + 1) !== mark) items.push(one());
    at += 1;
    return items;
  };
  const one = (): unknown => {
    if (at >= buffer.length) throw new Error('cut off');
    const sort = buffer.toString('latin1', at, at + 1);
    if (/\d/.test(sort)) {
      const length = Number(until(':'));
      at += length;
      return buffer.toString('utf8', at - length, at);
    }
    at += 1;
    if (sort === 'i') return Number(until(';'));
    if (sort === '[') return many(']');
    if (sort !== '{') return sort === 't' ? true : sort === 'f' ? false : null;
    const flat = many('}');
    return new Map(flat.flatMap((item, i) => (i % 2 === 0 ? [[item, flat[i + 1]]] : [])));
  };
  const value = one();
  expect(at).toBe(buffer.length);
  return value;
}

/** Objects as maps and -0 as 0, so that order and prototypes do not matter. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value === 0) return 0;
  if (typeof value !== 'object' || value === null) return value;
  return new Map(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}

const anyText = fc.string({ unit: 'binary' });
const anyJson = fc.jsonValue({ stringUnit: 'binary' }) as fc.Arbitrary<Json>;
/** Few, short and full of marks of the encoding, so that near collisions are common. */
const trickyText = fc.constantFrom('', '1', '1:', ':', 'n', 'i1;', '1:1', '[', ']', '{', '}', 'a', 'aa', 'é');
const trickyJson: fc.Arbitrary<Json> = fc.letrec<{ readonly node: Json }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(trickyText, fc.constantFrom<Json>(null, true, false, 0, 1, 11)),
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(trickyText, tie('node'), { maxKeys: 3 }) as fc.Arbitrary<Json>,
  ),
})).node;
const binding: fc.Arbitrary<Binding> = fc.record(
  {
    instance: trickyText,
    team: trickyText,
    project: trickyText,
    incarnation: trickyText,
    kind: trickyText,
    key: fc.array(trickyText, { maxLength: 3 }),
    revision: fc.nat(3),
    deleted: fc.boolean(),
    fields: fc.dictionary(trickyText, trickyJson, { maxKeys: 2 }) as fc.Arbitrary<Fields>,
    at: trickyText,
  },
  { requiredKeys: ['instance', 'team', 'project', 'incarnation', 'kind', 'key', 'revision', 'deleted', 'fields'] },
);
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

describe('the canonical encoding', () => {
  it('can be read back, whatever it encodes', () => {
    fc.assert(
      fc.property(fc.oneof(anyJson, trickyJson, anyText), (value) => {
        expect(decode(canonicalBytes(value))).toEqual(plain(value));
      }),
      { numRuns: 500 },
    );
  });

  it('is equal for equal values only', () => {
    fc.assert(
      fc.property(trickyJson, trickyJson, (a, b) => {
        expect(same(canonicalBytes(a), canonicalBytes(b))).toBe(isDeepStrictEqual(plain(a), plain(b)));
      }),
      { numRuns: 3000 },
    );
  });

  it('does not depend on the order of names, and sorts them by code point', () => {
    const text = Buffer.from(canonicalBytes({ '😀': 1, '～': 2, a: 3, __proto__x: 4 })).toString();
    expect(text).toBe('{10:__proto__xi4;1:ai3;3:～i2;4:😀i1;}');
    expect(same(canonicalBytes({ a: 3, b: 1 }), canonicalBytes({ b: 1, a: 3 }))).toBe(true);
  });

  it.each<readonly [Json, string]>([
    ['1', '1:1'],
    [1, 'i1;'],
    [null, 'n'],
    ['', '0:'],
    [true, 't'],
    [-0, 'i0;'],
    [1e21, 'i1e+21;'],
    [0.1, 'i0.1;'],
    [[], '[]'],
    [{}, '{}'],
    ['é', '2:é'],
  ])('writes %j as %s', (value, text) => {
    expect(Buffer.from(canonicalBytes(value)).toString()).toBe(text);
  });

  it('keeps a name like __proto__', () => {
    const fields: Fields = JSON.parse('{"__proto__": 1}');
    expect(Buffer.from(canonicalBytes(fields)).toString()).toBe('{9:__proto__i1;}');
  });

  it('refuses what has no bytes of its own', () => {
    expect(() => canonicalBytes('\ud800')).toThrow('not valid Unicode');
    expect(() => canonicalBytes(['\ud83d', '\ude00'])).toThrow('not valid Unicode');
    expect(() => canonicalBytes(Number.NaN)).toThrow(TypeError);
    expect(() => canonicalBytes(Number.POSITIVE_INFINITY)).toThrow(TypeError);
    expect(() => canonicalBytes({ a: undefined } as unknown as Json)).toThrow(TypeError);
  });
});

describe('associated data', () => {
  it('is equal for equal bindings only', () => {
    fc.assert(
      fc.property(
        binding,
        binding,
        fc.subarray(['instance', 'team', 'key', 'fields', 'at', 'revision'] as const),
        (a, b, parts) => {
          // Mostly alike: differs from `a` in the drawn parts only.
          const near: Binding = {
            ...a,
            ...Object.fromEntries(parts.flatMap((part) => (part in b ? [[part, b[part]]] : []))),
          };
          expect(same(associatedData(a), associatedData(near))).toBe(isDeepStrictEqual(plain(a), plain(near)));
          expect(same(associatedData(a), associatedData(structuredClone(a)))).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('stays as it is: stored envelopes are bound to it', () => {
    const bytes = associatedData({
      instance: 'i',
      team: 't',
      project: '',
      incarnation: 'r',
      kind: 'team',
      key: ['t'],
      revision: 2,
      deleted: false,
      fields: { name: 'T', limits: { groups: 3 } },
    });
    expect(Buffer.from(bytes).toString()).toBe(
      '[9:keyloom 21:i1:t0:1:r4:team[1:t]i2;f{6:limits{6:groupsi3;}4:name1:T}n]',
    );
  });
});
