import { expect, it } from 'vitest';
import { editableStore } from '../support/editable-store.ts';
import { documentMutations, logMutations, revisionMutations } from '../support/tampered-places.ts';
import { sweep, world } from '../support/tampering-sweep.ts';

it.each([
  ['documents', documentMutations, 1_750],
  ['former revisions', revisionMutations, 60],
  ['heads and commits', logMutations, 190],
] as const)(
  'whatever is done to one of the %s, what is told is right, or it is refused',
  async (_what, ways, least) => {
    const edit = editableStore();
    const app = await world(edit, 10);
    const { unseen, mutations } = await sweep(app, edit, ways(edit));
    expect(unseen).toEqual([]);
    expect(mutations).toBeGreaterThan(least);
    await app.close();
  },
);
