import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byCodePoint } from '../../../src/kernel/ids.ts';
import * as chain from '../../../src/store/chain.ts';
import { keyOfText, keyText, scopeOf } from '../../../src/store/keys.ts';
import type { Commit, Head, Kind } from '../../../src/store/port.ts';
import { aCommit, aTag, testMac } from '../../support/a-commit.ts';

const tag = fc.uint8Array({ minLength: 32, maxLength: 32 });
const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

describe('sums of tags', () => {
  it('add and subtract modulo 2^256', () => {
    fc.assert(
      fc.property(tag, tag, (a, b) => {
        expect(number(chain.addTag(a, b))).toBe((number(a) + number(b)) % 2n ** 256n);
        expect(chain.subtractTag(chain.addTag(a, b), b)).toEqual(a);
      }),
    );
    const most = new Uint8Array(32).fill(255);
    expect(chain.subtractTag(chain.EMPTY_SUM, chain.addTag(chain.EMPTY_SUM, most)).at(-1)).toBe(1);
  });
});

function aLog(count: number): readonly Commit[] {
  const log: Commit[] = [];
  let head: Head | null = null;
  for (let i = 0; i < count; i += 1) {
    const touched = [{ kind: 'team' as Kind, key: ['acme', `t${i}`], revision: 1 }];
    const commit = chain.nextCommit(testMac, head, aCommit([], { id: `c${i}` }), touched);
    head = chain.nextHeads(testMac, commit, () => head, [], [])[0] ?? null;
    log.push(commit);
  }
  return log;
}

describe('verifyCommits', () => {
  const log = aLog(4);
  const [first, second, third] = log;
  if (!first || !second || !third) throw new Error('unreachable');
  const verify = (commits: readonly Commit[], previous = chain.FIRST_CHAIN): string => {
    try {
      chain.verifyCommits(testMac, previous, commits);
      return 'fine';
    } catch (error) {
      return String((error as { code?: unknown }).code);
    }
  };

  it('accepts a log, its parts, and nothing', () => {
    expect(verify(log)).toBe('fine');
    expect(verify(log.slice(2), second.mac)).toBe('fine');
    expect(verify([])).toBe('fine');
  });

  it.each<[string, readonly Commit[]]>([
    ['one left out', [first, third]],
    ['the first left out', log.slice(1)],
    ['two swapped', [second, first]],
    ['one twice', [first, first]],
    ['an actor edited', [{ ...first, actor: 'user/eve' }]],
    ['an operation edited', [{ ...first, operation: 'x' }]],
    ['a time edited', [{ ...first, at: '2027-01-01T00:00:00.000Z' }]],
    ['a team edited', [{ ...first, team: 'other' }]],
    ['a number edited', [{ ...first, seq: 2 }]],
    ['an id edited', [{ ...first, id: 'c1' }]],
    ['what it touched edited', [{ ...first, touched: [] }]],
    ['a revision edited', [{ ...first, touched: [{ kind: 'team', key: ['acme', 't0'], revision: 2 }] }]],
    ['a key cut elsewhere', [{ ...first, touched: [{ kind: 'team', key: ['acmet', '0'], revision: 1 }] }]],
    ['text moved to its neighbour', [{ ...first, actor: 'user/adas', operation: 'ecretGroup.put' }]],
  ])('refuses %s', (_what, commits) => expect(verify(commits)).toBe('INTEGRITY'));
});

describe('heads', () => {
  const commit = aLog(1)[0];
  if (!commit) throw new Error('unreachable');
  const change = (kind: Kind, key: readonly string[], after: Uint8Array | null, before: Uint8Array | null = null) => ({
    kind,
    key,
    before,
    after,
  });

  it('changes only the projects that were touched, and always the team', () => {
    const heads = chain.nextHeads(
      testMac,
      commit,
      () => null,
      [
        change('secretGroup', ['acme', 'p', 'a'], aTag('a')),
        change('service', ['acme', 'q', 'a'], aTag('b')),
        change('kek', ['elsewhere', 'x', 'y'], aTag('c')),
      ],
      [],
    );
    expect(heads.map(({ scope }) => scope)).toEqual([['acme'], ['acme', 'p'], ['acme', 'q']]);
    expect(heads[0]?.sets.get('kek')?.sum).toEqual(aTag('c'));
    for (const head of heads) chain.verifyHead(testMac, head);
  });

  it('refuses an edited head, whatever was edited', () => {
    const [head] = chain.nextHeads(testMac, commit, () => null, [change('team', ['acme'], aTag('a'))], []);
    const set = head?.sets.get('team');
    if (!head || !set) throw new Error('unreachable');
    const edits: readonly Partial<Head>[] = [
      { scope: ['acme', 'p'] },
      { seq: 2 },
      { chain: chain.EMPTY_SUM },
      { sets: new Map() },
      { bytes: head.bytes + 1 },
      { sets: new Map([['tag', set]]) },
      { sets: new Map([['team', { ...set, count: 2 }]]) },
      { sets: new Map([['team', { ...set, seq: 2 }]]) },
      { sets: new Map([['team', { ...set, sum: chain.EMPTY_SUM }]]) },
      { mac: head.mac.slice(1) },
    ];
    for (const edit of edits) expect(() => chain.verifyHead(testMac, { ...head, ...edit })).toThrow(/integrity/);
  });

  it('refuses to take out more than there is', () => {
    const none = () => chain.nextHeads(testMac, commit, () => null, [change('team', ['acme'], null, aTag('a'))], []);
    expect(none).toThrow(/integrity/);
  });
});

describe('keys', () => {
  const part = fc.string({ minLength: 1, maxLength: 5, unit: 'binary' }).filter((text) => !text.includes('\0'));
  const key = fc.array(part, { minLength: 1, maxLength: 4 });

  it('are told apart, come back, and stand in the order of their parts by code point', () => {
    const byParts = (a: readonly string[], b: readonly string[]): number => {
      const at = a.findIndex((text, i) => text !== b[i]);
      return at === -1 ? a.length - b.length : b[at] === undefined ? 1 : byCodePoint(a[at] ?? '', b[at] ?? '');
    };
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(keyOfText(keyText(a))).toEqual(a);
        const order = Buffer.compare(Buffer.from(keyText(a)), Buffer.from(keyText(b)));
        expect(Math.sign(order)).toBe(Math.sign(byParts(a, b)));
      }),
    );
  });

  it('belong to the team up to two parts, and where they do not begin with it; to the project from three on', () => {
    expect(scopeOf('acme', ['acme'])).toEqual(['acme']);
    expect(scopeOf('acme', ['acme', 'p'])).toEqual(['acme']);
    expect(scopeOf('acme', ['acme', 'p', 'x', 'y'])).toEqual(['acme', 'p']);
    expect(scopeOf('acme', ['other', 'p', 'x'])).toEqual(['acme']);
  });
});
