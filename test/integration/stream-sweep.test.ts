import { expect, it } from 'vitest';
import { listen, until } from '../support/listening.ts';
import { done, operation } from '../support/makers.ts';
import { MUTATIONS, operationOf } from '../support/mutations.ts';
import { startApp } from '../support/start-app.ts';
import { CHANGES, GLOBALS_CHANGED } from '../support/stream-queries.ts';

/** Parts of every value that the table of mutations writes. */
const VALUES = /before|mine|own file|secret-secret/;

it('case 149: every mutation is told as at most one event, whole, in order and without a value', async () => {
  const app = await startApp();
  const all = await listen(app.url, app.owner, CHANGES.replace('project name', 'project app name'));
  const globals = await listen(app.url, app.owner, GLOBALS_CHANGED);
  try {
    let n = 0;
    for (const { name, prepare } of MUTATIONS) {
      n += 1;
      const input = await prepare(app, n);
      await app.gql(operationOf(name), { input });
    }
    const marker = await done(app, operation('createTag', 'tag { id }'), { name: 'marker' });
    await until(() => all.events.at(-1)?.seq === marker.commit.seq, 'the last', 60_000);
    expect(all.events.filter(({ errors }) => errors)).toEqual([]);
    expect(globals.events.filter(({ errors }) => errors)).toEqual([]);
    const seqs = all.events.map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    const told = new Map(all.events.map((event) => [event.seq, event]));
    const log = await app.store.commitsAfter('default', (seqs[0] ?? 0) - 1, 10_000);
    // Kinds that are shown to nobody here: webhooks, accounts, what runs where.
    const INNER = /^(restart|deployWebhook|vcsAccount|workload\.acknowledge|globalSecret\.(sync|rotateHookSecret))/;
    const untold = log.filter(({ seq, operation: what }) => !told.has(seq) && !INNER.test(what));
    expect(untold.map(({ operation: what }) => what)).toEqual([]);
    for (const { seq, operation: what, actor } of log) {
      if (told.has(seq)) expect(told.get(seq)).toMatchObject({ operation: what, actor });
    }
    const cursors = /"cursor":"[^"]*"/g;
    expect(JSON.stringify([all.events, globals.events]).replaceAll(cursors, '')).not.toMatch(VALUES);
  } finally {
    await Promise.all([all.stop(), globals.stop()]);
    await app.close();
  }
}, 120_000);
