import { filled, ways } from '../support/commit-ways.ts';

/**
 * Processor time of a mutation, with all that the gateway does for it, beside so many documents of its kind; in memory, without
 * a disk. Run on demand: `npx tsx test/bench/commit-growth.bench.ts`.
 */
const SIZES = [10, 1_000, 10_000];
const WARM = 20;
const ROUNDS = 20;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

function microseconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return user + system;
}

const rows = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
for (const size of SIZES) {
  const app = await filled(size, {});
  let i = 0;
  for (const [name, way] of Object.entries(ways)) {
    const costs: number[] = [];
    for (let round = 0; round < WARM + ROUNDS; round += 1) {
      i += 1;
      const before = process.cpuUsage();
      await way(app, i);
      if (round >= WARM) costs.push(microseconds(before));
    }
    rows.get(name)?.push(costs.sort((a, b) => a - b)[ROUNDS / 2] ?? Number.NaN);
  }
  await app.close();
}
print(`microseconds of processor time${SIZES.map((size) => String(size).padStart(9)).join('')}   last of first`);
for (const [name, costs] of rows) {
  const times = ((costs[costs.length - 1] ?? 0) / (costs[0] ?? 1)).toFixed(2);
  print(`${name.padEnd(40)}${costs.map((cost) => String(cost).padStart(8)).join(' ')}${times.padStart(10)}`);
}
