import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verdictOn } from '../../../src/domain/restrict.ts';
import type { Restrictions, WorkloadKind } from '../../../src/domain/types.ts';
import { NO_WEIGHT, sumOf } from '../../../src/domain/weight.ts';
import {
  type GroupFields,
  groupDocument,
  groupHeader,
  type StoredGroup,
} from '../../../src/modules/secret-groups/model.ts';
import {
  type GroupSet,
  groupsNear,
  groupsWanting,
  weightOfGroups,
  workloadsNear,
} from '../../../src/modules/secret-groups/reach.ts';
import { serviceDocument, type WorkloadFields } from '../../../src/modules/workloads/model.ts';
import type { Fields } from '../../../src/store/port.ts';
import type { DocumentType, Stored } from '../../../src/vault/document.ts';
import type { DocumentSet } from '../../../src/vault/document-set.ts';
import { HeldSet, moved, NOTHING_HELD } from '../../../src/vault/document-set.ts';

const TAGS = ['a', 'ab', 'b'];
const IDS = ['one', 'two'];
const someOf = (values: readonly string[]) => fc.uniqueArray(fc.constantFrom(...values));
const kind = fc.constantFrom<WorkloadKind>('service', 'job');
const restrictions: fc.Arbitrary<Restrictions> = fc.record({
  restricted: fc.boolean(),
  workloads: fc.array(fc.record({ kind, id: fc.constantFrom(...IDS) }), { maxLength: 2 }),
  tags: someOf(TAGS),
  tagMatchCondition: fc.constantFrom('and', 'or'),
});
const group = fc.record({
  restrictions,
  type: fc.constantFrom('secret', 'config'),
  deleted: fc.boolean(),
  variables: fc.nat({ max: 9 }),
});
const workload = fc.record({ kind, id: fc.constantFrom(...IDS), tags: someOf(TAGS) });
const steps = fc.array(fc.tuple(fc.nat({ max: 12 }), fc.option(group)), { maxLength: 40 });

const aStored = (id: string, deleted: boolean, fields: Fields): Stored<Fields, unknown> => ({
  key: ['team', 'project', id],
  revision: 1,
  seq: 1,
  deleted,
  tag: new Uint8Array(),
  since: 1,
  fields,
  body: () => null,
  size: 0,
  isOpen: () => false,
});

/** A set that came to what it holds step by step. */
function setOf<F extends Fields, B>(
  type: DocumentType<F, B>,
  changes: readonly (readonly [id: string, stored: Stored<Fields, unknown> | null])[],
): DocumentSet<F, B> {
  const any = type as unknown as DocumentType<Fields, unknown>;
  let held = NOTHING_HELD;
  for (const [id, stored] of changes)
    held = moved(any, held, new Map([[id, stored ? { stored, leaf: new Uint8Array(), bytes: 1 } : undefined]]));
  return new HeldSet({ sum: new Uint8Array(), count: 0, seq: 1 }, held, new Set()) as unknown as DocumentSet<F, B>;
}

const groupsOf = (
  made: readonly (readonly [number, typeof group extends fc.Arbitrary<infer G> ? G | null : never])[],
): GroupSet =>
  setOf(
    groupDocument,
    made.map(([n, given]) => {
      if (!given) return [`g${n}`, null];
      const weight = { ...NO_WEIGHT, variables: given.variables };
      const fields = {
        type: given.type,
        restrictions: given.restrictions,
        weight,
        secretType: 'environment-arguments',
      };
      return [`g${n}`, aStored(`g${n}`, given.deleted, fields as unknown as Fields)];
    }),
  );

const byId = (groups: readonly StoredGroup[]): readonly string[] => groups.map(({ key }) => key[2] ?? '').sort();
const NONE = () => ({ variables: new Map(), buildArguments: new Map(), files: new Map(), buildFiles: new Map() });

describe('groups found without a look at those that cannot apply', () => {
  it('are, once they are judged, the very ones of all that apply, whatever came before', () => {
    fc.assert(
      fc.property(steps, workload, (made, target) => {
        const set = groupsOf(made);
        const applies = (each: StoredGroup) =>
          verdictOn(groupHeader(each), 'RUNTIME', { ...target, direct: NONE }).applies;
        const near = groupsNear(set, target);
        expect(new Set(near).size).toBe(near.length);
        expect(byId(near.filter(applies))).toEqual(byId(set.live.filter(applies)));
        const byTagAlone = (each: StoredGroup) => applies(each) && each.fields.restrictions.restricted;
        const wanting = groupsWanting(set, target.tags);
        const none = { ...target, kind: 'service', id: 'nobody' } as const;
        const opened = (each: StoredGroup) =>
          byTagAlone(each) && verdictOn(groupHeader(each), 'RUNTIME', { ...none, direct: NONE }).applies;
        expect(byId(wanting.filter(opened))).toEqual(byId(set.live.filter(opened)));
      }),
      { numRuns: 500 },
    );
  });

  it('weigh together what they weigh one by one', () => {
    fc.assert(
      fc.property(steps, (made) => {
        const set = groupsOf(made);
        for (const type of ['secret', 'config'] as const) {
          for (const isRestricted of [true, false]) {
            const meant = ({ fields }: { fields: GroupFields }) =>
              fields.type === type && fields.restrictions.restricted === isRestricted;
            const expected = sumOf(set.live.filter(meant).map(({ fields }) => fields.weight));
            expect(weightOfGroups(set, type, isRestricted)).toEqual(expected);
          }
        }
      }),
    );
  });
});

describe('workloads found without a look at the others', () => {
  it('are, once they are judged, the very ones that a group applies to', () => {
    const tagged = fc.tuple(fc.constantFrom(...IDS, 'three', 'four'), fc.boolean(), someOf(TAGS));
    fc.assert(
      fc.property(fc.array(tagged, { maxLength: 20 }), restrictions, (made, restricts) => {
        const set = setOf(
          serviceDocument,
          made.map(([id, deleted, tags]) => [id, aStored(id, deleted, { tags })]),
        );
        const header = {
          id: 'g',
          type: 'secret',
          secretType: 'environment',
          priority: 0,
          restrictions: restricts,
        } as const;
        const applies = ({ key, fields }: { key: readonly string[]; fields: WorkloadFields }) =>
          verdictOn(header, 'RUNTIME', { kind: 'service', id: key[2] ?? '', tags: fields.tags, direct: NONE }).applies;
        expect(workloadsNear(set, 'service', header).filter(applies)).toEqual(set.live.filter(applies));
      }),
      { numRuns: 500 },
    );
  });
});
