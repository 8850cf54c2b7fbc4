import { Session } from 'node:inspector/promises';

/** How often the functions and branches of each source file ran. */
export type Executed = ReadonlyMap<string, number>;

/**
 * Counts what runs of the files under `src` in this thread while `work` is under way: every call and every turn of a loop,
 * as the engine counts them. Work that a request takes is told so without a clock.
 */
export async function executed(work: () => Promise<unknown>): Promise<Executed> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  try {
    // What ran before counts from here on, too, unless it is taken.
    await session.post('Profiler.takePreciseCoverage');
    await work();
    const { result } = await session.post('Profiler.takePreciseCoverage');
    const counts = new Map<string, number>();
    for (const { url, functions } of result) {
      const [, file] = /\/src\/(.+\.ts)$/.exec(url) ?? [];
      if (file === undefined) continue;
      // Loops over the numbers of a leaf are as long whatever the set: how many leaves there are, calls tell.
      const isOfOneLength = file === 'store/set-hash.ts';
      const runs = functions.flatMap(({ ranges }) =>
        (isOfOneLength ? ranges.slice(0, 1) : ranges).map(({ count }) => count),
      );
      counts.set(file, (counts.get(file) ?? 0) + runs.reduce((sum, count) => sum + count, 0));
    }
    return counts;
  } finally {
    await session.post('Profiler.stopPreciseCoverage');
    session.disconnect();
  }
}

export const totalOf = (counts: Executed): number => [...counts.values()].reduce((sum, count) => sum + count, 0);
