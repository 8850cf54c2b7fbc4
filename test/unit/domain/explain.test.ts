import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explain } from '../../../src/domain/explain.ts';
import type { Explanation } from '../../../src/domain/explanation.ts';
import { groupsPart } from '../../../src/domain/groups-part.ts';
import { LIMITS } from '../../../src/domain/limits.ts';
import { layOver } from '../../../src/domain/overlay.ts';
import { resolve } from '../../../src/domain/resolve.ts';
import { checkExplanation } from './check-explanation.ts';
import { anyLimits, anyProject, CANARY } from './generate.ts';
import { inputOf, type ProjectData } from './project.ts';

const KEYS = [
  ...['A', 'B', 'C', 'a', '__proto__', 'EXAMPLE_DB_URL', 'NOBODY'].map((name) => ['variable', name] as const),
  ...['/a', '/etc/c', 'A'].flatMap((name) => [['file', name] as const, ['mount', name] as const]),
];

const explained = (data: ProjectData, name: string): Explanation => {
  const input = inputOf(data);
  return explain(input, resolve(input), 'variable', name);
};

const LISTS = ['shadowed', 'lacking', 'excluded', 'references', 'warnings'] as const;

/** The explanation again and again, each time with one line less. */
function* withoutOneLine(explanation: Explanation): Generator<readonly [string, Explanation]> {
  for (const list of LISTS) {
    for (let i = 0; i < explanation[list].length; i += 1) {
      yield [`${list} ${i}`, { ...explanation, [list]: explanation[list].filter((_line, at) => at !== i) }];
    }
  }
  if (explanation.winner !== null) yield ['winner', { ...explanation, winner: null }];
}

describe('an explanation', () => {
  it('lets an independent checker derive the outcome, and fails the check without any one of its lines', () => {
    const removed = new Map<string, number>();
    const outcomes = new Set<string>();
    const property = fc.property(anyProject, anyLimits, (data, limits) => {
      const input = inputOf(data);
      const resolution = resolve(input, { limits });
      const part = groupsPart(input, { limits });
      const laid = part && layOver(part, input.workload.direct());
      for (const [what, name] of KEYS) {
        const explanation = explain(input, resolution, what, name, limits);
        if (laid) expect(explain(input, laid, what, name, limits)).toEqual(explanation);
        outcomes.add(`${explanation.outcome} ${explanation.error?.code ?? ''}`.trim());
        expect(checkExplanation(explanation, limits)).toEqual([]);
        expect(JSON.stringify(explanation)).not.toContain(CANARY);
        for (const [line, less] of withoutOneLine(explanation)) {
          const [list = ''] = line.split(' ');
          removed.set(list, (removed.get(list) ?? 0) + 1);
          expect(checkExplanation(less, limits), `${name} without ${line}`).not.toEqual([]);
        }
      }
    });
    const all = ['ABSENT', 'ERROR CYCLE', 'ERROR TOO_DEEP', 'ERROR TOO_LARGE', 'ERROR TOO_MANY_STEPS', 'PRESENT'];
    fc.assert(property, { numRuns: 300 });
    // By chance 300 may miss an outcome that is rare.
    for (let more = 0; more < 10 && outcomes.size < all.length; more += 1) fc.assert(property, { numRuns: 300 });
    expect([...removed.keys()].sort()).toEqual([...LISTS, 'winner'].sort());
    expect([...outcomes].sort()).toEqual(all);
  });

  it.each([
    ['SCOPE', { secretType: 'arguments' }, 'holds arguments, which is not for RUNTIME'],
    ['RESTRICTED_NOBODY', { only: {} }, 'is restricted and lists neither workloads nor tags'],
    [
      'NOT_LISTED',
      { only: { workloads: [{ id: 'web', kind: 'job' }] } },
      'is restricted to listed workloads, and service web is not among them',
    ],
    ['TAGS_ANY', { only: { tags: ['b', 'a'] } }, 'wants one of the tags a, b; the service has red'],
    [
      'TAGS_ALL',
      { only: { tags: ['red', 'b'], tagMatchCondition: 'and' } },
      'wants all of the tags b, red; the service has red',
    ],
  ] as const)('names the rule %s that keeps a group away, also of an absent key', (rule, group, detail) => {
    const { outcome, winner, excluded } = explained({ workload: { tags: ['red'] }, groups: { g: group } }, 'A');
    expect({ outcome, winner }).toEqual({ outcome: 'ABSENT', winner: null });
    expect(excluded.map((line) => [line.group, line.rule, line.detail])).toEqual([['g', rule, detail]]);
  });

  it('ranks who holds a key, with the rule of each', () => {
    const { winner, shadowed, lacking, outcome } = explained(
      {
        addons: { 'addon/db': { K: 'v' } },
        groups: {
          b: { variables: { A: '2' }, links: [{ to: 'addon/db', keys: { K: ['A'] } }] },
          a: { type: 'secret', variables: { A: '${B}${B}' } },
          low: { priority: 1, variables: { A: '1' } },
          none: {},
        },
      },
      'A',
    );
    const told = [winner, ...shadowed].map((layer) => [layer?.rule, layer?.priority, layer?.type, layer?.references]);
    expect(outcome).toBe('PRESENT');
    expect(told).toEqual([
      ['TIE_BY_ID', 10, 'secret', 2],
      ['TIE_BY_ID', 10, 'config', 0],
      ['OWN_OVER_LINK', 10, 'config', 0],
      ['LOWER_PRIORITY', 1, 'config', 0],
    ]);
    expect(lacking).toEqual(['none']);
  });

  it('of a key whose link has no value says why it is absent', () => {
    const { winner, outcome } = explained({ groups: { g: { links: [{ to: 'addon/db', keys: { K: ['A'] } }] } } }, 'A');
    expect([outcome, winner?.rule, winner?.unavailable]).toEqual(['ABSENT', 'HIGHEST_PRIORITY', 'ADDON_NOT_FOUND']);
  });

  it('follows a long chain of references', () => {
    const chain = Object.fromEntries(Array.from({ length: 2000 }, (_x, i) => [`K${i}`, `\${K${i + 1}}`]));
    const explanation = explained({ groups: { g: { variables: chain } } }, 'K1990');
    expect(explanation.references.length).toBe(10);
    expect(checkExplanation(explanation, LIMITS)).toEqual([]);
    expect(explained({ groups: { g: { variables: chain } } }, 'K0').references.length).toBe(2000);
  });
});
