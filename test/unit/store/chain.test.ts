import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byCodePoint } from '../../../src/kernel/ids.ts';
import * as chain from '../../../src/store/chain.ts';
import { keyOfText, keyText, scopeOf } from '../../../src/store/keys.ts';
import { emptyBeside, knownOf, take } from '../../../src/store/mongo/beside.ts';
import { type LeafChange, nextHeads } from '../../../src/store/next-heads.ts';
import type { Commit, Head, Key, Kind } from '../../../src/store/port.ts';
import { EMPTY_STATE, EMPTY_SUM, movedState, sumOf } from '../../../src/store/set-hash.ts';
import { aCommit, aTag, testMac } from '../../support/a-commit.ts';

/** What a commit of one team finds in an empty store, and writes into it. */
function aKnown(rootLags = false) {
  const beside = emptyBeside();
  const known = { ...knownOf(beside), rootLags };
  const commit = (made: Commit, changes: readonly LeafChange[] = []): readonly Head[] => {
    const next = nextHeads(testMac, made, known, changes, []);
    take(beside, next);
    return next.heads;
  };
  return { beside, known, commit };
}

function aLog(count: number): readonly Commit[] {
  const log: Commit[] = [];
  const { known, commit: commitTo } = aKnown();
  for (let i = 0; i < count; i += 1) {
    const touched = [{ kind: 'team' as Kind, key: ['acme', `t${i}`], revision: 1 }];
    const commit = chain.nextCommit(testMac, known.head(['acme']), aCommit([], { id: `c${i}` }), { touched, cut: [] });
    commitTo(commit);
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
    isCut: false,
  });

  it('changes only the projects that were touched, and always the team and the root', () => {
    const heads = aKnown().commit(commit, [
      change('secretGroup', ['acme', 'p', 'a'], aTag('a')),
      change('service', ['acme', 'q', 'a'], aTag('b')),
      change('kek', ['elsewhere', 'x', 'y'], aTag('c')),
    ]);
    expect(heads.map(({ scope }) => scope)).toEqual([['acme', 'p'], ['acme', 'q'], ['acme'], ['~root']]);
    expect(heads[2]?.sets.get('kek')?.sum).toEqual(sumOf(movedState(testMac, EMPTY_STATE, [], [aTag('c')])));
    for (const head of heads) chain.verifyHead(testMac, head);
  });

  it('writes a root that lags only with the first commit of a team', () => {
    const { commit: commitTo } = aKnown(true);
    expect(commitTo(commit).map(({ scope }) => scope)).toEqual([['acme'], ['~root']]);
    expect(commitTo({ ...commit, seq: 2 }).map(({ scope }) => scope)).toEqual([['acme']]);
  });

  it('reads the state of the sets that it touches alone, and refuses one that is not what the head says', () => {
    const { beside, known, commit: commitTo } = aKnown();
    commitTo(commit, [change('tag', ['acme', 'a'], aTag('a')), change('role', ['acme', 'b'], aTag('b'))]);
    const asked: string[] = [];
    const watched = {
      ...known,
      state: (scope: Key, kind: Kind) => {
        asked.push(kind);
        return known.state(scope, kind);
      },
    };
    nextHeads(testMac, { ...commit, seq: 2 }, watched, [change('tag', ['acme', 'c'], aTag('c'))], []);
    expect(asked).toEqual(['tag']);
    for (const [id, state] of beside.sums) beside.sums.set(id, movedState(testMac, state, [], [aTag('x')]));
    expect(() => commitTo({ ...commit, seq: 2 }, [change('tag', ['acme', 'c'], aTag('c'))])).toThrow(/integrity/);
  });

  it('refuses an edited head, whatever was edited', () => {
    const [head] = aKnown().commit(commit, [change('team', ['acme'], aTag('a'))]);
    const set = head?.sets.get('team');
    if (!head || !set) throw new Error('unreachable');
    const edits: readonly Partial<Head>[] = [
      { scope: ['acme', 'p'] },
      { seq: 2 },
      { chain: chain.FIRST_CHAIN },
      { start: { seq: 1, mac: chain.FIRST_CHAIN } },
      { start: { seq: 0, mac: aTag('x') } },
      { below: { digest: aTag('x'), count: 0 } },
      { below: { ...head.below, count: 1 } },
      { sets: new Map() },
      { bytes: head.bytes + 1 },
      { sets: new Map([['tag', set]]) },
      { sets: new Map([['team', { ...set, count: 2 }]]) },
      { sets: new Map([['team', { ...set, seq: 2 }]]) },
      { sets: new Map([['team', { ...set, sum: EMPTY_SUM }]]) },
      { mac: head.mac.slice(1) },
    ];
    for (const edit of edits) expect(() => chain.verifyHead(testMac, { ...head, ...edit })).toThrow(/integrity/);
  });

  it('refuses to take out more than there is', () => {
    const none = () => aKnown().commit(commit, [change('team', ['acme'], null, aTag('a'))]);
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
