import { beforeAll, describe, expect, it } from 'vitest';
import { createMacHolder } from '../../src/keys/mac-holder.ts';
import type { Engine } from '../../src/store/embedded/engine.ts';
import { openMemoryEngine } from '../../src/store/embedded/memory-engine.ts';
import { createEmbeddedStore } from '../../src/store/embedded/store.ts';
import type { Store } from '../../src/store/port.ts';
import { type FaultMoment, faultStore } from '../support/fault-store.ts';
import { ACTIONS, MUTATIONS, type MutationCase, operationOf } from '../support/mutations.ts';
import { schema } from '../support/schema.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { borrowed, freshApp, type WholeState, wholeState } from '../support/whole-state.ts';

const clock = () => new Date('2026-01-02T03:04:05.000Z');
const EVERYTHING = [new Uint8Array(), Buffer.alloc(2000, 0xff)] as const;

interface World {
  readonly entries: ReturnType<Engine['range']>;
  readonly owner: string;
  readonly input: object;
}

interface Try {
  readonly store: Store;
  readonly app: TestApp;
  /** From now on the store behaves like this one. */
  readonly use: (store: Store) => void;
  readonly close: () => Promise<void>;
}

/** The whole state is asked for in one query. */
const WHOLE = { cost: 100_000 };

/** The state that a mutation finds, to begin from as often as needed. */
async function worldFor({ prepare }: MutationCase): Promise<World> {
  const engine = openMemoryEngine();
  const app = await startApp({ clock, open: ({ mac }) => createEmbeddedStore(engine, mac) });
  const input = await prepare(app, 1);
  const entries = engine.range(...EVERYTHING, 1_000_000);
  await app.close();
  return { entries, owner: app.owner, input };
}

const lent = (current: () => Store): Store => ({
  isEmpty: () => current().isEmpty(),
  head: (scope) => current().head(scope),
  newest: (team) => current().newest(team),
  lineage: (scope) => current().lineage(scope),
  get: (...args) => current().get(...args),
  getMany: (...args) => current().getMany(...args),
  list: (...args) => current().list(...args),
  commit: (request) => current().commit(request),
  commitsAfter: (...args) => current().commitsAfter(...args),
  watch: (...args) => current().watch(...args),
  revisions: (...args) => current().revisions(...args),
  holds: (prefix) => current().holds(prefix),
  close: () => current().close(),
});

async function begin({ entries, owner }: World): Promise<Try> {
  const engine = openMemoryEngine();
  await engine.apply(entries.map(({ key, value }) => [key, value] as const));
  const holder = createMacHolder();
  const store = createEmbeddedStore(engine, (bytes) => holder.mac(bytes));
  let current = store;
  const app = await startApp({
    clock,
    limits: WHOLE,
    open: (its) => {
      holder.set((bytes) => its.mac(bytes));
      return borrowed(lent(() => current));
    },
  });
  const use = (next: Store): void => {
    current = next;
  };
  return { store, app: { ...app, owner }, use, close: () => app.close() };
}

async function stateOf(attempt: Try): Promise<WholeState> {
  const fresh = await freshApp(attempt.store, attempt.app.owner, { clock, limits: WHOLE });
  try {
    const state = await wholeState(fresh, attempt.store);
    // What the gateway that met the fault believes must be no different.
    expect(await wholeState(attempt.app, attempt.store)).toEqual(state);
    return state;
  } finally {
    await fresh.close();
  }
}

async function answerOf({ app }: Try, name: string, input: object): Promise<string> {
  const { data, errors } = await app.gql(operationOf(name), { input }, app.owner);
  return data?.result?.__typename ?? errors?.[0]?.extensions.code ?? 'nothing';
}

/** What a repeated request may be told when the first one took effect. */
const DONE = /Payload$|^(ConflictError|NotFoundError)$/;

describe.each(MUTATIONS.map((each, i) => [`${each.name} (${i})`, each] as const))('%s', (_title, mutation) => {
  const { name } = mutation;
  let world: World;
  let before: WholeState;
  let after: WholeState;
  let payload = '';

  beforeAll(async () => {
    world = await worldFor(mutation);
    const attempt = await begin(world);
    before = await stateOf(attempt);
    payload = await answerOf(attempt, name, world.input);
    after = await stateOf(attempt);
    await attempt.close();
  });

  it('is one commit that can be seen', () => {
    expect(payload).toMatch(/Payload$/);
    expect(after.seq).toBe(before.seq + 1);
    expect(after.rows).not.toEqual(before.rows);
  });

  async function withFault(nth: number, moment: FaultMoment): Promise<boolean> {
    const attempt = await begin(world);
    try {
      const { port, fired } = faultStore(attempt.store, { nth, moment });
      attempt.use(port);
      const told = await answerOf(attempt, name, world.input);
      attempt.use(attempt.store);
      if (!fired()) {
        expect(told).toBe(payload);
        return false;
      }
      const now = await stateOf(attempt);
      const isNew = now.seq !== before.seq;
      expect(now).toEqual(isNew ? after : before);
      expect(told).toMatch(isNew ? /Payload$|^UNAVAILABLE$/ : /^UNAVAILABLE$/);
      const again = await answerOf(attempt, name, world.input);
      const last = await stateOf(attempt);
      expect(again).toMatch(isNew ? DONE : /Payload$/);
      expect(last.seen).toBe(after.seen);
      if (!isNew || 'idempotencyKey' in world.input) {
        expect(again).toBe(payload);
        expect(last).toEqual(after);
      }
      return true;
    } finally {
      await attempt.close();
    }
  }

  it.each(['before', 'after'] as const)(
    'case 128, 129: each store call fails %s it takes effect: the old state or the new one, and a retry passes',
    async (moment) => {
      let nth = 1;
      while (await withFault(nth, moment)) nth += 1;
      // Who is asking, what is there, the commit.
      expect(nth).toBeGreaterThan(3);
    },
  );
});

describe('createToken', () => {
  it('case 129: tells the text of the token that it made, even when the answer of the commit was lost', async () => {
    const mutation = MUTATIONS.find(({ name }) => name === 'createToken');
    if (!mutation) throw new Error('unreachable');
    const world = await worldFor(mutation);
    const attempt = await begin(world);
    attempt.use(faultStore(attempt.store, { nth: 1, moment: 'after', methods: ['commit'] }).port);
    const make = async () =>
      (
        await attempt.app.gql(
          operationOf('createToken', 'text token { id name }'),
          { input: world.input },
          attempt.app.owner,
        )
      ).data.result;
    const first = await make();
    expect(first.text).toMatch(/^klm/);
    expect((await attempt.app.gql('{ viewer { name } }', {}, first.text)).data.viewer.name).toBe('token 1');
    const second = await make();
    expect(second).toEqual({ ...first, text: null });
    await attempt.close();
  });
});

describe('the table of mutations', () => {
  it('covers the schema', () => {
    const fields = Object.keys(schema.getMutationType()?.getFields() ?? {});
    expect(fields.length).toBeGreaterThan(25);
    expect([...new Set([...ACTIONS, ...MUTATIONS.map(({ name }) => name)])].sort()).toEqual(fields.sort());
  });
});
