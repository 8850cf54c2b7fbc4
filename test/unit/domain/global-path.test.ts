import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textPaths } from '../../../src/domain/free-json.ts';
import { valueReference } from '../../../src/domain/global-path.ts';
import { readGlobal } from '../../../src/domain/global-reference.ts';
import { scanTemplate } from '../../../src/domain/template.ts';

const KEYS = [
  'a',
  'a.b',
  '',
  ' ',
  ' a',
  'a ',
  '[',
  ']',
  '["',
  '"]',
  '{',
  '}',
  '${x}',
  '$',
  '\\',
  '"',
  '0',
  '01',
  '__proto__',
];
const key = fc.oneof(
  fc.constantFrom(...KEYS, 'constructor', 'values', 'data', '\u007f', '\u2028', '\n'),
  fc.string({ unit: 'binary', maxLength: 5 }).filter((text) => !text.includes('\0')),
);
const leaf = fc.oneof(fc.string({ maxLength: 3 }), fc.integer(), fc.boolean(), fc.constant(null));
const { values } = fc.letrec<{ values: unknown; tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('tree'), { maxLength: 3 }),
    tie('values'),
  ),
  values: fc
    .array(fc.tuple(key, tie('tree')), { maxLength: 4 })
    .map((pairs) => JSON.parse(`{${pairs.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(',')}}`)),
}));

/** Each text in a document beside the way to it, by plain recursion. */
function textsOf(value: unknown, path: readonly string[]): readonly (readonly [string, string])[] {
  if (typeof value !== 'object') return [[JSON.stringify(path), `${value}`]];
  return value === null ? [] : Object.keys(value).flatMap((name) => textsOf(Reflect.get(value, name), [...path, name]));
}

describe('references to values of a global secret', () => {
  it('case 265: each listed reference resolves to its value, whatever the keys', () => {
    fc.assert(
      fc.property(values, (root) => {
        const globals = new Map([['shared', { type: 'config' as const, values: root, files: new Map() }]]);
        const read = textPaths(root).map((path) => {
          const reference = `\${${valueReference('shared', path)}}`;
          const [piece, ...more] = scanTemplate(reference);
          if (typeof piece !== 'object' || more.length > 0) return [JSON.stringify(path), `no reference: ${reference}`];
          const drawn = readGlobal(piece.name, globals as never);
          return [JSON.stringify(path), drawn?.ok ? drawn.text : `unresolved: ${reference}`];
        });
        expect(new Map(read as [string, string][])).toEqual(new Map(textsOf(root, [])));
      }),
      { numRuns: Number(process.env.KEYLOOM_RUNS ?? 2_000) },
    );
  });

  it('writes bare what can stand bare', () => {
    expect(valueReference('shared', ['db', 'hosts', '0', 'spring.datasource.url', 'a{b}'])).toBe(
      'secrets.shared.values.db.hosts.0["spring.datasource.url"]["a\\u007bb\\u007d"]',
    );
  });

  it('reads a text full of openings in linear time', () => {
    const name = `secrets.shared.values${'["'.repeat(30_000)}`;
    expect(
      readGlobal(name, new Map([['shared', { type: 'config', values: {}, files: new Map() }]]) as never),
    ).toBeNull();
  });
});
