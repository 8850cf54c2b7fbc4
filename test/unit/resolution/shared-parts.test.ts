import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/domain/limits.ts';
import type { DirectValues, Group } from '../../../src/domain/types.ts';
import { createWork, OWN_WORK } from '../../../src/kernel/work.ts';
import { globalDocument } from '../../../src/modules/global-secrets/model.ts';
import { projectDocument } from '../../../src/modules/projects/model.ts';
import { createResolutions, type ResolutionsDeps } from '../../../src/modules/resolution/service.ts';
import { groupDocument, UNRESTRICTED } from '../../../src/modules/secret-groups/model.ts';
import { NONE, type StoredWorkload, serviceDocument } from '../../../src/modules/workloads/model.ts';
import type { Fields } from '../../../src/store/port.ts';
import type { DocumentType, Stored } from '../../../src/vault/document.ts';
import { type DocumentSet, HeldSet, NOTHING_HELD } from '../../../src/vault/document-set.ts';
import type { View } from '../../../src/vault/reading.ts';

const WORKLOADS = 100;
const texts = (values: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(values));
const stored = <F extends Fields, B>(id: string, fields: unknown, body: () => B): Stored<F, B> =>
  ({ key: ['team', 'project', id], revision: 1, seq: 1, deleted: false, fields, body }) as unknown as Stored<F, B>;

function setOf<F extends Fields, B>(type: DocumentType<F, B>, all: readonly Stored<F, B>[]): DocumentSet<F, B> {
  const empty = new HeldSet({ seq: 1 }, NOTHING_HELD, new Set()) as unknown as DocumentSet<F, B>;
  return empty.with(type, 1, new Map(all.map((each) => [each.key.at(-1) ?? '', each])));
}

/** How often the bodies of groups were asked for. */
let asked = 0;
const aGroup = (id: string, values: Readonly<Record<string, string>>, over: object = {}) => {
  const fields = {
    type: 'config',
    secretType: 'environment',
    priority: 10,
    restrictions: UNRESTRICTED,
    weight: {},
    ...over,
  };
  return stored<never, never>(id, fields, (): never => {
    asked += 1;
    const body: ReturnType<Group['body']> = {
      variables: texts(values),
      files: new Map(),
      mounts: new Map(),
      links: [],
    };
    return { ...body, description: null } as never;
  });
};
const aService = (id: string, own: Partial<DirectValues> = {}, tags: readonly string[] = []): StoredWorkload => ({
  ...stored<never, DirectValues>(id, { tags }, () => ({ ...NONE, ...own })),
  kind: 'service',
});

const GROUPS = [aGroup('one', { A: 'a', B: '${A}b' }), aGroup('two', { C: 'c' })];

/** Digests are what they are made of: here they are no hashes. */
function world(
  groups: readonly Stored<never, never>[] = GROUPS,
  { cacheBytes = 4_000_000, workloads = [] }: { cacheBytes?: number; workloads?: readonly StoredWorkload[] } = {},
) {
  const seen: { seq: number; groups: DocumentSet<never, never> } = {
    seq: 1,
    groups: setOf(groupDocument as never, groups),
  };
  const globals = setOf(globalDocument, []);
  const services = setOf(serviceDocument, workloads);
  const projects = setOf(projectDocument as never, [stored<never, never>('project', {}, () => null as never)]);
  const mac = { asText: (text: string) => text };
  const resolutions = createResolutions({
    keys: { mac: () => mac },
    vault: {},
    contents: {},
    addons: {},
    limits: { environmentReferences: LIMITS.references },
    cacheBytes,
  } as unknown as ResolutionsDeps);
  const setFor = (type: unknown) => {
    if (type === projectDocument) return projects;
    return type === groupDocument ? seen.groups : type === globalDocument ? globals : services;
  };
  const looked = { up: 0 };
  const view = (isReady = () => true): View =>
    ({
      team: 'team',
      seq: seen.seq,
      work: createWork(OWN_WORK),
      set: async (type: unknown) => setFor(type),
      ready(type: unknown) {
        looked.up += 1;
        return isReady() ? setFor(type) : null;
      },
    }) as unknown as View;
  const digest = (service: StoredWorkload): Promise<string> => {
    const id = service.key.at(-1) ?? '';
    return resolutions.digest({ project: 'project', kind: 'service', id, scope: 'RUNTIME', at: null }, service, view());
  };
  const followed = (id: string, at: View) =>
    resolutions.followedNow({ project: 'project', kind: 'service', id, scope: 'RUNTIME', at: at.seq }, at);
  return { seen, digest, view, looked, followed };
}

