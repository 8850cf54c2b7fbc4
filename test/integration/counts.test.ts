import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CountedApp, type CountedOptions, countedApp } from '../support/counted-app.ts';
import { aGroupInput, aProject, aServiceInput, ENVIRONMENT, groupOp, PUT_SERVICE, run } from '../support/makers.ts';
import { writeGroups } from '../support/many-groups.ts';
import { operationOf } from '../support/mutations.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const CACHED = { cacheBytes: 64 * 1024 * 1024, answerCacheBytes: 0 } as const;
const SMALL = { project: 'small', groups: 5, variables: 2 } as const;
const LARGE = { project: 'large', groups: 60, variables: 25 } as const;
const LISTED = 2_000;

interface Sized {
  readonly project: string;
  readonly groups: number;
  readonly variables: number;
}

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  for (const size of [SMALL, LARGE]) await fill(size);
  await aProject(app, 'listed');
  await writeGroups(app.store, 'listed', LISTED);
}, 120_000);
afterAll(() => app.close());

async function fill({ project, groups, variables }: Sized): Promise<void> {
  await aProject(app, project);
  for (let g = 0; g < groups; g += 1) {
    const own = Array.from({ length: variables }, (_, v) => ({ name: `V_${g}_${v}`, value: `value ${v}` }));
    const made = await run(
      app,
      groupOp('createSecretGroup', 'id'),
      aGroupInput({ project, name: `group ${g}`, variables: own }),
    );
    expect(made.__typename).toBe('CreateSecretGroupPayload');
  }
  await run(app, PUT_SERVICE, aServiceInput({ project }));
}

async function withGateway<T>(options: CountedOptions, use: (gateway: CountedApp) => Promise<T>): Promise<T> {
  const gateway = await countedApp(app.store, options);
  gateway.reset();
  try {
    return await use(gateway);
  } finally {
    await gateway.close();
  }
}

async function resolved(gateway: CountedApp, { project, groups, variables }: typeof SMALL | typeof LARGE) {
  const data = await gateway.gql(ENVIRONMENT, { project, service: 'example-service' }, app.owner);
  expect(data.project.service.environment.variables).toHaveLength(groups * variables);
}

describe('resolving', () => {
  it.each([
    ['its answer not kept', CACHED],
    ['its answer kept', { ...CACHED, answerCacheBytes: 8 * 1024 * 1024 }],
  ] as const)('a warm one asks the store for one head, %s', async (_what, options) => {
    for (const size of [SMALL, LARGE]) {
      await withGateway(options, async (gateway) => {
        await resolved(gateway, size);
        gateway.reset();
        await resolved(gateway, size);
        expect([gateway.calls, gateway.opens()]).toEqual([{ lineage: 1 }, 0]);
      });
    }
  });

  it.each([
    ['with a cache', CACHED],
    ['without one', { cacheBytes: 0, answerCacheBytes: 0 }],
  ] as const)(
    'a cold one makes as many calls for 60 groups with 1,500 variables as for 5 with 10, %s',
    async (_what, options) => {
      for (const size of [SMALL, LARGE]) {
        await withGateway(options, async (gateway) => {
          await resolved(gateway, size);
          // Who asks: index, its document, tokens. Heads: of the team, of the project, of their keys. Lists: keys twice, the
          // project, the service, its groups, the global secrets.
          expect(gateway.calls).toEqual({ get: 1, lineage: 4, newest: 2, list: 8 });
          expect(gateway.opens()).toBe(size.groups + 1);
        });
      }
    },
  );

  it('one after a change of another project asks for no more than the heads', async () => {
    await withGateway(CACHED, async (gateway) => {
      await resolved(gateway, LARGE);
      await run(app, PUT_SERVICE, aServiceInput({ project: 'small', name: 'Another' }));
      gateway.reset();
      await resolved(gateway, LARGE);
      expect([gateway.calls, gateway.opens()]).toEqual([{ lineage: 2 }, 0]);
    });
  });

  it('one after a change of one group reads that group alone', async () => {
    await withGateway(CACHED, async (gateway) => {
      await resolved(gateway, LARGE);
      await run(app, operationOf('setSecretGroupVariable'), { id: idOf('large', 0), name: 'V_0_0', value: 'changed' });
      gateway.reset();
      await resolved(gateway, LARGE);
      expect(gateway.calls).toEqual({ lineage: 2, commitsAfter: 1, getMany: 1 });
      expect(gateway.opens()).toBe(1);
    });
  });
});

const idOf = (project: string, group: number): string =>
  Buffer.from(`SecretGroup:${project}/group-${group}`).toString('base64');

