import { expect, it } from 'vitest';
import { editableStore } from '../support/editable-store.ts';
import { documentMutations, logMutations, revisionMutations } from '../support/tampered-places.ts';
import { sweep, world } from '../support/tampering-sweep.ts';

/** All of them are in the stress tests. */
const EVERY = 12;

it('whatever is done to one record, what is told is right, or it is refused: a sample', async () => {
  const edit = editableStore();
  const app = await world(edit, 1);
  const all = [...documentMutations(edit), ...revisionMutations(edit), ...logMutations(edit)];
  const { unseen, harmless, mutations } = await sweep(
    app,
    edit,
    all.filter((_, i) => i % EVERY === 5),
  );
  expect(unseen).toEqual([]);
  expect(mutations).toBeGreaterThan(60);
  // Most of what is there is asked for.
  expect(harmless).toBeLessThan(mutations / 5);
  await app.close();
});
