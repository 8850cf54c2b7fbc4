import type { ChildProcess } from 'node:child_process';
import { startKeyloom } from './keyloom.ts';
import type { LoadOrder, LoadReport } from './load.ts';
import { cpuOf, firstLineOf, spawnScript } from './processes.ts';
import { GROUPS, OPERATION, PER_GROUP } from './work.ts';

// Resolving one service with 50 variables over 10 groups, warm, with a real token: requests a second next to bare node:http
// and stock graphql-yoga answering the same, on the same machine, in turns. Only the ratios mean anything.
//
//   npm run build && npx tsx test/bench/resolve.bench.ts        (ROUNDS=5 SECONDS=3)

interface Target {
  readonly name: string;
  readonly pid: number;
  readonly order: LoadOrder;
}

interface Measured {
  /** Answers a second. */
  readonly rate: number;
  /** Processor time of the server for one answer, in microseconds: less at the mercy of what else the machine does. */
  readonly cpu: number;
}

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const SECONDS = Number(process.env.SECONDS ?? 3);
const CONNECTIONS = 32;
const LAST = `VARIABLE_${GROUPS * PER_GROUP - 1}`;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

function orderOf(url: string, body: string, headers: LoadOrder['headers'], expect: string): LoadOrder {
  return { url, body, headers, expect, connections: CONNECTIONS, seconds: SECONDS };
}

async function startReference(name: string, children: ChildProcess[]): Promise<Target> {
  const child = spawnScript('./servers.ts', name);
  children.push(child);
  // Stock Yoga knows no scalar of ours.
  const body = OPERATION.replace('Slug!', 'String!');
  const order = orderOf(await firstLineOf(child), body, { authorization: 'Bearer bench' }, LAST);
  return { name, pid: child.pid ?? 0, order };
}

async function startSubject(children: ChildProcess[]): Promise<Target> {
  const { child, url, token } = await startKeyloom();
  children.push(child);
  return {
    name: 'keyloom',
    pid: child.pid ?? 0,
    order: orderOf(url, OPERATION, { authorization: `Bearer ${token}` }, LAST),
  };
}

async function measureOnce({ order, pid }: Target): Promise<Measured> {
  const before = cpuOf(pid);
  const child = spawnScript('./load.ts', JSON.stringify(order));
  const { answers, seconds } = JSON.parse(await firstLineOf(child)) as LoadReport;
  return { rate: answers / seconds, cpu: (cpuOf(pid) - before) / answers };
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** In turns, so that what else the machine does meets all alike. The first round warms up. */
async function measure(targets: readonly Target[]): Promise<ReadonlyMap<string, readonly Measured[]>> {
  const all = new Map<string, Measured[]>(targets.map(({ name }) => [name, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const target of targets) {
      const measured = await measureOnce(target);
      if (round > 0) all.get(target.name)?.push(measured);
    }
  }
  return all;
}

function printTable(all: ReadonlyMap<string, readonly Measured[]>): void {
  const rateOf = (name: string) => median((all.get(name) ?? []).map(({ rate }) => rate));
  const cpuTimeOf = (name: string) => median((all.get(name) ?? []).map(({ cpu }) => cpu));
  print('server      median/s   of bare   of yoga  cpu us/answer  bare/its cpu  yoga/its cpu');
  for (const name of all.keys()) {
    const [rate, cpu] = [rateOf(name), cpuTimeOf(name)];
    const columns = [
      rate.toFixed(0).padStart(9),
      (rate / rateOf('bare')).toFixed(2).padStart(10),
      (rate / rateOf('yoga')).toFixed(2).padStart(10),
      cpu.toFixed(0).padStart(15),
      (cpuTimeOf('bare') / cpu).toFixed(2).padStart(14),
      (cpuTimeOf('yoga') / cpu).toFixed(2).padStart(14),
    ];
    print(`${name.padEnd(11)}${columns.join('')}`);
  }
}

const children: ChildProcess[] = [];
try {
  const targets: Target[] = [];
  for (const name of ['bare', 'yoga']) targets.push(await startReference(name, children));
  targets.push(await startSubject(children));
  printTable(await measure(targets));
} finally {
  for (const child of children) child.kill();
}
