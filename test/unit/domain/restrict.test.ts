import { describe, expect, it } from 'vitest';
import { verdictOn } from '../../../src/domain/restrict.ts';
import type { TagMatchCondition } from '../../../src/domain/types.ts';
import { inputOf, NO_RESTRICTIONS } from './project.ts';

const SETS: readonly (readonly string[])[] = [[], ['red'], ['blue'], ['red', 'blue']];

const applies = (tagMatchCondition: TagMatchCondition, tags: readonly string[], has: readonly string[]): boolean => {
  const { workload } = inputOf({ workload: { tags: has }, groups: {} });
  const restrictions = { ...NO_RESTRICTIONS, restricted: true, tags, tagMatchCondition };
  const header = { id: 'g', type: 'secret', secretType: 'environment', priority: 1, restrictions } as const;
  return verdictOn(header, 'RUNTIME', workload).applies;
};

describe('case 25: tags wanted (rows) and tags of the workload (columns): none, red, blue, both', () => {
  it.each<[TagMatchCondition, readonly string[]]>([
    ['or', ['----', '-x-x', '--xx', '-xxx']],
    ['and', ['----', '-x-x', '--xx', '---x']],
  ])('%s', (condition, table) => {
    const rows = SETS.map((wanted) => SETS.map((has) => (applies(condition, wanted, has) ? 'x' : '-')).join(''));
    expect(rows).toEqual(table);
  });
});
