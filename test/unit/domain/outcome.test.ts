import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffMaps, diffResolutions } from '../../../src/domain/diff.ts';
import { missingRequired, resolve } from '../../../src/domain/resolve.ts';
import type { Resolution } from '../../../src/domain/types.ts';
import { anyProject } from './generate.ts';
import { inputOf, type ProjectData } from './project.ts';

const resolved = (data: ProjectData): Resolution => resolve(inputOf(data));
const bytes = (data: ProjectData): string => Buffer.from(resolved(data).canonical()).toString();
const base: ProjectData = {
  groups: { g: { variables: { A: 'a', B: 'b' }, files: { '/f': '${A}' } } },
};
const same = { added: [], removed: [], changed: [] };

describe('canonical bytes', () => {
  it.each<[string, ProjectData]>([
    ['another value', { groups: { g: { variables: { A: 'x', B: 'b' }, files: { '/f': '${A}' } } } }],
    ['another name', { groups: { g: { variables: { A: 'a', C: 'b' }, files: { '/f': '${A}' } } } }],
    ['another file', { groups: { g: { variables: { A: 'a', B: 'b' }, files: { '/f': '${A}.' } } } }],
    ['another path', { groups: { g: { variables: { A: 'a', B: 'b' }, files: { '/g': '${A}' } } } }],
    ['a cycle', { groups: { g: { variables: { A: '${A}', B: 'b' }, files: { '/f': '${A}' } } } }],
    ['another scope', { ...base, scope: 'BUILD' }],
  ])('differ for %s', (_what, data) => {
    expect(bytes(data)).not.toBe(bytes(base));
  });

  it('differ when only the boundaries of names and values move', () => {
    const [one, other] = [
      { A: 'x', B: 'Cconfigvalue' },
      { A: 'xBconfigvalue', C: '' },
    ];
    expect(bytes({ groups: { g: { variables: one } } })).not.toBe(bytes({ groups: { g: { variables: other } } }));
  });

  it('case 268: are the same whatever type values have', () => {
    const g = { variables: { A: 'a', B: 'b' }, files: { '/f': '${A}' } };
    expect(bytes({ groups: { g: { ...g, type: 'secret' } } })).toBe(bytes(base));
    expect(diffResolutions(resolved({ groups: { g: { ...g, type: 'secret' } } }), resolved(base))).toEqual({
      variables: same,
      files: same,
      mounts: same,
      broken: [],
    });
  });

  it('are the same whatever group a value comes from and whatever is warned of', () => {
    const g = { variables: { A: 'a', B: 'b' }, files: { '/f': '${A}' } };
    expect(bytes({ groups: { f: g, g } })).toBe(bytes(base));
    expect(resolved({ groups: { f: g, g } }).warnings.length).toBe(3);
  });

  it('change with what a file draws in, though its content stays', () => {
    const files = { '/f': '${P}' };
    const first = resolved({ workload: { variables: { P: '1' } }, groups: { g: { files } } });
    const second = resolved({ workload: { variables: { P: '2' } }, groups: { g: { files } } });
    expect(first.files).toEqual(second.files);
    expect(diffResolutions(first, second)).toEqual({
      variables: { ...same, changed: ['P'] },
      files: { ...same, changed: ['/f'] },
      mounts: same,
      broken: [],
    });
  });
});

describe('the difference of two resolutions', () => {
  it('names what came, went and changed, and what broke', () => {
    const before = resolved({ groups: { g: { variables: { A: 'a', B: 'b', C: '${B}' } } } });
    const after = resolved({ groups: { g: { variables: { A: 'x', C: '${B}', D: '' } } } });
    expect(diffResolutions(before, after)).toEqual({
      variables: { added: ['D'], removed: ['B'], changed: ['A', 'C'] },
      files: same,
      mounts: same,
      broken: [{ name: 'C', reference: '${B}', reason: 'UNKNOWN_VARIABLE' }],
    });
  });

  it('is empty between equal maps and sorts by code point', () => {
    expect(
      diffMaps(
        new Map(),
        new Map([
          ['b', 1],
          ['B', 1],
          ['a', 2],
        ]),
      ),
    ).toEqual({ ...same, added: ['B', 'a', 'b'] });
    expect(diffMaps(new Map([['a', 1]]), new Map([['a', 1]]))).toEqual(same);
  });

  it('is there exactly if the canonical text differs, but for references that broke or healed', () => {
    const property = fc.property(anyProject, anyProject, (data, other) => {
      const mixed = { ...data, groups: { ...data.groups, ...other.groups } };
      const [before, after] = [resolved(data), resolved(mixed)];
      const { variables, files, mounts } = diffResolutions(before, after);
      const names = [variables, files, mounts].flatMap((diff) => [...diff.added, ...diff.removed, ...diff.changed]);
      const equal = before.canonical() === after.canonical();
      if (equal) expect(names).toEqual([]);
      else expect(names.length > 0 || before.unresolved.length + after.unresolved.length > 0).toBe(true);
    });
    fc.assert(property, { numRuns: 200 });
  });
});

it('a required link without a value is told apart, unless it is overridden', () => {
  const links = [{ to: 'addon/db', keys: { K: ['A', 'B'] }, required: true }];
  const own = { g: { variables: { B: 'own' }, links } };
  expect(missingRequired(inputOf({ groups: own }))).toEqual([
    { name: 'A', reference: 'addon/db/K', reason: 'ADDON_NOT_FOUND' },
  ]);
  expect(missingRequired(inputOf({ groups: { g: { links: [{ to: 'addon/db', keys: { K: ['A'] } }] } } }))).toEqual([]);
});
