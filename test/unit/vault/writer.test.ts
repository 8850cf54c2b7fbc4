import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/kernel/clock.ts';
import { conflict, isAppError, notFound } from '../../../src/kernel/errors.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { createMacHolder } from '../../../src/keys/mac-holder.ts';
import { openKeys } from '../../../src/keys/open-keys.ts';
import { openMemoryStore } from '../../../src/store/embedded/open.ts';
import type { NewCommit } from '../../../src/store/port.ts';
import { type Change, changesOf } from '../../../src/vault/change.ts';
import type { DocumentType, Stored } from '../../../src/vault/document.ts';
import type { DocumentSet } from '../../../src/vault/document-set.ts';
import type { Order } from '../../../src/vault/order.ts';
import type { Author, Plan, Vault } from '../../../src/vault/port.ts';
import type { View } from '../../../src/vault/reading.ts';
import { createVault } from '../../../src/vault/vault.ts';
import { ownAuthor } from '../../../src/vault/writer.ts';
import { ROOT_KEY } from '../../support/start-app.ts';

type Marks = { readonly mark: string };
type StoredMark = Stored<Marks, string>;
const type: DocumentType<Marks, string> = {
  kind: 'tag',
  encode: (body) => body,
  decode: (json) => String(json),
  terms: ({ fields }) => [fields.mark],
  amounts: ({ fields }) => [[fields.mark, 1]],
};
const changes = changesOf(type);
const TEAM = 'team';

let vault: Vault;
let me: Author;
let commits: NewCommit[];
/** Runs before the next commit reaches the store. */
let meanwhile: (() => Promise<unknown>) | null;

beforeEach(async () => {
  const holder = createMacHolder();
  const store = openMemoryStore({ mac: holder.mac });
  const keys = await openKeys({ store, holder, rootKey: ROOT_KEY, clock: systemClock, initialise: true });
  commits = [];
  meanwhile = null;
  const watched = {
    ...store,
    async commit(commit: NewCommit) {
      const due = meanwhile;
      meanwhile = null;
      await due?.();
      const made = await store.commit(commit);
      commits.push(commit);
      return made;
    },
  };
  vault = createVault({ store: watched, keys, clock: systemClock, log: silentLog, cacheBytes: 1_000_000 });
  me = ownAuthor(vault, TEAM, 'me');
  await vault.writer.run(me, {
    operation: 'start',
    subject: [TEAM],
    find: () => null,
    decide: () => ({ changes: [{ op: 'raw', write: keys.newDataKey(TEAM, null).write }] }),
  });
  commits = [];
});

const setIn = (view: View): Promise<DocumentSet<Marks, string>> => view.set(type);
const nowSet = async () => setIn(await vault.view(TEAM));

/** Makes, changes, deletes or erases one document, as its present state in the view allows. */
interface Step {
  readonly id: string;
  readonly act: 'put' | 'erase' | 'remove';
  readonly mark: string;
  readonly text: string;
}
function orderOf({ id, act, mark, text }: Step): Order<StoredMark | null> {
  const key = [TEAM, id];
  return {
    operation: `mark.${act}`,
    subject: key,
    find: async (view) => (await setIn(view)).get(id),
    decide(before) {
      if (act === 'put') {
        const change = before ? changes.replace(before, { mark }, text) : changes.create(key, { mark }, text);
        return { changes: [change] };
      }
      if (!before || before.deleted) throw notFound('Mark', id);
      if (act === 'erase') return { changes: [changes.erase(before, before.fields)] };
      return { changes: [{ op: 'remove', kind: 'tag', key, expected: before.revision }] };
    },
  };
}
const IDS = ['a', 'b', 'c'];
const aStep = fc.record({
  id: fc.constantFrom(...IDS),
  act: fc.constantFrom('put', 'put', 'erase', 'remove'),
  mark: fc.constantFrom('x', 'y'),
  text: fc.string({ maxLength: 3 }),
}) as fc.Arbitrary<Step>;

const told = ({ key, revision, seq, deleted, fields, body }: StoredMark) => ({
  key,
  revision,
  seq,
  deleted,
  fields,
  body: body(),
});
function all(set: DocumentSet<Marks, string>) {
  const found = ['x', 'y'].map((mark) => [set.total(mark), set.under(mark).map(told)]);
  return { all: set.all.map(told), live: set.live.map(told), count: set.liveCount, found, seq: set.seq };
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (isAppError(error) ? error.code : 'INTERNAL'),
  );

