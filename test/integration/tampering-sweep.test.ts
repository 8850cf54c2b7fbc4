import { describe, expect, it } from 'vitest';
import { sweptStores } from '../support/swept-stores.ts';
import { documentMutations, logMutations, revisionMutations } from '../support/tampered-places.ts';
import { sweep, world } from '../support/tampering-sweep.ts';

/** All of them are in the stress tests. */
const EVERY: Readonly<Record<string, number>> = { embedded: 12, MongoDB: 36 };

describe.each(sweptStores())('%s', (store, make) => {
  it('whatever is done to one record, what is told is right, or it is refused: a sample', async () => {
    const every = EVERY[store] ?? 1;
    const { edit, open, refresh, dispose } = make();
    const app = await world(open, 1);
    await refresh();
    const all = [...documentMutations(edit), ...revisionMutations(edit), ...logMutations(edit)];
    const some = all.filter((_, i) => i % every === 5);
    const { unseen, harmless, mutations } = await sweep(app, edit, some);
    expect(unseen).toEqual([]);
    expect(mutations).toBeGreaterThan(720 / every);
    // Most of what is there is asked for.
    expect(harmless).toBeLessThan(mutations / 5);
    const running = await sweep(
      app,
      edit,
      some.filter((_, i) => i % 5 === 0),
      'running',
    );
    expect(running.unseen).toEqual([]);
    await app.close();
    await dispose();
  });
});
