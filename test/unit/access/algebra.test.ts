import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  can,
  covers,
  type Grant,
  type Principal,
  SENSITIVITIES,
  type Target,
  VERBS,
} from '../../../src/access/model.ts';
import { BUILT_IN_ROLES, RESOURCES } from '../../support/nouns.ts';

const PROJECTS = ['a', 'b', 'c'];
const some = <T>(values: readonly T[]) => fc.subarray([...values], { maxLength: Math.min(3, values.length) });
/** With empty lists, as a store may hold them. */
const grant: fc.Arbitrary<Grant> = fc.record({
  resources: some(RESOURCES.slice(0, 5)),
  verbs: some(VERBS.slice(0, 5)),
  types: some(SENSITIVITIES),
  projects: fc.option(some(PROJECTS)),
});
const grants = fc.array(grant, { maxLength: 4 });
const withGrants = (all: readonly Grant[]): Principal => ({
  id: 'x',
  name: 'x',
  kind: 'user',
  team: 't',
  role: { slug: 'x', name: 'x', builtIn: false, revision: 1, grants: all },
  workload: null,
  expiresAt: null,
  endsAt: Number.POSITIVE_INFINITY,
  revision: 1,
});

/** Everything that can be asked about. */
const TARGETS: readonly Target[] = [undefined, ...PROJECTS, 'd'].flatMap((project) =>
  [undefined, ...SENSITIVITIES].map((type) => ({ ...(project ? { project } : {}), ...(type ? { type } : {}) })),
);
const allowed = (all: readonly Grant[]): ReadonlySet<string> => {
  const principal = withGrants(all);
  const found = RESOURCES.flatMap((resource) =>
    VERBS.flatMap((verb) =>
      TARGETS.filter((target) => can(principal, verb, resource, target)).map((target) =>
        [resource, verb, target.project, target.type].join(' '),
      ),
    ),
  );
  return new Set(found);
};

/** The rule once more: some grant names all of it, and no list of it is empty. */
const naive = (all: readonly Grant[], verb: string, resource: string, { project, type }: Target): boolean =>
  all
    .filter(({ types, projects }) => types.length > 0 && (projects === null || projects.length > 0))
    .filter(
      ({ resources, verbs }) =>
        [...resources].join().split(',').includes(resource) && [...verbs].join().split(',').includes(verb),
    )
    .some(({ types, projects }) => {
      const isOfType = type === undefined || types.some((each) => each === type);
      return isOfType && (projects === null || projects.some((each) => each === project));
    });

describe('case 245: covers and can are one algebra', () => {
  it('what covers another allows all that the other allows', () => {
    let covered = 0;
    fc.assert(
      fc.property(grants, grants, (outer, inner) => {
        if (!covers(outer, inner)) return;
        covered += 1;
        const more = allowed(outer);
        expect([...allowed(inner)].filter((each) => !more.has(each))).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
    expect(covered).toBeGreaterThan(100);
  });

  it('what is made of parts of another is covered by it', () => {
    const property = fc.property(grants, fc.nat(), (outer, seed) => {
      const part = <T>(values: readonly T[]): readonly T[] => values.filter((_, i) => ((seed >> i) & 1) === 0);
      const inner = outer.map(({ resources, verbs, types, projects }) => ({
        resources: part(resources),
        verbs: part(verbs),
        types: part(types),
        projects: projects && part(projects),
      }));
      expect(covers(outer, inner)).toBe(true);
    });
    fc.assert(property, { numRuns: 1_000 });
  });

  it('can is what the rule says', () => {
    const property = fc.property(grants, (all) => {
      const principal = withGrants(all);
      for (const target of TARGETS) {
        for (const resource of RESOURCES.slice(0, 6)) {
          for (const verb of VERBS.slice(0, 6)) {
            expect(can(principal, verb, resource, target)).toBe(naive(all, verb, resource, target));
          }
        }
      }
    });
    fc.assert(property, { numRuns: 200 });
  });

  it.each(['resources', 'verbs', 'types', 'projects'] as const)('a stored grant without %s allows nothing', (name) => {
    const full: Grant = { resources: RESOURCES, verbs: VERBS, types: SENSITIVITIES, projects: null };
    const all = [{ ...full, [name]: [] }];
    expect([...allowed(all)]).toEqual([]);
    expect(covers(all, [{ ...full, projects: ['a'] }])).toBe(false);
  });

  it('the owner covers every role, and no other one the owner', () => {
    const owner = BUILT_IN_ROLES.get('owner')?.grants ?? [];
    for (const [slug, { grants: other }] of BUILT_IN_ROLES) {
      expect(covers(owner, other)).toBe(true);
      expect([slug, covers(other, owner)]).toEqual([slug, slug === 'owner']);
    }
  });
});
