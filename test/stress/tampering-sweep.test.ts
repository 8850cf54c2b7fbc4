import { describe, expect, it } from 'vitest';
import type { EditableRecords } from '../support/editable-store.ts';
import { SHARE } from '../support/share.ts';
import { sweptStores } from '../support/swept-stores.ts';
import { documentMutations, logMutations, revisionMutations } from '../support/tampered-places.ts';
import { type Meeting, sweep, world } from '../support/tampering-sweep.ts';

/** So many of them are tried by themselves: on MongoDB a running gateway reads again what does not fit, and takes half a second for it. */
const PARTS = 5;
const DOCUMENTS = Array.from({ length: PARTS }, (_, part) => {
  const every = (edit: EditableRecords) => [...documentMutations(edit)].filter((_way, i) => i % PARTS === part);
  return [`documents, part ${part},`, every, 1_750 / PARTS] as const;
});
const WAYS = [
  ...DOCUMENTS,
  ['former revisions', revisionMutations, 60],
  ['heads and commits', logMutations, 190],
] as const;
const MEETINGS: readonly Meeting[] = ['started', 'running'];

describe.each(sweptStores())('%s', (_store, make) => {
  describe.each(MEETINGS)('a gateway that is %s', (meeting) => {
    it.each(WAYS)(
      'whatever is done to one of the %s, what is told is right, or it is refused',
      async (_, ways, min) => {
        const { edit, open, refresh, dispose } = make();
        const app = await world(open, 10);
        await refresh();
        const { unseen, mutations } = await sweep(
          app,
          edit,
          [...ways(edit)].filter((_way, i) => i % SHARE === 0),
          meeting,
        );
        expect(unseen).toEqual([]);
        expect(mutations).toBeGreaterThan(Math.floor(min / SHARE) - 1);
        await app.close();
        await dispose();
      },
    );
  });
});