describe('plan and commit', () => {
  it('a plan writes nothing; its commit writes exactly what running the order would have', async () => {
    const step: Step = { id: 'a', act: 'put', mark: 'x', text: 'one' };
    const plan = await vault.writer.plan(me, orderOf(step));
    expect(commits).toEqual([]);
    expect((await nowSet()).all).toEqual([]);
    const commit = await vault.writer.commit(me, plan);
    expect(all(await nowSet()).all).toEqual([
      { key: [TEAM, 'a'], revision: 1, seq: commit.seq, deleted: false, fields: { mark: 'x' }, body: 'one' },
    ]);
    await vault.writer.run(me, orderOf({ ...step, id: 'b' }));
    const [planned, run] = commits.map(({ writes, operation, actor }) => ({
      operation,
      actor,
      writes: writes.map(({ op, kind }) => [op, kind]),
    }));
    expect(planned).toEqual(run);
  });

  it('a plan that something overtook is a CONFLICT, and nothing of it is written', async () => {
    const both = await vault.writer.plan(
      me,
      orderOf({ id: 'b', act: 'put', mark: 'x', text: '' }),
      await vault.writer.plan(me, orderOf({ id: 'a', act: 'put', mark: 'x', text: '' })),
    );
    await vault.writer.run(me, orderOf({ id: 'a', act: 'put', mark: 'y', text: '' }));
    expect(await codeOf(vault.writer.commit(me, both))).toBe('CONFLICT');
    expect((await nowSet()).all.map(({ key }) => key[1])).toEqual(['a']);
  });

  it('run decides again when another writer was faster, and not when the decision itself refuses', async () => {
    let decisions = 0;
    const order = orderOf({ id: 'a', act: 'put', mark: 'x', text: 'mine' });
    const counted: Order<StoredMark | null> = {
      ...order,
      decide(before, view) {
        decisions += 1;
        return order.decide(before, view);
      },
    };
    meanwhile = () =>
      vault.commit({
        team: TEAM,
        actor: 'other',
        operation: 'other',
        changes: [changes.create([TEAM, 'a'], { mark: 'y' }, 'theirs')],
      });
    await vault.writer.run(me, counted);
    expect(decisions).toBe(2);
    expect(all(await nowSet()).all).toMatchObject([{ revision: 2, body: 'mine' }]);
    const refused: Order<null> = {
      operation: 'refused',
      subject: [TEAM, 'a'],
      find: () => null,
      decide() {
        decisions += 1;
        throw conflict('WRONG_STATE', 'No');
      },
    };
    expect(await codeOf(vault.writer.run(me, refused))).toBe('CONFLICT');
    expect(decisions).toBe(3);
  });

  it('takes its steps in one order: found, seen, decided, with room', async () => {
    const steps: string[] = [];
    const failing = (step: string | null): Order<null> => {
      const take = (name: string) => {
        steps.push(name);
        if (name === step) throw notFound('Step', name);
      };
      return {
        operation: 'steps',
        subject: [TEAM, 'a'],
        find: () => {
          take('find');
          return null;
        },
        seen: () => {
          take('seen');
          return { expected: null, present: null };
        },
        decide: () => {
          take('decide');
          return { changes: [changes.create([TEAM, 'a'], { mark: 'x' }, '')], room: () => take('room') };
        },
      };
    };
    for (const step of ['find', 'seen', 'decide', 'room']) {
      expect(await codeOf(vault.writer.run(me, failing(step)))).toBe('NOT_FOUND');
    }
    expect(steps.join(' ')).toBe('find find seen find seen decide find seen decide room');
    expect(commits).toEqual([]);
    expect(await codeOf(vault.writer.run(me, failing(null)))).toBe('done');
  });

  it.each([
    [{ expected: null, present: { revision: 3 } }, 'done'],
    [{ expected: 3, present: { revision: 3 } }, 'done'],
    [{ expected: 2, present: { revision: 3 } }, 'REVISION_MOVED'],
    [{ expected: 2, present: null }, 'NOT_THERE'],
    [{ expected: undefined, present: null }, 'done'],
  ])('the caller saw %j: %s', async (seen, outcome) => {
    const order = { find: () => null, seen: () => seen };
    const reason = await vault.writer.ready(me, order).then(
      () => 'done',
      (error: unknown) => (isAppError(error) ? error.details.reason : error),
    );
    expect(reason).toBe(outcome);
  });

  it('a repeated create is answered with the first, decides nothing, and refuses another request under its key', async () => {
    let decisions = 0;
    const create = (input: string): Order<StoredMark | null> => {
      const order = orderOf({ id: 'a', act: 'put', mark: 'x', text: input });
      const decide: typeof order.decide = (before, view) => {
        decisions += 1;
        return order.decide(before, view);
      };
      return { ...order, decide, once: { idempotencyKey: 'key', input } };
    };
    const first = await vault.writer.run(me, create('one'));
    const again = await vault.writer.run(me, create('one'));
    expect(again).toMatchObject({ object: first.object, commit: { seq: first.commit.seq, operation: 'mark.put' } });
    expect((await vault.writer.plan(me, create('one'))).stands).toMatchObject({ seq: first.commit.seq });
    expect(decisions).toBe(1);
    expect(await codeOf(vault.writer.run(me, create('two')))).toBe('CONFLICT');
    expect(commits.length).toBe(1);
  });
});

