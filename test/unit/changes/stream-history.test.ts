import { describe, expect, it } from 'vitest';
import {
  type CommitHistory,
  checkCommits,
  checkEnvironment,
  type EnvironmentHistory,
  type EnvironmentState,
  type LogEntry,
  type ToldEnvironment,
} from '../../support/stream-history.ts';

// The judge of the stress test is judged here: it accepts what is right and names each thing that is wrong.

const group = (project: string, seq: number) => ({ kind: 'SECRET_GROUP', project, name: 'g', revision: seq });
const LOG: readonly LogEntry[] = [1, 2, 3, 4, 5, 6, 7, 8].map((seq) => ({
  seq,
  operation: 'secretGroup.update',
  touched: [group(seq % 2 === 0 ? 'mine' : 'other', seq)],
}));
const told = (seq: number, over: object = {}) => ({
  seq,
  operation: 'secretGroup.update',
  changes: [group('mine', seq)],
  ...over,
});
const history = (over: Partial<CommitHistory>): CommitHistory => ({
  begin: { min: 2, max: 2 },
  told: [4, 6, 8].map((seq) => told(seq)),
  due: ({ project }) => (project === 'mine' ? 'must' : 'never'),
  isWhole: true,
  ...over,
});
const judge = (over: Partial<CommitHistory>): readonly string[] => checkCommits(LOG, history(over));

describe('streams of commits', () => {
  it.each<[string, Partial<CommitHistory>]>([
    ['the whole', {}],
    ['what was cut off early and not due', { told: [told(4)], isWhole: false }],
    ['a beginning that is known roughly', { begin: { min: 1, max: 5 } }],
    ['what may be told, told', { due: () => 'may' }],
    ['what may be told, not told', { told: [], due: () => 'may' }],
  ])('accepts %s', (_what, over) => {
    expect(judge(over)).toEqual([]);
  });

  it.each<[string, Partial<CommitHistory>, RegExp]>([
    ['a gap', { told: [told(4), told(8)] }, /^gap: 6 secretGroup.update of SECRET_GROUP mine\/g r6 is missing$/],
    ['a gap before where it was cut off', { told: [told(4), told(8)], isWhole: false }, /^gap: 6/],
    ['a missing first', { told: [told(6), told(8)] }, /^gap: 4/],
    ['a missing first after a rough beginning', { told: [told(8)], begin: { min: 1, max: 5 } }, /^gap: 6/],
    ['a missing end', { told: [told(4), told(6)] }, /^gap: 8/],
    ['silence', { told: [told(4)] }, /^gap: 6/],
    ['a duplicate', { told: [told(4), told(6), told(6), told(8)] }, /^duplicate: 6 again after 6$/],
    ['a late duplicate', { told: [told(4), told(6), told(8), told(4)] }, /^duplicate: 4 again after 8$/],
    ['a reordering', { told: [told(6), told(4), told(8)] }, /^reordering: 4 after 6$/],
    ['something from before it began', { told: [told(2), told(4), told(6), told(8)] }, /^early: 2/],
    ['a commit that never was', { told: [4, 6, 8, 9].map((seq) => told(seq)) }, /^foreign: 9 is not in the log$/],
    [
      'an event of another project',
      { told: [told(4), told(5, { changes: [group('other', 5)] }), told(6), told(8)] },
      /^foreign: 5 told of SECRET_GROUP other/,
    ],
    [
      'a thing of another team under the same number',
      { told: [told(4, { changes: [{ ...group('mine', 4), name: 'theirs' }] }), told(6), told(8)] },
      /^foreign: 4 did not touch SECRET_GROUP mine\/theirs r4$/m,
    ],
    [
      'another revision',
      { told: [told(4, { changes: [group('mine', 3)] }), told(6), told(8)] },
      /^foreign: 4 did not touch/,
    ],
    ['an empty event', { told: [told(4, { changes: [] }), told(6), told(8)] }, /^altered: 4 leaves out/],
    [
      'another operation',
      { told: [told(4, { operation: 'tag.create' }), told(6), told(8)] },
      /^altered: 4 is secretGr/,
    ],
    [
      'a thing told twice in one event',
      { told: [told(4, { changes: [group('mine', 4), group('mine', 4)] }), told(6), told(8)] },
      /^altered: 4 tells of one thing twice$/,
    ],
    [
      'anything after a right was taken',
      { due: ({ project }, seq) => (project !== 'mine' || seq >= 6 ? 'never' : 'must') },
      /^foreign: 6 told of/,
    ],
  ])('names %s', (_what, over, expected) => {
    expect(judge(over).join('\n')).toMatch(expected);
  });

  it('shows only the first few of many', () => {
    const found = judge({ told: Array.from({ length: 10 }, () => told(8)) });
    expect(found.filter((text) => text.startsWith('duplicate'))).toEqual([
      ...Array.from({ length: 3 }, () => 'duplicate: 8 again after 8'),
      'duplicate: 6 more',
    ]);
  });
});

