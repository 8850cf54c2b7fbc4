import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeIn } from '../../../src/modules/git-sync/json-place.ts';
import { branchTrouble, filePathTrouble, urlTrouble } from '../../../src/modules/vcs/repo-url.ts';
import { git } from '../../support/git-host.ts';

describe('addresses', () => {
  it.each([
    'https://github.com/team/config',
    'https://github.com/team/config.git',
    'https://github.com/team/config/',
    'https://GitHub.com/team/a_b.c-d',
    'https://dev.azure.com/org/My%20Project/_git/repo',
    'https://git.example:8443/scm/~me/repo',
    'https://xn--bcher-kva.example/a',
  ])('takes %s', (url) => {
    expect(urlTrouble(url)).toBe(null);
  });

  it('case 182: takes one-letter owners and repositories', () => {
    expect(urlTrouble('https://github.com/a/b')).toBe(null);
  });

  it('case 59: looks at nothing but the length of a long text', () => {
    expect(urlTrouble(`https://${'www.aa.aa'.repeat(7_300)}!`)).toMatchObject({ rule: 'max' });
    expect(urlTrouble(`https://a.example/${'a'.repeat(2_030)}`)).toBe(null);
    expect(urlTrouble(`https://a.example/${'a'.repeat(2_031)}`)).toMatchObject({ rule: 'max' });
  });

  it('never throws, and never takes credentials or a hyphen in front', () => {
    const part = fc.constantFrom(
      'a',
      '-',
      '@',
      ':',
      '/',
      '.',
      '..',
      '%2d',
      '%2f',
      '%',
      '?',
      '#',
      '\\',
      'ü',
      '\t',
      'https:',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const text = `https://${parts.join('')}`;
        if (urlTrouble(text)) return;
        const url = new URL(text);
        expect([url.username, url.password, url.search, url.hash]).toEqual(['', '', '', '']);
        for (const segment of decodeURIComponent(url.pathname).split('/')) expect(segment).not.toMatch(/^-/);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('branches', () => {
  it('are those that git itself takes, but for hyphens in front', () => {
    const piece = fc.constantFrom(
      'a',
      'B',
      '-',
      '.',
      '/',
      '@',
      '{',
      '}',
      '~',
      '^',
      ':',
      '?',
      '*',
      '[',
      '\\',
      ' ',
      '.lock',
      'ü',
    );
    const names = fc
      .sample(fc.array(piece, { minLength: 1, maxLength: 5 }), { numRuns: 400, seed: 7 })
      .map((parts) => parts.join(''));
    // Asked all at once: a process for each would take long.
    const script = `while IFS= read -r name; do git check-ref-format "refs/heads/$name" && echo yes || echo no; done`;
    const answers = git('/', ['-c', `alias.each=!${script}`, 'each'], `${names.join('\n')}\n`).split('\n');
    expect(answers).toHaveLength(names.length);
    for (const [i, name] of names.entries()) {
      const allowed = answers[i] === 'yes' && !name.startsWith('-') && name !== '@';
      expect([name, branchTrouble(name) === null]).toEqual([name, allowed]);
    }
  });
});

describe('paths', () => {
  it.each(['/a', '/a/b.json', '/.env', '/a-b/_c/d..e'])('takes %s', (path) => {
    expect(filePathTrouble(path)).toBe(null);
  });
  it.each([
    '',
    '/',
    'a',
    '/a/',
    '//a',
    '/./a',
    '/a/..',
    '/.../a',
    '/-a',
    '/a/-b',
    '/.GIT/a',
    '/a b',
    '/a\n',
    '/ü',
    '/a\\b',
    '/a:b',
  ])('refuses %j', (path) => {
    expect(filePathTrouble(path)).not.toBe(null);
  });
  it('ends at once with the worst of texts', () => {
    expect(filePathTrouble(`/${'a/'.repeat(500)}!`)).toMatchObject({ rule: 'pattern' });
    expect(filePathTrouble(`/${'a.'.repeat(500_000)}!`)).toMatchObject({ rule: 'max' });
  });
});

describe('places in JSON', () => {
  const paths = (value: unknown, at: readonly string[] = []): readonly (readonly string[])[] =>
    typeof value === 'object' && value !== null
      ? [at, ...Object.entries(value).flatMap(([name, each]) => paths(each, [...at, name]))]
      : [at];

  it('is where the value begins, however the text is written', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(0, 1, 3), (raw, indent) => {
        const value: unknown = JSON.parse(JSON.stringify(raw));
        const text = JSON.stringify(value, null, indent);
        for (const path of paths(value)) {
          let wanted: unknown = value;
          for (const name of path) wanted = (wanted as Record<string, unknown>)[name];
          const rest = text.slice(placeIn(text, path));
          // The text from there on begins with the value, written as it is at this depth.
          const lead = rest.replace(/\s+/g, '').startsWith(JSON.stringify(wanted).replace(/\s+/g, ''));
          expect([path, lead]).toEqual([path, true]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('tells equal values apart by their names', () => {
    expect(placeIn('{"a":{"b":1},"b":{"b":1,"a":[1,1]}}', ['b', 'a', '1'])).toBe(31);
    expect(placeIn('{"\\u0061":1}', ['a'])).toBe(10);
    expect(placeIn('{"a":{"b":1}}', ['a', 'c'])).toBe(5);
  });
});
