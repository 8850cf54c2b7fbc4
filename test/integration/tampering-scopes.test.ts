import { describe, expect, it } from 'vitest';
import { scopeWorld, sweepScopes } from '../support/scopes-sweep.ts';
import { sweptStores } from '../support/swept-stores.ts';
import { backMutations, crossMutations, pairMutations } from '../support/tampered-scopes.ts';

/** All of them are in the stress tests. */
const EVERY: Readonly<Record<string, number>> = { embedded: 50, MongoDB: 400 };

describe.each(sweptStores())('%s', (store, make) => {
  it('whatever is done to parts of whole scopes, what is told is right, or it is refused: a sample', async () => {
    const { edit, open, settled, dispose } = make();
    const world = await scopeWorld(edit, open, settled);
    const { timeline } = world;
    const all = [...backMutations(timeline), ...pairMutations(timeline), ...crossMutations(timeline, edit)];
    const every = EVERY[store] ?? 1;
    const { unseen, mutations } = await sweepScopes(
      edit,
      world,
      all.filter((_, i) => i % every === 7),
    );
    expect(unseen).toEqual([]);
    expect(mutations).toBeGreaterThan(80 / every);
    await world.app.close();
    await dispose();
  });
});