describe('what groups give', () => {
  it('is evaluated once for all workloads to which the same apply, however many ask at once', async () => {
    const { digest, seen } = world();
    const services = Array.from({ length: WORKLOADS }, (_, i) =>
      aService(`s-${i}`, { variables: texts({ OWN: `${i}` }) }),
    );
    asked = 0;
    await digest(aService('alone'));
    const once = asked;
    expect(once).toBeGreaterThan(0);
    seen.groups = setOf(groupDocument as never, GROUPS);
    asked = 0;
    const digests = await Promise.all(services.map((service) => digest(service)));
    // Several that come at once find it being charged: each of them looks, one makes it.
    expect(asked).toBeLessThanOrEqual(once + WORKLOADS * GROUPS.length);
    for (const [i, each] of digests.entries()) expect(each).toContain(`3:OWN5:value${String(i).length}:${i}`);
    asked = 0;
    for (const service of services) await digest(service);
    expect(asked).toBe(0);
    seen.groups = setOf(groupDocument as never, GROUPS);
    for (const service of services) await digest(service);
    expect(asked).toBe(once);
  });

  it('is told apart by the groups that apply, tags and lists included', async () => {
    const restrictions = {
      ...UNRESTRICTED,
      restricted: true,
      tags: ['red'],
      workloads: [{ id: 's-2', kind: 'service' }],
    };
    const { digest } = world([...GROUPS, aGroup('three', { D: 'd' }, { restrictions })]);
    expect(await digest(aService('s-1'))).not.toContain('1:D');
    expect(await digest(aService('s-2'))).toContain('1:D5:value1:d');
    expect(await digest(aService('s-3', {}, ['red']))).toContain('1:D5:value1:d');
    expect(await digest(aService('s-4', {}, ['blue']))).not.toContain('1:D');
  });

  it('is not what a workload gets whose own name it refers to', async () => {
    const { digest } = world();
    expect(await digest(aService('s-1', { variables: texts({ A: 'own' }) }))).toContain('1:B5:value4:ownb');
    expect(await digest(aService('s-2', { variables: texts({ C: 'own' }) }))).toContain('1:B5:value2:ab');
    expect(await digest(aService('s-3'))).toContain('1:B5:value2:ab');
  });

  it('is made for each where nothing may be kept', async () => {
    const { digest } = world(GROUPS, { cacheBytes: 0 });
    asked = 0;
    await digest(aService('s-1'));
    const once = asked;
    await digest(aService('s-1'));
    expect(asked).toBe(2 * once);
  });
});

describe('what many follow from commit to commit', () => {
  const restrictions = { ...UNRESTRICTED, restricted: true, workloads: [{ id: 's-2', kind: 'service' as const }] };
  const workloads = Array.from({ length: WORKLOADS }, (_, i) =>
    aService(`s-${i}`, { variables: texts({ OWN: `${i}` }) }),
  );
  const all = (groups: readonly Stored<never, never>[]) => world(groups, { workloads });

  it.each([
    ['where no group is restricted', GROUPS],
    ['where one is', [...GROUPS, aGroup('three', { D: 'd' }, { restrictions })]],
  ])('is what each of them gets, %s', async (_, groups) => {
    const { digest, followed, view } = all(groups);
    const expected = await Promise.all(workloads.map((each) => digest(each)));
    const at = view();
    expect(workloads.map(({ key }) => followed(key.at(-1) ?? '', at)?.environment?.digest)).toEqual(expected);
  });

  it('is looked up in sets that are found once', async () => {
    const { digest, followed, view, looked, seen } = all(GROUPS);
    await digest(aService('s-1'));
    const at = view();
    for (const { key } of workloads) expect(followed(key.at(-1) ?? '', at)?.environment).toBeTruthy();
    expect(looked.up).toBe(4);
    // Of another state they are others.
    seen.seq = 2;
    seen.groups = setOf(groupDocument as never, [aGroup('one', { A: 'other' })]);
    await digest(aService('s-1'));
    const next = view();
    for (const { key } of workloads) {
      const digestNow = followed(key.at(-1) ?? '', next)?.environment?.digest;
      expect(digestNow).toContain('1:A5:value5:other');
      expect(digestNow).not.toContain('1:C');
    }
    expect(looked.up).toBe(8);
  });

  it('is looked for again where it had to be read', async () => {
    const { digest, followed, view } = all(GROUPS);
    await digest(aService('s-1'));
    let isReady = false;
    const at = view(() => isReady);
    expect(followed('s-1', at)).toBeUndefined();
    isReady = true;
    expect(followed('s-1', at)?.environment).toBeTruthy();
    expect(followed('nobody', at)).toBeNull();
  });
});
