import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { LoadOrder, LoadReport } from './load.ts';
import { GROUPS, OPERATION, PER_GROUP } from './work.ts';

// Resolving one service with 50 variables over 10 groups, warm, with a real token: requests a second next to bare node:http
// and stock graphql-yoga answering the same, on the same machine, in turns. Only the ratios mean anything.
//
//   npx tsx test/bench/resolve.bench.ts        (ROUNDS=5 SECONDS=3)

interface Target {
  readonly name: string;
  readonly order: LoadOrder;
}

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const SECONDS = Number(process.env.SECONDS ?? 3);
const CONNECTIONS = 32;
const LAST = `VARIABLE_${GROUPS * PER_GROUP - 1}`;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

function spawnScript(file: string, argument: string): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', pathOf(file), argument], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
}

/** The first line that a child prints. */
async function firstLineOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('No output');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return line;
}

function orderOf(url: string, body: string, headers: LoadOrder['headers'], expect: string): LoadOrder {
  return { url, body, headers, expect, connections: CONNECTIONS, seconds: SECONDS };
}

async function startTarget(name: string, children: ChildProcess[]): Promise<Target> {
  const child = spawnScript('./servers.ts', name);
  children.push(child);
  const { url, token } = JSON.parse(await firstLineOf(child)) as { readonly url: string; readonly token: string };
  // Stock Yoga knows no scalar of ours.
  const body = name === 'keyloom' ? OPERATION : OPERATION.replace('Slug!', 'String!');
  return { name, order: orderOf(url, body, { authorization: `Bearer ${token}` }, LAST) };
}

async function rateOf({ order }: Target): Promise<number> {
  const { answers, seconds } = JSON.parse(
    await firstLineOf(spawnScript('./load.ts', JSON.stringify(order))),
  ) as LoadReport;
  return answers / seconds;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** In turns, so that what else the machine does meets all alike. The first round warms up. */
async function measure(targets: readonly Target[]): Promise<ReadonlyMap<string, readonly number[]>> {
  const rates = new Map<string, number[]>(targets.map(({ name }) => [name, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const target of targets) {
      const rate = await rateOf(target);
      if (round > 0) rates.get(target.name)?.push(rate);
    }
  }
  return rates;
}

const children: ChildProcess[] = [];
try {
  const targets: Target[] = [];
  for (const name of ['bare', 'yoga', 'keyloom']) targets.push(await startTarget(name, children));
  const rates = await measure(targets);
  const [bare, yoga] = ['bare', 'yoga'].map((name) => median(rates.get(name) ?? []));
  print('server      median/s   lowest  highest   of bare   of yoga');
  for (const [name, all] of rates) {
    const rate = median(all);
    const columns = [rate, Math.min(...all), Math.max(...all)].map((n) => n.toFixed(0).padStart(9)).join('');
    print(
      `${name.padEnd(11)}${columns}${(rate / (bare ?? 1)).toFixed(2).padStart(10)}${(rate / (yoga ?? 1)).toFixed(2).padStart(10)}`,
    );
  }
} finally {
  for (const child of children) child.kill();
}
