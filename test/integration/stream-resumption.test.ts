import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../support/listening.ts';
import { aGroup, aProject, aServiceInput, done, groupOp, PUT_SERVICE } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { CHANGES, ENVIRONMENT_CHANGED } from '../support/stream-queries.ts';

let app: TestApp;
let group = '';
beforeAll(async () => {
  app = await startApp();
  await aProject(app);
  await done(app, PUT_SERVICE, aServiceInput());
  group = (await aGroup(app, { name: 'watched', variables: [] })).id;
});
afterAll(() => app.close());

let count = 0;
async function write(times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) {
    count += 1;
    await done(app, groupOp('setSecretGroupVariable', 'id'), { id: group, name: `V_${count}`, value: String(count) });
  }
}

/** What a listener hears that was away for so many commits, and the one commit after that. */
async function heard(query: string, variables: Record<string, unknown>, missed: number) {
  const before = await listen(app.url, app.owner, query, { variables: { ...variables } });
  await write(1);
  const [{ cursor }] = await before.count(1);
  await before.stop();
  await write(missed);
  const after = await listen(app.url, app.owner, query, { variables: { ...variables, after: cursor } });
  const last = count + 1;
  await write(1);
  const isLast = () => JSON.stringify(after.events.at(-1)).includes(`V_${last}`);
  await expect.poll(isLast, { timeout: 60_000 }).toBe(true);
  await after.stop();
  return after.events;
}

describe('a listener that comes again', () => {
  const service = { service: 'example-service' };

  it('is told of the last of many commits at once where that is enough, and of few one by one', async () => {
    const few = await heard(ENVIRONMENT_CHANGED, service, 20);
    expect(few).toHaveLength(21);
    const many = await heard(ENVIRONMENT_CHANGED, service, 118);
    expect(many.length).toBeLessThanOrEqual(2);
    // Those of the commits that it stands for, all of them.
    const names = many.flatMap(({ variables }) => variables.added);
    expect(names).toHaveLength(119);
  });

  it('is told what differs from where it was, whatever others that come again are told of the same commit', async () => {
    const witness = await listen(app.url, app.owner, ENVIRONMENT_CHANGED, { variables: { ...service } });
    const missed = 40;
    await write(1);
    await witness.count(1);
    for (let i = 2; i <= missed; i += 1) {
      await write(1);
      await witness.count(i);
    }
    await witness.stop();
    const cursors = witness.events.map(({ cursor }) => cursor);
    const added = async (after: string): Promise<readonly string[]> => {
      const again = await listen(app.url, app.owner, ENVIRONMENT_CHANGED, { variables: { ...service, after } });
      await again.count(1);
      await again.stop();
      return again.events.flatMap(({ variables }) => variables.added);
    };
    expect(await added(cursors.at(-2))).toEqual([`V_${count}`]);
    expect(await added(cursors[0])).toHaveLength(missed - 1);
  });

  it('is told of each commit where each counts', async () => {
    const events = await heard(CHANGES, { kinds: ['SECRET_GROUP'] }, 118);
    expect(events).toHaveLength(119);
    const seqs = events.map(({ seq }) => seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect(new Set(seqs).size).toBe(119);
  });
});
