import { fitOf } from '../../src/store/lineage.ts';
import type { Store, TeamId } from '../../src/store/port.ts';
import { until } from './listening.ts';

/** Waits until the root over all heads is not older than those of these teams: on MongoDB it is written half a second after a commit. */
export async function rootSettled(store: Store, teams: readonly TeamId[] = ['default', '~instance']): Promise<void> {
  const isThere = async (team: TeamId): Promise<boolean> => {
    const { levels } = await store.lineage([team]);
    const [root, own] = levels;
    return root !== undefined && own !== undefined && fitOf(root.head, root.way, own.scope, own.head) !== 'behind';
  };
  const all = async (): Promise<boolean> => (await Promise.all(teams.map(isThere))).every((each) => each);
  await until(all, 'a root as new as its teams', 60_000);
}
