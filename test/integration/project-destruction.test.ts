import { describe, expect, it } from 'vitest';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import type { OpenedStore } from '../../src/store/port.ts';
import { KINDS } from '../support/kinds.ts';
import {
  aGroup,
  aGroupInput,
  aProject,
  aServiceInput,
  codeOf,
  done,
  groupOp,
  operation,
  PUT_SERVICE,
  run,
} from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const DAY = 86_400_000;
const DELETE = operation('deleteProject', 'project { slug }');
const RESTORE = operation('restoreProject', 'project { slug }');

/** Gateways over one store, each a process of its own. */
function aHouse() {
  let store: OpenedStore | null = null;
  let now = Date.parse('2026-01-01T00:00:00Z');
  let dyingAt = Number.POSITIVE_INFINITY;
  let isDurable = false;
  let commits = 0;
  const start = (): Promise<TestApp> =>
    startApp({
      clock: () => new Date(now),
      monotonic: () => now,
      open: ({ mac }) => {
        store ??= openMemoryStore({ mac });
        const real = store;
        return {
          ...real,
          close: async () => {},
          commit: async (commit) => {
            commits += 1;
            if (commits < dyingAt) return real.commit(commit);
            if (isDurable && commits === dyingAt) await real.commit(commit);
            throw new Error('killed');
          },
        };
      },
    });
  return {
    start,
    later: (days: number) => {
      now += days * DAY;
    },
    die: (nth: number, durable: boolean) => {
      commits = 0;
      dyingAt = nth;
      isDurable = durable;
    },
    isDead: () => commits >= dyingAt,
  };
}

const destroy = async ({ gateway }: TestApp): Promise<void> => {
  const job = gateway.jobs.find(({ name }) => name === 'projects');
  await job?.run(new AbortController().signal);
};

/** Everything of the project that the store still has, history included. */
async function remains({ store }: TestApp): Promise<readonly string[]> {
  const found: string[] = [];
  for (const kind of KINDS) {
    const docs = await store.list(kind, ['default'], { limit: 1_000 });
    for (const { key } of docs) if (key[1] === 'doomed' && kind !== 'project') found.push(`${kind} ${key.join('/')}`);
  }
  const history = await store.revisions('project', ['default', 'doomed'], { limit: 100 });
  if (JSON.stringify(history.map(({ fields }) => fields)).includes('Doomed')) found.push('its name');
  return found;
}

async function furnish(app: TestApp): Promise<string> {
  const id = await aProject(app, 'Doomed');
  await aGroup(app, {
    project: 'doomed',
    variables: [{ name: 'A', value: 'old' }],
    files: [{ path: '/f', data: 'QUFB' }],
  });
  await aGroup(app, { project: 'doomed', name: 'second one' });
  await done(app, groupOp('updateSecretGroup'), {
    id: Buffer.from('SecretGroup:doomed/example-secret').toString('base64'),
    priority: 3,
  });
  await done(app, PUT_SERVICE, aServiceInput({ project: 'doomed', id: 'w' }));
  await done(app, operation('deleteService', ''), { project: 'doomed', id: 'w' });
  // A role of the slug's own name lies beside the project, and is none of it.
  await done(app, operation('createRole', 'role { slug }'), {
    name: 'doomed role',
    grants: [{ resources: ['PROJECT', 'SECRET_GROUP'], verbs: ['LIST', 'READ', 'LIST_KEYS'], projects: ['doomed'] }],
  });
  await done(app, DELETE, { id });
  return id;
}

describe('case 273: a project whose grace is over', () => {
  it('is gone from every copy in the store, and what named it grants nothing in the next of its slug', async () => {
    const house = aHouse();
    const app = await house.start();
    const id = await furnish(app);
    const other = await house.start();
    Object.assign(other, { owner: app.owner });
    const named = await app.token('doomed-role');
    house.later(6.9);
    await destroy(app);
    expect((await remains(app)).length).toBeGreaterThan(4);
    house.later(0.1);
    await destroy(app);
    expect(await remains(app)).toEqual([]);
    expect(codeOf(await run(app, RESTORE, { id }))).toBe('NOT_FOUND');
    await aProject(app, 'Doomed');
    // Through a process that knew the old keys.
    await done(
      other,
      groupOp('createSecretGroup'),
      aGroupInput({ project: 'doomed', variables: [{ name: 'B', value: 'new' }] }),
    );
    const third = await house.start();
    const read =
      '{ project(slug: "doomed") { name secretGroups(first: 5) { nodes { slug variables { name value } } } } }';
    expect((await third.gql(read, {}, app.owner)).data.project).toEqual({
      name: 'Doomed',
      secretGroups: { nodes: [{ slug: 'example-secret', variables: [{ name: 'B', value: 'new' }] }] },
    });
    expect((await third.gql(read, {}, named)).data.project).toBeNull();
  });

  it('is destroyed whole whichever commit the process dies at, and never restored once that began', async () => {
    for (const durable of [false, true]) {
      for (let nth = 1; ; nth += 1) {
        const house = aHouse();
        const app = await house.start();
        const id = await furnish(app);
        house.later(7);
        house.die(nth, durable);
        await destroy(app).catch(() => {});
        const isDead = house.isDead();
        house.die(Number.POSITIVE_INFINITY, false);
        const next = await house.start();
        if (nth > 1 || durable) expect(codeOf(await run(next, RESTORE, { id }, app.owner))).toBe('NOT_FOUND');
        await destroy(next);
        expect([nth, await remains(next)]).toEqual([nth, []]);
        const made = await run(next, operation('createProject', 'project { slug }'), { name: 'Doomed' }, app.owner);
        expect([nth, codeOf(made)]).toEqual([nth, 'OK']);
        await app.close();
        await next.close();
        if (!isDead) {
          expect(nth).toBeGreaterThan(5);
          break;
        }
      }
    }
  }, 60_000);
});