describe('a mutation', () => {
  it('makes as many calls for a group among 60 as among 5', async () => {
    for (const { project } of [SMALL, LARGE]) {
      await withGateway(CACHED, async (gateway) => {
        const set = (value: string) =>
          gateway.gql(
            operationOf('setSecretGroupVariable'),
            { input: { id: idOf(project, 1), name: 'A', value } },
            app.owner,
          );
        await set('first');
        gateway.reset();
        const { result } = await set('second');
        expect(result.__typename).toBe('SetSecretGroupVariablePayload');
        expect(gateway.calls).toEqual({ lineage: 2, commit: 1 });
      });
    }
  });
});

const LISTED_FIELDS = `id slug name type secretType priority tags stageId revision createdAt updatedAt project { slug }
  restrictions { restricted workloads { id } tags tagMatchCondition }`;

describe('a list', () => {
  const page = (fields: string) => `query ($after: Cursor, $orderBy: SecretGroupOrder, $filter: SecretGroupFilter) {
    project(slug: "listed") { secretGroups(first: 100, after: $after, orderBy: $orderBy, filter: $filter) {
      nodes { ${fields} } pageInfo { hasNextPage endCursor } } } }`;

  it.each([
    ['by slug', {}],
    ['by name', { orderBy: 'NAME' }],
    ['by priority', { orderBy: 'PRIORITY' }],
    ['last changed first', { orderBy: 'UPDATED' }],
    ['filtered', { filter: { type: 'SECRET', scope: 'RUNTIME', nameContains: 'group' } }],
  ])('of 2,000 groups by pages of 100, %s, opens no envelope and asks the store as for one', async (_what, over) => {
    await withGateway(CACHED, async (gateway) => {
      const slugs = new Set<string>();
      let after: string | null = null;
      for (let i = 0; i < LISTED / 100; i += 1) {
        const data = await gateway.gql(page(LISTED_FIELDS), { ...over, after }, app.owner);
        for (const { slug } of data.project.secretGroups.nodes) slugs.add(slug);
        after = data.project.secretGroups.pageInfo.endCursor;
        expect(data.project.secretGroups.pageInfo.hasNextPage).toBe(i + 1 < LISTED / 100);
      }
      expect(slugs.size).toBe(LISTED);
      expect(gateway.opens()).toBe(0);
      // Lists: index, tokens, keys of the team and of the project, projects, groups. Heads: one a page; of the project, of both keys.
      expect(gateway.calls).toEqual({ get: 1, list: 6, newest: 2, lineage: LISTED / 100 + 3 });
      // The count counts: values are sealed.
      await gateway.gql(page('variables { name value }'), {}, app.owner);
      expect(gateway.opens()).toBe(100);
    });
  });
});

const PAST = { project: 'history', groups: 5, variables: 2 } as const;

describe('history', () => {
  beforeAll(() => fill(PAST));
  const VARIABLES =
    '{ variables { source { ... on SecretGroupSource { group { revisions(first: 1) { nodes { revision } } } } } } }';

  it('case 232: is read once a group, however many variables and aliases lead to it', async () => {
    const aliases = Array.from({ length: 5 }, (_, i) => `a${i}: environment ${VARIABLES}`).join(' ');
    const query = `{ project(slug: "${PAST.project}") { service(id: "example-service") { ${aliases} } } }`;
    await withGateway(CACHED, async (gateway) => {
      const { project } = await gateway.gql(query, {}, app.owner);
      expect(project.service.a4.variables).toHaveLength(PAST.groups * PAST.variables);
      expect(gateway.calls.revisions).toBe(PAST.groups);
    });
  });

  it('case 233: an earlier commit reads the groups that differ from now, and of these what is near', async () => {
    const id = 'past-service';
    await run(app, PUT_SERVICE, aServiceInput({ project: PAST.project, id }));
    const input = aGroupInput({ project: PAST.project, name: 'group 0' });
    for (let i = 0; i < 30; i += 1) {
      await run(app, groupOp('putSecretGroup', 'id'), { ...input, variables: [{ name: 'V_0_0', value: `${i}` }] });
    }
    const { seq } = (await app.store.head(['default'])) ?? { seq: 0 };
    const query = `{ project(slug: "${PAST.project}") { service(id: "${id}") { environment(at: ${seq - 1}) { variable(name: "V_0_0") { value } } } } }`;
    await withGateway(CACHED, async (gateway) => {
      const { project } = await gateway.gql(query, {}, app.owner);
      expect(project.service.environment.variable.value).toBe('28');
      expect(gateway.calls.revisions).toBe(1);
    });
  });
});