describe('a view with a plan', () => {
  it('is the view after the commit: on random orders, alone and upon each other, as a naive model says too', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(aStep, { maxLength: 4 }),
        fc.array(aStep, { minLength: 1, maxLength: 6 }),
        async (before, steps) => {
          round += 1;
          // Another team each time would need its keys; another set of ids is as good.
          const mine = (step: Step): Step => ({ ...step, id: `${round}-${step.id}` });
          for (const step of before.map(mine)) await vault.writer.run(me, orderOf(step)).catch(() => undefined);
          const view = await vault.view(TEAM);
          const model = new Map((await setIn(view)).all.map((stored) => [stored.key[1] ?? '', told(stored)]));
          const gone = new Set<string>();
          let plan: Plan | undefined;
          for (const step of steps.map(mine)) {
            const next = await vault.writer.plan(me, orderOf(step), plan).catch((error: unknown) => {
              if (!isAppError(error)) throw error;
              return null;
            });
            const known = model.get(step.id);
            const isRefused = step.act === 'put' ? gone.has(step.id) : !known || known.deleted;
            expect(next === null).toBe(isRefused);
            if (!next) continue;
            plan = next;
            applied(model, gone, step, view);
          }
          if (!plan) return;
          const laid = all(await setIn(view.with(plan)));
          expect(laid.all).toEqual([...model.values()].sort((a, b) => ((a.key[1] ?? '') < (b.key[1] ?? '') ? -1 : 1)));
          // What was made and erased again leaves nothing to commit.
          if (plan.changes.every(({ op }) => op === 'check')) return;
          const { seq } = await vault.writer.commit(me, plan);
          expect(seq).toBe(view.with(plan).seq);
          expect(laid).toEqual(all(await nowSet()));
        },
      ),
      { numRuns: 60 },
    );
  });

  /** What a step makes of the documents, all in the one commit after the view. */
  function applied(model: Map<string, ReturnType<typeof told>>, gone: Set<string>, step: Step, view: View): void {
    const known = model.get(step.id);
    const seq = view.seq + 1;
    if (step.act === 'remove') {
      if (known && !(known.seq === seq && known.revision === 1)) gone.add(step.id);
      model.delete(step.id);
      return;
    }
    const revision = known ? (known.seq === seq ? known.revision : known.revision + 1) : 1;
    const deleted = step.act === 'erase';
    const body = deleted && known ? known.body : step.text;
    const fields = deleted && known ? known.fields : { mark: step.mark };
    model.set(step.id, { key: [TEAM, step.id], revision, seq, deleted, fields, body });
  }

  it('leaves the view that it is laid over, and other kinds, as they are', async () => {
    await vault.writer.run(me, orderOf({ id: 'a', act: 'put', mark: 'x', text: '' }));
    const view = await vault.view(TEAM);
    const plan = await vault.writer.plan(me, orderOf({ id: 'a', act: 'erase', mark: 'x', text: '' }));
    const laid = view.with(plan);
    expect((await setIn(laid)).live).toEqual([]);
    expect((await setIn(view)).live.length).toBe(1);
    const role: DocumentType<Marks, null> = { kind: 'role', encode: () => null, decode: () => null };
    expect(await laid.set(role)).toBe(await view.set(role));
    expect(view.with({ changes: [{ op: 'check', kind: 'tag', key: [TEAM, 'a'], expected: 1 } as Change] })).toBe(view);
  });
});
