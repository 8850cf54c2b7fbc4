import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fill, type Running, send, startEmpty } from './keyloom.ts';
import type { ListenAsk, ListenOrder, Round } from './listeners.ts';

// Listeners with an environment each (50 variables of 10 groups, one of its own): memory, one commit to all, a commit of a token
// beside them, and what they cost while nothing happens. Processor time beside one bare answer of node:http in the same run.
//
//   npm run build && npx tsx test/bench/own-listeners.bench.ts        (LISTENERS=1000 COMMITS=5)

const LISTENERS = Number(process.env.LISTENERS ?? 1_000);
const COMMITS = Number(process.env.COMMITS ?? 5);
const IDLE_SECONDS = 15;
const PROJECT = 'default-project';
const QUERY = `subscription ($service: String!, $after: Cursor) {
  environmentChanged(project: "${PROJECT}", workload: { kind: SERVICE, id: $service }, after: $after) {
    ... on EnvironmentEvent { cursor seq digest variables { added removed changed } } } }`;
const GROUP = Buffer.from(`SecretGroup:${PROJECT}/group-0`).toString('base64');
const CHANGE = JSON.stringify({
  query: `mutation { setSecretGroupVariable(input: { id: "${GROUP}", name: "VARIABLE_0", value: "ROUND" }) { __typename } }`,
});
const LIMITS = {
  KEYLOOM_LIMIT_SOCKETS: '50000',
  KEYLOOM_LIMIT_STRANGERS: '50000',
  KEYLOOM_LIMIT_STRANGERS_PER_ADDRESS: '50000',
  KEYLOOM_LIMIT_SOCKETS_PER_PRINCIPAL: '50000',
  KEYLOOM_LIMIT_CONNECTIONS: '50000',
};

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const settle = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** Microseconds of processor time. */
function cpuOf({ pid }: ChildProcess): number {
  const of = (thread: string): number =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + of(thread), 0) / 1_000;
}
const memoryOf = ({ pid }: ChildProcess): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

async function crowdOf(server: Running, listeners: number) {
  const order: ListenOrder = { ...server, query: QUERY, listeners, stalled: 0, after: null, own: true };
  const given = JSON.stringify({ ...order, child: undefined });
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/bench/listeners.ts', given], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  // biome-ignore lint/suspicious/noExplicitAny: lines of the process next door
  const answer = async (): Promise<any> => JSON.parse((await lines.next()).value ?? 'null');
  await answer();
  return {
    ask(ask: ListenAsk) {
      child.stdin.write(`${JSON.stringify(ask)}\n`);
      return answer();
    },
    stop: () => child.kill(),
  };
}

/** What one answer of a bare server costs here and now. */
async function bare(): Promise<number> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/bench/servers.ts', 'bare'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url = ''] = [(await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()).value];
  const ask = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) await (await fetch(url, { method: 'POST', body: '{}' })).text();
  };
  await ask(500);
  const before = cpuOf(child);
  await ask(1_000);
  const cost = (cpuOf(child) - before) / 1_000;
  child.kill();
  return cost;
}

async function tokenCommit(server: Running, times: number): Promise<number> {
  const costs: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const before = cpuOf(server.child);
    await send(server, 'createToken', { name: `t ${i}`, kind: 'MACHINE', role: 'reader' }, 'text');
    await settle(100);
    costs.push(cpuOf(server.child) - before);
  }
  return median(costs);
}

const server = await startEmpty(LIMITS);
try {
  await fill(server);
  for (let i = 0; i < LISTENERS; i += 1) {
    const variables = [{ name: `OWN_${i}`, value: `own ${i}` }];
    await send(
      server,
      'putService',
      { project: PROJECT, id: `svc-${i}`, name: `Service ${i}`, variables },
      'service { id }',
    );
  }
  const few = await crowdOf(server, 10);
  await tokenCommit(server, 10);
  const besideFew = await tokenCommit(server, 10);
  few.stop();
  await settle(1_000);
  const before = memoryOf(server.child);
  const crowd = await crowdOf(server, LISTENERS);
  await settle(3_000);
  const kib = (): string => ((memoryOf(server.child) - before) / LISTENERS).toFixed(1);
  print(`${LISTENERS} listeners: ${kib()} KiB each once they listen`);
  const started = cpuOf(server.child);
  const { rounds } = (await crowd.ask({ do: 'publish', body: CHANGE, rounds: COMMITS })) as {
    readonly rounds: readonly Round[];
  };
  const each = (cpuOf(server.child) - started) / (LISTENERS * COMMITS);
  await settle(1_000);
  const one = await bare();
  const last = median(rounds.map((round) => round.last));
  const first = median(rounds.map((round) => round.first));
  print(
    `one commit to all: ${each.toFixed(0)} us each, ${(each / one).toFixed(1)} x bare (${one.toFixed(0)} us); first told after ${first.toFixed(0)} ms, last after ${last.toFixed(0)} ms`,
  );
  print(`${kib()} KiB each after ${COMMITS} commits`);
  const beside = await tokenCommit(server, 10);
  print(
    `a commit of a token: ${(beside / 1_000).toFixed(1)} ms, beside 10 listeners ${(besideFew / 1_000).toFixed(1)} ms: ${(beside / besideFew).toFixed(2)} times`,
  );
  const idle = cpuOf(server.child);
  await settle(IDLE_SECONDS * 1_000);
  print(`idle: ${((cpuOf(server.child) - idle) / (IDLE_SECONDS * 10_000)).toFixed(1)} % of a core`);
  crowd.stop();
} finally {
  server.child.kill();
}
