import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assertLimits, limitsWith, limitTableOf } from '../../src/app/limits.ts';
import { SLICES } from '../../src/app/slices.ts';
import { type LimitName, OWN_LIMITS, variableOf } from '../../src/kernel/limits.ts';
import { notes } from '../nouns/notes/slice.ts';
import { LIMITS, printedLimits } from './print-limits.ts';

const sources = (readdirSync('src', { recursive: true }) as string[])
  .filter((name) => name.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(join('src', file), 'utf8') }));

/** Where a limit is read: `limits.x`, or taken out of `limits`, or named in quotes. */
const readingOf = (name: string): RegExp =>
  new RegExp(
    `\\blimits\\.${name}\\b|'${name}'|\\blimits: \\{[^}]*\\b${name}\\b|\\{[^}]*\\b${name}\\b[^}]*\\} = [a-z.]*\\blimits;`,
  );

describe('limits', () => {
  it('are all in the reference', () => {
    expect(readFileSync(LIMITS, 'utf8')).toBe(printedLimits());
    const names = Object.keys(limitTableOf()) as LimitName[];
    expect(names.length).toBeGreaterThan(80);
    for (const name of names) expect(printedLimits()).toContain(`| \`${variableOf(name)}\` |`);
  });

  it('have defaults of their minimum at least, and words', () => {
    for (const [name, { default: usual, min, words }] of Object.entries(limitTableOf())) {
      expect(usual, name).toBeGreaterThanOrEqual(min);
      expect(words, name).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('that documents name exist', () => {
    const known = (Object.keys(limitTableOf()) as LimitName[]).map(variableOf);
    const documents = [
      'README.md',
      '.github/guide.md',
      '.github/operations.md',
      '.github/CHANGELOG.md',
      'plugins/README.md',
    ];
    const named = [...documents.map((file) => readFileSync(file, 'utf8')), ...sources.map(({ text }) => text)].flatMap(
      (text) => text.match(/KEYLOOM_LIMIT_[A-Z][A-Z_0-9]*[A-Z0-9](?!\w|\*|_\*)/g) ?? [],
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !known.includes(name as never))).toEqual([]);
  });

  const ofNouns = SLICES.flatMap(({ limits = {} }) => Object.keys(limits));
  it.each(ofNouns)('%s of a noun is read by nouns alone', (name) => {
    const readers = sources.filter(({ text }) => readingOf(name).test(text)).map(({ file }) => file);
    expect(readers).not.toEqual([]);
    expect(readers.filter((file) => !file.startsWith('modules/'))).toEqual([]);
  });

  it('of one name are refused, and so is a gateway without one of them', () => {
    expect(() => limitTableOf([...SLICES, { name: 'twin', limits: { bodyBytes: OWN_LIMITS.bodyBytes } }])).toThrow(
      'The limit bodyBytes of twin is there already',
    );
    const slices = [...SLICES, notes];
    expect(() => assertLimits(limitsWith(), slices)).toThrow('The limit notesPerProject has no value');
    expect(() => assertLimits(limitsWith({}, slices), slices)).not.toThrow();
  });
});
