import { describe, expect, it } from 'vitest';
import { scopeWorld, sweepScopes } from '../support/scopes-sweep.ts';
import { SHARE } from '../support/share.ts';
import { sweptStores } from '../support/swept-stores.ts';
import { backMutations, crossMutations, pairMutations } from '../support/tampered-scopes.ts';

const PARTS = 4;
/** A try on MongoDB takes seconds: refusals there wait for the root, which may be late. */
const EVERY: Readonly<Record<string, number>> = { embedded: 1, MongoDB: 4 };

describe.each(sweptStores())('%s', (store, make) => {
  it.each(Array.from({ length: PARTS }, (_, i) => i))(
    'whatever is put back of one, two or three scopes, or laid over others, is told or does no harm: part %i',
    async (part) => {
      const { edit, open, settled, dispose } = make();
      const world = await scopeWorld(edit, open, settled);
      const { timeline } = world;
      const every = (EVERY[store] ?? 1) * SHARE;
      const all = [...backMutations(timeline), ...pairMutations(timeline), ...crossMutations(timeline, edit)];
      const { unseen, mutations } = await sweepScopes(
        edit,
        world,
        all.filter((_, i) => i % (PARTS * every) === part),
      );
      expect(unseen).toEqual([]);
      expect(mutations).toBeGreaterThan(Math.floor(120 / every));
      await world.app.close();
      await dispose();
    },
  );
});
