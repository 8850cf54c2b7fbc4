import { expect, it } from 'vitest';
import type { MacHolder } from '../../src/keys/mac-holder.ts';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import type { OpenedStore } from '../../src/store/port.ts';
import { counting } from '../support/counting.ts';
import { aGroup, aProject } from '../support/makers.ts';
import { startApp } from '../support/start-app.ts';

/** What a later process reads of a store that holds so many groups until it can serve. */
async function readAtStart(groups: number) {
  let kept: OpenedStore | undefined;
  const open = ({ mac }: MacHolder): OpenedStore => {
    kept ??= openMemoryStore({ mac });
    return { ...kept, close: async () => {} };
  };
  const first = await startApp({ open });
  await aProject(first);
  for (let i = 0; i < groups; i += 1) await aGroup(first, { name: `Group ${i}` });
  await first.close();
  if (!kept) throw new Error('no store was opened');
  const counted = counting(kept);
  const second = await startApp({ open: () => ({ ...counted.port, close: async () => {} }) });
  await second.gateway.services.access.lookAtClock();
  const read = { ...counted.calls, documents: counted.documents('list') + counted.documents('getMany') };
  await second.close();
  return read;
}

it('a start reads as much of a full store as of an empty one', async () => {
  const [few, many] = [await readAtStart(1), await readAtStart(150)];
  expect(many).toEqual(few);
  expect(few.documents).toBeLessThan(50);
});