const state = (seq: number, a: string, over: Partial<EnvironmentState> = {}): EnvironmentState => ({
  seq,
  digest: `digest ${a}`,
  facts: new Map([['A', a]]),
  values: new Map([['A', a]]),
  ...over,
});
// 3 changes nothing.
const STATES = [state(1, 'x'), state(2, 'y'), state(3, 'y'), state(4, 'z'), state(5, 'q')];
const event = (seq: number, a: string, over: Partial<ToldEnvironment> = {}): ToldEnvironment => ({
  seq,
  digest: `digest ${a}`,
  variables: { added: [], removed: [], changed: ['A'] },
  values: new Map([['A', a]]),
  ...over,
});
const RIGHT = [event(2, 'y'), event(4, 'z'), event(5, 'q')];
const judgeEnvironment = (over: Partial<EnvironmentHistory>): readonly string[] =>
  checkEnvironment({ begin: { min: 1, max: 1 }, told: RIGHT, states: STATES, storm: 32, ...over });

describe('streams of what a workload gets', () => {
  it.each<[string, Partial<EnvironmentHistory>]>([
    ['the whole', {}],
    ['no values for those who may not have them', { told: RIGHT.map((each) => ({ ...each, values: null })) }],
    ['the last of many in a storm', { told: [event(5, 'q')], storm: 2 }],
    ['a rough beginning', { begin: { min: 1, max: 3 }, told: RIGHT.slice(1) }],
    ['nothing told when nothing changed', { begin: { min: 5, max: 5 }, told: [] }],
  ])('accepts %s', (_what, over) => {
    expect(judgeEnvironment(over)).toEqual([]);
  });

  it.each<[string, Partial<EnvironmentHistory>, RegExp]>([
    ['a gap', { told: [event(2, 'y'), event(5, 'q')] }, /^gap: 4 changed the digest after 2, and was not told$/],
    ['a change there and back', { states: [state(1, 'x'), state(2, 'y'), state(3, 'x')], told: [] }, /^gap: 2/],
    ['a duplicate', { told: [event(2, 'y'), ...RIGHT] }, /^duplicate: 2/],
    ['a reordering', { told: [event(4, 'z'), event(2, 'y'), event(5, 'q')] }, /^reordering: 2 after 4/],
    ['an event without a change', { told: [RIGHT[0] as never, event(3, 'y'), ...RIGHT.slice(1)] }, /no change since 2/],
    ['an event of another workload', { told: [...RIGHT, event(9, 'q')] }, /^foreign: 9 does not concern it$/],
    ['another digest', { told: [event(2, 'y', { digest: 'd' }), ...RIGHT.slice(1)] }, /^altered: 2 has digest d, not/],
    [
      'other values',
      { told: [event(2, 'z', { digest: 'digest y' }), ...RIGHT.slice(1)] },
      /^altered: 2 has A z, not y$/,
    ],
    ['missing values', { told: [event(2, 'y', { values: new Map() }), ...RIGHT.slice(1)] }, /^altered: 2 leaves out/],
    [
      'other names',
      { told: [event(2, 'y', { variables: { added: ['A'], removed: [], changed: [] } }), ...RIGHT.slice(1)] },
      /^altered: 2: added A; removed ; changed ; but since 1: added ; removed ; changed A$/,
    ],
    ['a wrong final state', { told: RIGHT.slice(0, 2) }, /^final state: digest z of 4, not digest q$/m],
    ['a wrong final state after a storm', { told: [event(2, 'y')], storm: 1 }, /^final state: digest y of 2/],
    ['silence', { told: [] }, /^final state: digest x of 1, not digest q$/m],
  ])('names %s', (_what, over, expected) => {
    expect(judgeEnvironment(over).join('\n')).toMatch(expected);
  });
});
