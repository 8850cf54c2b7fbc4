import { weightOf } from '../../src/domain/weight.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { createMacHolder } from '../../src/keys/mac-holder.ts';
import { openKeys } from '../../src/keys/open-keys.ts';
import { groupDocument, UNRESTRICTED } from '../../src/modules/secret-groups/model.ts';
import type { Store } from '../../src/store/port.ts';
import { changesOf } from '../../src/vault/change.ts';
import { createVault } from '../../src/vault/vault.ts';
import { ROOT_KEY } from './start-app.ts';

const AT = '2026-01-01T00:00:00.000Z';
const CONTENT = { description: 'many', files: new Map(), mounts: new Map(), links: [] };

/** So many groups in one commit, past the service: one after another they would take the test's time. */
export async function writeGroups(store: Store, project: string, count: number): Promise<void> {
  const keys = await openKeys({
    store,
    holder: createMacHolder(),
    rootKey: ROOT_KEY,
    clock: systemClock,
    initialise: false,
  });
  const vault = createVault({ store, keys, clock: systemClock, log: silentLog, cacheBytes: 0 });
  const changes = Array.from({ length: count }, (_, i) => {
    const plain = {
      name: `group ${i}`,
      stageId: null,
      tags: [`tag-${i}`],
      type: 'secret',
      secretType: 'environment',
    } as const;
    const restrictions = { ...UNRESTRICTED, restricted: true, tags: [`tag-${i}`] };
    const body = { ...CONTENT, variables: new Map([['A', `value ${i}`]]) };
    const weight = weightOf({ texts: [body.variables], files: [] });
    const fields = { ...plain, priority: i % 101, restrictions, weight, createdAt: AT, updatedAt: AT };
    return changesOf(groupDocument).create(['default', project, `group-${i}`], fields, body);
  });
  await vault.commit({ team: 'default', actor: 'test', operation: 'test', changes });
}
