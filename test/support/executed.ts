import { Session } from 'node:inspector/promises';

/** How often the functions and branches of each source file ran. */
export type Executed = ReadonlyMap<string, number>;

type Coverage = Awaited<ReturnType<typeof coverageOf>>;

/** What the engine counted of each script while `work` was under way. */
async function coverageOf(work: () => Promise<unknown>) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  try {
    // What ran before counts from here on, too, unless it is taken.
    await session.post('Profiler.takePreciseCoverage');
    await work();
    return (await session.post('Profiler.takePreciseCoverage')).result;
  } finally {
    await session.post('Profiler.stopPreciseCoverage');
    session.disconnect();
  }
}

/** The source, whether it runs itself or what was built of it. */
function fileOf({ url }: Coverage[number]): string | undefined {
  const name = url.includes('/node_modules/') ? undefined : /\/src\/(.+)\.[jt]s$/.exec(url)?.[1];
  return name === undefined ? undefined : `${name}.ts`;
}

/**
 * Counts what runs of the files under `src` in this thread while `work` is under way: every call and every turn of a loop,
 * as the engine counts them. Work that a request takes is told so without a clock.
 */
export async function executed(work: () => Promise<unknown>): Promise<Executed> {
  const counts = new Map<string, number>();
  for (const script of await coverageOf(work)) {
    const file = fileOf(script);
    if (file === undefined) continue;
    // Loops over the numbers of a leaf are as long whatever the set: how many leaves there are, calls tell.
    const isOfOneLength = file === 'store/set-hash.ts';
    const runs = script.functions.flatMap(({ ranges }) =>
      (isOfOneLength ? ranges.slice(0, 1) : ranges).map(({ count }) => count),
    );
    counts.set(file, (counts.get(file) ?? 0) + runs.reduce((sum, count) => sum + count, 0));
  }
  return counts;
}

/** How often each named function under `src` was called meanwhile, as `<file> <name>`; functions that were not are absent. */
export async function called(work: () => Promise<unknown>): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const script of await coverageOf(work)) {
    const file = fileOf(script);
    for (const { functionName, ranges } of file === undefined ? [] : script.functions) {
      const name = `${file} ${functionName}`;
      const count = (counts.get(name) ?? 0) + (ranges[0]?.count ?? 0);
      if (functionName !== '' && count > 0) counts.set(name, count);
    }
  }
  return counts;
}

export const totalOf = (counts: Executed): number => [...counts.values()].reduce((sum, count) => sum + count, 0);
