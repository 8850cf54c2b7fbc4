import { describe, expect, it } from 'vitest';
import { resolve } from '../../../src/domain/resolve.ts';
import { scanTemplate, utf8Size } from '../../../src/domain/template.ts';
import type { Resolution } from '../../../src/domain/types.ts';
import { inputOf, type Texts } from './project.ts';

const KIB = 1024;
const resolved = (variables: Texts, files: Texts = {}): Resolution =>
  resolve(inputOf({ groups: { g: { variables, files } } }));
const errorOf = (resolution: Resolution, name: string) => resolution.variables.get(name)?.error ?? null;

const chain = (length: number): Texts => ({
  ...Object.fromEntries(Array.from({ length }, (_x, i) => [`K${i}`, `\${K${i + 1}}`])),
  [`K${length}`]: 'end',
});

describe('how far one environment may grow', () => {
  it('case 95: a chain of 32 references resolves, the 33rd is too deep', () => {
    const resolution = resolved(chain(33));
    expect(resolution.variables.get('K1')?.value).toBe('end');
    expect(errorOf(resolution, 'K0')).toEqual({ code: 'TOO_DEEP', path: ['K0'] });
  });

  it('case 95: a chain of 2,000 is answered key by key, each path cut at 40 names', () => {
    const resolution = resolved(chain(2000));
    const errors = [...resolution.variables.values()].filter(({ error }) => error?.code === 'TOO_DEEP');
    expect(errors.length).toBe(2000 - 32);
    expect(resolution.variables.get('K1968')?.value).toBe('end');
    expect(errorOf(resolution, 'K1965')?.path).toEqual(['K1965', 'K1966', 'K1967']);
    const path = errorOf(resolution, 'K0')?.path ?? [];
    expect([path.length, path[0], path[39], path[40]]).toEqual([41, 'K0', 'K39', '…']);
    expect(errorOf(resolution, 'K1928')?.path.length).toBe(40);
    expect(errorOf(resolution, 'K1928')?.path.at(-1)).toBe('K1967');
  });

  it('case 93: a cycle of 2,000 keys is an error of each of them', () => {
    const resolution = resolved({ ...chain(2000), K2000: '${K0}', OK: 'ok' });
    const codes = new Set([...resolution.variables.values()].map(({ error }) => error?.code ?? null));
    expect(codes).toEqual(new Set(['CYCLE', null]));
    expect(resolution.variables.get('OK')?.value).toBe('ok');
  });

  it('case 94: billion laughs: refused by arithmetic, without building a text', () => {
    const laughs = Object.fromEntries(Array.from({ length: 23 }, (_x, i) => [`L${i}`, `\${L${i + 1}}\${L${i + 1}}`]));
    const resolution = resolved({ ...laughs, L23: 'ha' });
    // 2 + 4 + ... + 2^12 = 8,190 steps; one doubling more is too many.
    expect(resolution.variables.get('L11')?.value?.length).toBe(2 * 2 ** 12);
    expect(errorOf(resolution, 'L10')).toEqual({ code: 'TOO_MANY_STEPS', path: ['L10'] });
    expect(errorOf(resolution, 'L8')).toEqual({ code: 'TOO_MANY_STEPS', path: ['L8', 'L9', 'L10'] });
  });

  it('10,000 steps resolve, one more does not', () => {
    const steps = (count: number): string => '${X}'.repeat(count);
    const resolution = resolved({ X: '', A: steps(10_000), B: steps(10_001), C: `\${D}${steps(9_998)}`, D: '${NO}' });
    expect(resolution.variables.get('A')?.value).toBe('');
    expect(errorOf(resolution, 'B')).toEqual({ code: 'TOO_MANY_STEPS', path: ['B'] });
    expect(errorOf(resolution, 'C')).toBeNull();
    expect(errorOf(resolved({ A: `\${D}${steps(9_999)}`, X: '', D: '${NO}' }), 'A')?.code).toBe('TOO_MANY_STEPS');
  });

  it('case 94: a result of 1 MiB resolves, a byte more does not, and takes along what draws on it', () => {
    const resolution = resolved({
      X: 'x'.repeat(64 * KIB),
      Y: 'é',
      A: '${X}'.repeat(16),
      B: `${'${X}'.repeat(15)}${'x'.repeat(64 * KIB - 1)}\${Y}`,
      C: '${A}+${B}',
      D: '${C}',
    });
    expect(resolution.variables.get('A')?.value?.length).toBe(KIB * KIB);
    expect(errorOf(resolution, 'B')).toEqual({ code: 'TOO_LARGE', path: ['B'] });
    expect(errorOf(resolution, 'D')).toEqual({ code: 'TOO_LARGE', path: ['D', 'C', 'B'] });
  });

  it('templated results of one environment: 16 MiB in name order, past that each key is too large', () => {
    const laughs = Object.fromEntries(
      Array.from({ length: 20 }, (_x, i) => [`K${String(i).padStart(2, '0')}`, '${BIG}']),
    );
    const resolution = resolved({ ...laughs, A0: '${K17}', BIG: 'x'.repeat(KIB * KIB) });
    const errors = [...resolution.variables.values()].filter(({ error }) => error !== null);
    expect(errors.map(({ name }) => name)).toEqual(['A0', 'K15', 'K16', 'K17', 'K18', 'K19']);
    expect(errorOf(resolution, 'K17')).toEqual({ code: 'TOO_LARGE', path: ['K17'] });
    expect(errorOf(resolution, 'A0')).toEqual({ code: 'TOO_LARGE', path: ['A0', 'K17'] });
  });

  it('a file is judged as a variable with its text would be, without its bytes', () => {
    const big = { X: 'x'.repeat(64 * KIB) };
    const resolution = resolved(big, {
      '/fits': '${X}'.repeat(16),
      '/over': `${'${X}'.repeat(16)}.`,
      '/plain': 'x'.repeat(2 * KIB * KIB),
    });
    expect(resolution.files.get('/fits')?.error).toBeNull();
    expect(resolution.files.get('/over')?.error).toEqual({ code: 'TOO_LARGE', path: ['/over'] });
    expect(resolution.files.get('/plain')?.error).toBeNull();
    expect(resolution.render('${X}'.repeat(17))).toBeNull();
  });

  it.each(['', 'a', 'é', '€', '😀', 'a\u0000é€😀\uffff'])('counts the bytes of %j as an encoder would', (text) => {
    expect(utf8Size(text)).toBe(Buffer.byteLength(text));
  });

  it('a text full of openings is read once', () => {
    const text = '${'.repeat(512 * KIB);
    expect(scanTemplate(text)).toEqual([text]);
    expect(scanTemplate('$${'.repeat(3))).toEqual(['${', '${', '${']);
  });
});
