import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Every change passes the writer of the vault; nobody else commits, or keeps a part of that way for themselves. */
const ROOT = new URL('../../src/', import.meta.url).pathname;
const FILES = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, source: readFileSync(join(ROOT, file), 'utf8') }));

/** A part of the way of a change: how it looks in a source, and which files may hold it. */
const PARTS: readonly {
  readonly part: string;
  readonly pattern: RegExp;
  readonly files: RegExp;
  readonly example: string;
}[] = [
  {
    part: 'a commit to the store',
    pattern: /\bstore\.commit\(|\bcommitter\.commit\(/,
    files: /^(vault\/commits|keys\/documents|store\/.*)\.ts$/,
    example: 'await store.commit({ id, writes })',
  },
  {
    part: 'a commit past the writer',
    pattern: /\b#?vault\.commit\(|\bwriter\.commit\(|\bsession\.commit\(/,
    // Two jobs of the gateway's own tidy up: what they erase rests on nothing but its revision.
    files: /^(vault\/writer|vault\/forgetting|access\/session|modules\/projects\/destruction)\.ts$/,
    example: "await vault.commit({ team, actor, operation: 'x', changes })",
  },
  {
    part: 'an exclusive turn',
    pattern: /\bvault\.exclusive\(/,
    // A provider makes new credentials for an addon once at a time, long before anything is committed.
    files: /^(vault\/writer|modules\/addons\/rotation)\.ts$/,
    example: 'return vault.exclusive(key, async () => {})',
  },
  {
    part: 'what repeated requests are answered with',
    pattern: /\bcreateMemory\b|\brememberedDocument\b/,
    files: /^vault\/(once|writer|forgetting)\.ts$/,
    example: 'const memory = createMemory(vault, keys)',
  },
  {
    part: 'the check of a revision that was seen',
    pattern: /\brequireSeen\b|conflict\(.REVISION_MOVED/,
    // The store says it of what moved between the decision and the commit.
    files: /^(vault\/(order|writer)|store\/plan)\.ts$/,
    example: "throw conflict('REVISION_MOVED', text)",
  },
  {
    part: 'the cut of a history',
    pattern: /\bop: 'purge'/,
    // The name and description of a project go with its history before its keys do.
    files: /^(vault\/writer|store\/.*|keys\/.*|modules\/projects\/destruction)\.ts$/,
    example: "const change = { op: 'purge', kind, key, before }",
  },
];

describe('one writer', () => {
  it.each(PARTS)('$part is nowhere but in its place', ({ pattern, files }) => {
    const holders = FILES.filter(({ source }) => pattern.test(source)).map(({ file }) => file);
    expect(holders.filter((file) => !files.test(file))).toEqual([]);
    expect(holders.length).toBeGreaterThan(0);
  });

  it.each(PARTS)('$part would be found', ({ pattern, example }) => {
    expect(pattern.test(example)).toBe(true);
  });
});
