import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { couldEver, type Place, requireCouldEver } from '../../../src/access/first-check.ts';
import { can, type Grant, type Principal, SENSITIVITIES, type Target, VERBS } from '../../../src/access/model.ts';
import type { AppError } from '../../../src/kernel/errors.ts';
import { RESOURCES } from '../../support/nouns.ts';

const PROJECTS = ['p', 'q'];
const IDS = ['a', 'b'];
const grants: fc.Arbitrary<Grant> = fc.record({
  resources: fc.subarray([...RESOURCES]),
  verbs: fc.subarray([...VERBS]),
  types: fc.subarray([...SENSITIVITIES], { minLength: 1 }),
  projects: fc.option(fc.subarray(PROJECTS)),
});
const kinds = fc.constantFrom('service' as const, 'job' as const);
const principals: fc.Arbitrary<Principal> = fc
  .record({
    grants: fc.array(grants, { maxLength: 3 }),
    workload: fc.option(
      fc.record({
        project: fc.constantFrom(...PROJECTS),
        kind: kinds,
        id: fc.constantFrom(...IDS),
        registration: fc.constant('r'),
      }),
    ),
  })
  .map(({ grants: given, workload }) => ({
    id: 'x',
    name: 'x',
    kind: 'machine',
    team: 't',
    role: { slug: 'r', name: 'r', builtIn: false, revision: 1, grants: given },
    workload,
    expiresAt: null,
    endsAt: Number.POSITIVE_INFINITY,
    revision: 1,
  }));

/** Every target that the names of a place may turn out to be. */
function* targetsIn(place: Place): Generator<Target> {
  if (place.in === 'team') yield {};
  const projects = place.in === 'project' ? [place.project] : place.in === 'unknown' ? PROJECTS : [];
  for (const project of projects) {
    for (const type of [undefined, ...SENSITIVITIES]) {
      const typed = type === undefined ? {} : { type };
      yield { project, ...typed };
      for (const kind of ['service', 'job'] as const) {
        for (const id of IDS) yield { project, ...typed, workload: { kind, id } };
      }
    }
  }
}

const places: fc.Arbitrary<Place> = fc.oneof(
  fc.constantFrom(...PROJECTS).map((project) => ({ in: 'project' as const, project })),
  fc.constant({ in: 'team' as const }),
  fc.constant({ in: 'unknown' as const }),
);

describe('the first check', () => {
  it('never refuses what `can` allows for anything that the names may stand for', () => {
    const verbs = fc.constantFrom(...VERBS);
    const resources = fc.constantFrom(...RESOURCES);
    fc.assert(
      fc.property(principals, verbs, resources, places, (principal, verb, resource, place) => {
        const allowed = [...targetsIn(place)].some((target) => can(principal, verb, resource, target));
        if (allowed) expect(couldEver(principal, verb, resource, place)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  it('lets nobody through who has no grant with the verb on the resource', () => {
    fc.assert(
      fc.property(principals, places, (principal, place) => {
        const has = principal.role.grants.some(
          (each) => each.resources.includes('secretGroup') && each.verbs.includes('write'),
        );
        if (!has) expect(couldEver(principal, 'write', 'secretGroup', place)).toBe(false);
      }),
    );
  });

  it('answers alike for every project that is not open to the caller', () => {
    const grant = { resources: ['project'], verbs: ['list'], types: SENSITIVITIES, projects: ['open'] } as const;
    const role = { slug: 'r', name: 'r', builtIn: false, revision: 1, grants: [grant] };
    const principal = {
      id: 'x',
      name: 'x',
      kind: 'user',
      team: 't',
      role,
      workload: null,
      expiresAt: null,
      endsAt: Number.POSITIVE_INFINITY,
      revision: 1,
    } as const;
    const codeIn = (project: string) => {
      try {
        const place = { in: 'project', project } as const;
        requireCouldEver(principal, { verb: 'write', resource: 'secretGroup', place, existing: [] });
      } catch (error) {
        return (error as AppError).code;
      }
      return 'let through';
    };
    expect(['open', 'hidden', ''].map(codeIn)).toEqual(['FORBIDDEN', 'NOT_FOUND', 'NOT_FOUND']);
  });
});
