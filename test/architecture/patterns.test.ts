import { readdirSync, readFileSync } from 'node:fs';
import { isSafe } from 'redos-detector';
import { describe, expect, it } from 'vitest';
import { isSshSigned } from '../../src/crypto/ssh-signature.ts';

/** A literal of a regular expression where one may stand; a pattern that spans lines would be missed. */
const LITERAL =
  /(?<=[=(,:[!&|?{};]\s*|return\s+|^\s*)\/(?![/*])((?:[^\\/[\n`]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([dgimsuvy]*)/g;
/** How much longer than the text a search may take, in steps for each character. */
const MAX_SCORE = 60;

/** Patterns that the checker does not know to be harmless, and why they are. */
const HARMLESS: ReadonlyMap<string, string> = new Map([
  [String.raw`\b(Name|Int|Float|String|BlockString|Comment) ".*"`, 'the first place that fits is followed by a quote'],
  [String.raw`(?::| but got:) "[\s\S]*$`, 'matches to the end at the first place that fits'],
  [
    '^(EPROTO|ERR_(TLS|SSL|OSSL)_.*|.*(CERT|CRL|ISSUER|SELF_SIGNED|SIGNATURE|CA_FOUND|INVALID_CA|PATH_LENGTH|PURPOSE).*)$',
    'codes are cut to 100 characters before',
  ],
  [String.raw`(?<=.)\.[^.]*$`, 'a dot ends the part that is repeated'],
  [String.raw`"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+`, 'reads valid JSON alone, where every quote is closed'],
  [
    String.raw`^\/([a-zA-Z0-9\-._]+\/)*[a-zA-Z0-9\-._]+$`,
    'a slash ends each part, so that there is one way to read it',
  ],
  [String.raw`<Code>([A-Za-z]+)<\/Code>`, 'letters end at the next angle bracket'],
  [String.raw`\d+$`, 'reads members that have a port of at most five digits'],
  [String.raw`:\d+$`, 'a colon begins it, and no digit is one'],
  [String.raw`"(?:[^"]|"")*"|[^",\s]+`, 'reads what a server says, in a process of its own with a deadline'],
]);

const found = ['src', 'plugins'].flatMap((folder) =>
  (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) =>
      readFileSync(`${folder}/${name}`, 'utf8')
        .split('\n')
        .filter((line) => !/^\s*(\/\/|\*|\/\*)/.test(line))
        .flatMap((line) => [...line.matchAll(LITERAL)])
        .map(([, source = '', flags = '']): readonly [string, string, string] => [`${folder}/${name}`, source, flags]),
    ),
);

/** Where a sticky pattern begins is given, as with an anchor. */
const fixed = (source: string, flags: string): RegExp =>
  new RegExp(flags.includes('y') ? `^(?:${source})` : source, flags.replace(/[gy]/g, ''));

describe('case 61: regular expressions', () => {
  it('are found', () => {
    expect(found.length).toBeGreaterThan(150);
  });

  it.each(found)('%s: %s takes no longer than its text', (_file, source, flags) => {
    if (HARMLESS.has(source)) return;
    expect(isSafe(fixed(source, flags), { maxScore: MAX_SCORE, maxSteps: 20_000, timeout: 10_000 }).error).toBeNull();
  });

  it('that are called harmless are still there, and still unknown to the checker', () => {
    const sources = new Map(found.map(([, source, flags]) => [source, flags]));
    expect([...HARMLESS.keys()].filter((source) => !sources.has(source))).toEqual([]);
    const known = [...HARMLESS.keys()].filter(
      (source) => isSafe(fixed(source, sources.get(source) ?? ''), { maxScore: MAX_SCORE, maxSteps: 20_000 }).safe,
    );
    expect(known).toEqual([]);
  });

  it('the checker finds what it should: the former pattern of an armor', () => {
    const former = /^-----BEGIN SSH SIGNATURE-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END SSH SIGNATURE-----\s*$/;
    expect(isSafe(former, { maxScore: MAX_SCORE, maxSteps: 20_000 }).safe).toBe(false);
  });
});

describe('case 241: an armor of nothing but spaces', () => {
  it.each([2_000, 19_000, 5_000_000])('%i of them are read in one pass', (length) => {
    const spaces = ' '.repeat(length);
    const armored = `-----BEGIN SSH SIGNATURE-----${spaces}x${spaces}-----END SSH SIGNATURE-----${spaces}x`;
    for (const text of [armored, armored.slice(0, -1), armored.replaceAll('x', '')]) {
      expect(isSshSigned(Buffer.from('message'), text, 'git', [])).toBe(false);
    }
  });
});
