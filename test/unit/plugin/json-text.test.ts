import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonText, readJson, textOf } from '../../../src/plugin/json-text.ts';

/** As JSON.parse would read it. */
function plain(json: JsonText): unknown {
  if (json.kind === 'object') return Object.fromEntries([...json.members].map(([key, each]) => [key, plain(each)]));
  return json.kind === 'list' ? json.items.map(plain) : JSON.parse(json.source);
}

const spaced = (text: string): string => text.replaceAll(/(?<="|\d|[[\]{}])([,:])/g, ' \t$1\r\n');

describe('case 263: JSON with the text that it was sent as', () => {
  it('is what JSON.parse reads, and gives the same text back without its spaces', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.nat(4), (value, indent) => {
        const compact = JSON.stringify(value);
        for (const text of [compact, JSON.stringify(value, null, indent), ` ${compact}\n`]) {
          const read = readJson(text);
          expect(read.source).toBe(compact);
          expect(read.isBad).toBe(false);
          expect(JSON.stringify(plain(read))).toBe(compact);
        }
      }),
    );
    expect(readJson(spaced('{"a":[1,2],"b":"x"}')).source).toBe('{"a":[1,2],"b":"x"}');
  });

  it('refuses what JSON.parse refuses, but for words where a value should be', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]":,\\u 01e.-nultrfasé'.split('')) }), (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        let read: JsonText | null = null;
        try {
          read = readJson(text);
        } catch (error) {
          expect((error as { readonly code: string }).code).toBe('BROKEN');
        }
        if (isJson) expect(read).not.toBeNull();
        else if (read) expect(read.isBad).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ['1e400', null],
    ['-1e400', null],
    ['[1e400]', null],
    ['{"a":1,"\\u0061":2}', null],
    ['{"a":null}', '{"a":null}'],
    ['null', null],
    ['"a"', 'a'],
    ['1.0', '1.0'],
    ['{"__proto__":1}', '{"__proto__":1}'],
  ])('%s gives %s', (text, expected) => {
    try {
      expect(textOf(readJson(text))).toBe(expected);
    } catch (error) {
      // A document that is nothing but such a number is none.
      expect([(error as { readonly code: string }).code, expected]).toEqual(['BROKEN', null]);
    }
  });

  it('is not read too deep, and a long text is read in one piece', () => {
    expect(() => readJson('['.repeat(100_000))).toThrow();
    const long = JSON.stringify('\\"'.repeat(500_000));
    expect(readJson(long).source).toBe(long);
    expect(() => readJson(long.slice(0, -1))).toThrow();
  });
});
