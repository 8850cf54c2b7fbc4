import { aGroupInput, aProject, aServiceInput, environmentOf, groupOp, PUT_SERVICE, run } from '../support/makers.ts';
import { startApp } from '../support/start-app.ts';

// How the cost of a resolve from scratch (nothing kept: every body opened, every template expanded) grows with the number of
// variables and of groups. The last column is the cost of one variable next to that in the smallest row: linear is about 1.
//
//   npx tsx test/bench/growth.bench.ts

const SIZES = [
  { groups: 10, each: 25 },
  { groups: 10, each: 50 },
  { groups: 10, each: 100 },
  { groups: 10, each: 200 },
  { groups: 100, each: 20 },
] as const;
const ROUNDS = 15;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function costOf({ groups, each }: (typeof SIZES)[number]): Promise<number> {
  const app = await startApp({ cacheBytes: 0, answerCacheBytes: 0 });
  await aProject(app);
  for (let group = 0; group < groups; group += 1) {
    const variables = Array.from({ length: each }, (_, i) => ({
      name: `V_${group}_${i}`,
      value: i === 0 ? 'plain' : `\${V_${group}_${i - 1 - ((i - 1) % 8)}} and ${i}`,
    }));
    await run(app, groupOp('createSecretGroup', 'id'), aGroupInput({ name: `Group ${group}`, variables }));
  }
  await run(app, PUT_SERVICE, aServiceInput());
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    await environmentOf(app);
    times.push(performance.now() - start);
  }
  await app.close();
  return times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

print('groups  variables  median ms  per variable, of the first row');
let first: number | null = null;
for (const size of SIZES) {
  const variables = size.groups * size.each;
  const cost = await costOf(size);
  first ??= cost / variables;
  const columns = [size.groups, variables].map((n, i) => String(n).padStart(i === 0 ? 6 : 11));
  print(`${columns.join('')}${cost.toFixed(1).padStart(11)}${(cost / variables / first).toFixed(2).padStart(12)}`);
}
