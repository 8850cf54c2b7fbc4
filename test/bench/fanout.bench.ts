import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ListenAsk, ListenOrder, Round } from './listeners.ts';

// One event to many listeners: Keyloom beside a plain server in the same run, then what happens after a kill, and with
// listeners that do not read. LISTENERS=10000 is the promise; fewer tell less.

const LISTENERS = Number(process.env.LISTENERS ?? 10_000);
const ROUNDS = Number(process.env.ROUNDS ?? 10);
const MISSED = 5;
const QUERY =
  'subscription ($after: Cursor) { changes(after: $after) { ... on CommitEvent { cursor seq at operation changes { kind name revision } } } }';
const PLAIN_QUERY = 'subscription { changes { cursor seq at operation changes { kind name revision } } }';
const PUT = JSON.stringify({
  query: `mutation { putService(input: { project: "default-project", id: "example-service", name: "N ROUND" }) { __typename ... on Error { message } } }`,
});
const PUBLISH = JSON.stringify({ query: 'mutation { publish }' });

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const fixed = (ms: number): string => `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;
const quantile = (numbers: readonly number[], q: number): number =>
  [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * q))] ?? Number.NaN;
/** Resident memory of a process, bytes. */
const memoryOf = ({ pid }: ChildProcess): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;
/** Processor time that a process has used, milliseconds. */
const workOf = ({ pid }: ChildProcess): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
};
const ended = (child: ChildProcess): Promise<unknown> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((done) => child.once('exit', done));

interface Server {
  readonly child: ChildProcess;
  readonly url: string;
  readonly token: string;
}

async function keyloom(dir: string, port = 0, token = ''): Promise<Server> {
  const limit = String(4 * LISTENERS + 1_000);
  const child = spawn(process.execPath, ['dist/src/main.js'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      KEYLOOM_DEVELOPMENT: 'true',
      KEYLOOM_DATA: dir,
      KEYLOOM_PORT: String(port),
      KEYLOOM_LOG_LEVEL: 'warn',
      KEYLOOM_LIMIT_SOCKETS: limit,
      KEYLOOM_LIMIT_STRANGERS_PER_ADDRESS: limit,
      KEYLOOM_LIMIT_STRANGERS: limit,
      KEYLOOM_LIMIT_RATE_POINTS: '0',
      KEYLOOM_LIMIT_RATE_POINTS_DEPENDENT: '0',
      KEYLOOM_LIMIT_SOCKETS_PER_DEPENDENT: limit,
      KEYLOOM_LIMIT_SOCKETS_PER_PRINCIPAL: limit,
      KEYLOOM_LIMIT_CONNECTIONS: limit,
    },
  });
  let owner = token;
  for await (const line of createInterface({ input: child.stdout })) {
    owner = /klm_u_\w+/.exec(line)?.[0] ?? owner;
    const url = /listens on (\S+)/.exec(line)?.[1];
    if (url) return { child, url: `${url}/graphql`, token: owner };
  }
  throw new Error('Keyloom did not start; build it first');
}

async function plain(): Promise<Server> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/bench/fanout-plain.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  for await (const url of createInterface({ input: child.stdout })) return { child, url, token: 'none' };
  throw new Error('The plain server did not start');
}

/** A process of listeners, once all of them listen. */
async function listeners(server: Server, over: Partial<ListenOrder> = {}) {
  const order = {
    url: server.url,
    token: server.token,
    query: QUERY,
    listeners: LISTENERS,
    stalled: 0,
    after: null,
    ...over,
  };
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/bench/listeners.ts', JSON.stringify(order)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  // biome-ignore lint/suspicious/noExplicitAny: lines of the process next door
  const answer = async (): Promise<any> => JSON.parse((await lines.next()).value ?? 'null');
  await answer();
  return {
    ask: (ask: ListenAsk) => {
      child.stdin.write(`${JSON.stringify(ask)}\n`);
      return answer();
    },
    async stop() {
      child.kill();
      await ended(child);
    },
  };
}

async function post({ url, token }: Server, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: 'POST', headers, body });
  if (response.status !== 200) throw new Error(await response.text());
  await response.text();
}

const settle = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

interface Fanned {
  readonly perSecond: number;
  readonly bytes: number;
}

async function fanOut(name: string, server: Server, query: string, body: string): Promise<Fanned> {
  const before = memoryOf(server.child);
  const crowd = await listeners(server, { query });
  await settle(2_000);
  // The first ones warm it up.
  await crowd.ask({ do: 'publish', body, rounds: 3 });
  const worked = workOf(server.child);
  const { rounds } = (await crowd.ask({ do: 'publish', body, rounds: ROUNDS })) as {
    readonly rounds: readonly Round[];
  };
  const micros = ((workOf(server.child) - worked) * 1_000) / (LISTENERS * ROUNDS);
  const last = rounds.map((round) => round.last);
  const bytes = (memoryOf(server.child) - before) / LISTENERS;
  const perSecond = LISTENERS / (quantile(last, 0.5) / 1_000);
  print(
    `${name}: last of ${LISTENERS} after p50 ${fixed(quantile(last, 0.5))}, p99 ${fixed(quantile(last, 0.99))}; ` +
      `${Math.round(perSecond)} deliveries/s; ${micros.toFixed(1)} us of processor a delivery; ${(bytes / 1_024).toFixed(1)} KiB a listener`,
  );
  await crowd.stop();
  return { perSecond, bytes };
}

/** All come again while commits go on: current when they have what was there and what came meanwhile. */
async function afterKill(dir: string, server: Server): Promise<Server> {
  const crowd = await listeners(server, { listeners: 1 });
  const { cursor } = await crowd.ask({ do: 'publish', body: PUT, rounds: 1 });
  await crowd.stop();
  server.child.kill('SIGKILL');
  await ended(server.child);
  const again = await keyloom(dir, Number(new URL(server.url).port), server.token);
  const put = (i: number): Promise<void> => post(again, PUT.replaceAll('ROUND', `again ${i}`));
  for (let i = 0; i < MISSED; i += 1) await put(i);
  const coming = { isOver: false, commits: MISSED };
  const writing = (async () => {
    for (; !coming.isOver; coming.commits += 1) {
      await settle(500);
      await put(coming.commits);
    }
  })();
  const back = await listeners(again, { after: cursor });
  coming.isOver = true;
  await writing;
  const { ms, gaps, last } = await back.ask({ do: 'await', messages: coming.commits });
  print(
    `${LISTENERS} come again after a kill, ${MISSED} events behind, ${coming.commits - MISSED} more meanwhile: all current after ${fixed(ms)}; ` +
      `gaps: ${gaps}; last event of all: ${last.length === 1 ? 'the same' : last.join()}; resident: ${Math.round(memoryOf(again.child) / 2 ** 20)} MiB`,
  );
  await back.stop();
  return again;
}

async function withStalled(server: Server): Promise<void> {
  const p50 = async (stalled: number): Promise<number> => {
    const crowd = await listeners(server, { listeners: 1_000, stalled });
    await crowd.ask({ do: 'publish', body: PUT, rounds: 10 });
    const { rounds } = (await crowd.ask({ do: 'publish', body: PUT, rounds: 50 })) as {
      readonly rounds: readonly Round[];
    };
    await crowd.stop();
    return quantile(
      rounds.map(({ last }) => last),
      0.5,
    );
  };
  const alone = await p50(0);
  const beside = await p50(1_000);
  print(
    `1000 listeners: p50 ${fixed(alone)}; beside 1000 that do not read: ${fixed(beside)}, ${(beside / alone).toFixed(2)} times`,
  );
}

async function unloaded(server: Server): Promise<void> {
  const one = await listeners(server, { listeners: 1 });
  await one.ask({ do: 'publish', body: PUT, rounds: 50 });
  const { rounds } = (await one.ask({ do: 'publish', body: PUT, rounds: 300 })) as {
    readonly rounds: readonly Round[];
  };
  const arrivals = rounds.map(({ last }) => last);
  const behind = rounds.map(({ last, answered }) => Math.max(0, last - answered));
  print(
    `Mutation sent to event received: p50 ${fixed(quantile(arrivals, 0.5))}, p99 ${fixed(quantile(arrivals, 0.99))}; ` +
      `behind the answer of the mutation: p50 ${fixed(quantile(behind, 0.5))}, p99 ${fixed(quantile(behind, 0.99))}`,
  );
  await one.stop();
}

const dir = mkdtempSync(join(tmpdir(), 'keyloom-fanout-'));
let server = await keyloom(dir);
try {
  await post(
    server,
    JSON.stringify({ query: 'mutation { createProject(input: { name: "Default Project" }) { __typename } }' }),
  );
  await unloaded(server);
  const ours = await fanOut('Keyloom', server, QUERY, PUT);
  const other = await plain();
  const theirs = await fanOut('graphql-yoga + graphql-ws + createPubSub', other, PLAIN_QUERY, PUBLISH);
  other.child.kill();
  print(
    `${(ours.perSecond / theirs.perSecond).toFixed(1)} times the deliveries/s, ${(ours.bytes / theirs.bytes).toFixed(2)} times the memory a listener`,
  );
  server = await afterKill(dir, server);
  await withStalled(server);
} finally {
  server.child.kill();
  await ended(server.child);
  rmSync(dir, { recursive: true, force: true });
}
