import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Crowd, crowdOf } from './crowd.ts';
import { fill, type Running, send, startEmpty } from './keyloom.ts';
import type { LoadOrder } from './load.ts';
import { PROBED, read, residentOf, timeOf } from './probe.ts';
import { firstLineOf, spawnScript } from './processes.ts';

// Listeners with an environment each (50 variables of 10 groups, one of its own): commits to all, an unrelated query meanwhile,
// commits of a token and a role beside them, memory, coming again after the gateway was killed, and what they cost while nothing
// happens. Processor time beside one answer of a bare node:http server that 32 connections keep busy, in the same run.
//
//   npm run build && npx tsx test/bench/own-listeners.bench.ts        (LISTENERS=1000 COMMITS=10, MORE=100 for memory)

const LISTENERS = Number(process.env.LISTENERS ?? 1_000);
const COMMITS = Number(process.env.COMMITS ?? 10);
/** Commits before memory is looked at again. */
const MORE = Number(process.env.MORE ?? 20);
const IDLE_SECONDS = Number(process.env.IDLE_SECONDS ?? 15);
const AT_ONCE = 16;
const PROJECT = 'default-project';
const GROUP = Buffer.from(`SecretGroup:${PROJECT}/group-0`).toString('base64');
const CHANGE = JSON.stringify({
  query: `mutation { setSecretGroupVariable(input: { id: "${GROUP}", name: "VARIABLE_0", value: "ROUND" }) { __typename } }`,
});
const MOST = '50000';
const ENVIRONMENT = {
  KEYLOOM_LIMIT_SOCKETS: MOST,
  KEYLOOM_LIMIT_STRANGERS: MOST,
  KEYLOOM_LIMIT_STRANGERS_PER_ADDRESS: MOST,
  KEYLOOM_LIMIT_SOCKETS_PER_PRINCIPAL: MOST,
  KEYLOOM_LIMIT_CONNECTIONS: MOST,
  KEYLOOM_DATA: mkdtempSync(join(tmpdir(), 'keyloom-bench-')),
  ...PROBED.env,
};

const row = (what: string, figure: string): void => void process.stdout.write(`| ${what} | ${figure} |\n`);
const settle = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
const milliseconds = (numbers: readonly number[]): string =>
  `${median(numbers).toFixed(0)} ms (most ${Math.max(...numbers).toFixed(0)})`;

/** What one answer of a bare server costs here and now, microseconds. */
async function bare(): Promise<number> {
  const server = spawnScript('servers.ts', 'bare');
  const url = await firstLineOf(server);
  const order: LoadOrder = { url, headers: {}, body: '{}', connections: 32, seconds: 2, expect: 'VARIABLE_49' };
  const before = timeOf(server);
  const { answers } = JSON.parse(await firstLineOf(spawnScript('load.ts', JSON.stringify(order))));
  const cost = (timeOf(server) - before) / answers;
  server.kill();
  return cost;
}

/** Times of a query that has nothing to do with the listeners, one after the other until `until`. */
async function ask({ url, token }: Running, until: Promise<unknown>): Promise<readonly number[]> {
  let isOver = false;
  void until.then(() => {
    isOver = true;
  });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const times: number[] = [];
  while (!isOver) {
    const began = performance.now();
    const query = `{ project(slug: "${PROJECT}") { name } }  # ${times.length}`;
    await (await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) })).text();
    times.push(performance.now() - began);
    await settle(10);
  }
  return times;
}

async function costOf(server: Running, work: () => Promise<unknown>): Promise<number> {
  const costs: number[] = [];
  for (let i = 0; i < 10; i += 1) {
    const before = timeOf(server.child);
    await work();
    await settle(100);
    costs.push(timeOf(server.child) - before);
  }
  return median(costs);
}

/** Commits that change what somebody may do, but nobody who listens. */
async function standing(server: Running): Promise<readonly number[]> {
  const name = (): string => `n ${process.hrtime.bigint()}`;
  const token = () => send(server, 'createToken', { name: name(), kind: 'MACHINE', role: 'reader' }, 'text');
  const role = () => send(server, 'createRole', { name: name(), grants: [] }, 'role { slug }');
  await costOf(server, token);
  return [await costOf(server, token), await costOf(server, role)];
}

async function services(server: Running): Promise<void> {
  let next = 0;
  const more = async (): Promise<void> => {
    for (let i = next; i < LISTENERS; i = next) {
      next += 1;
      const variables = [{ name: `OWN_${i}`, value: `own ${i}` }];
      const input = { project: PROJECT, id: `svc-${i}`, name: `Service ${i}`, variables };
      await send(server, 'putService', input, 'service { id }');
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, more));
}

/** What one commit costs for each listener; then the same with a query that others ask meanwhile, which costs for itself. */
async function commits(server: Running, crowd: Crowd): Promise<void> {
  const usual = median(await ask(server, settle(1_000)));
  const before = timeOf(server.child);
  await crowd.publish(CHANGE, COMMITS);
  const cost = (timeOf(server.child) - before) / (LISTENERS * COMMITS);
  const one = await bare();
  row('one commit to all', `${(cost / one).toFixed(1)} x bare each (${cost.toFixed(0)} us, bare ${one.toFixed(0)} us)`);
  const alone = await read(server.child);
  const published = crowd.publish(CHANGE, COMMITS);
  const meanwhile = await ask(server, published);
  const rounds = await published;
  const { blocked } = await read(server.child);
  row('longest block of the event loop', `${Math.max(alone.blocked, blocked).toFixed(0)} ms`);
  row('first told after', milliseconds(rounds.map(({ first }) => first)));
  row('last told after', milliseconds(rounds.map(({ last }) => last)));
  const worst = Math.max(...meanwhile);
  row(
    'an unrelated query meanwhile',
    `${median(meanwhile).toFixed(1)} ms (most ${worst.toFixed(0)}), else ${usual.toFixed(1)} ms: ${(median(meanwhile) / usual).toFixed(1)} times`,
  );
}

async function memory(server: Running, words: string, empty: readonly [number, number]): Promise<void> {
  const resident = (residentOf(server.child) - empty[0]) / LISTENERS;
  const used = ((await read(server.child)).used - empty[1]) / LISTENERS;
  row(`memory a listener ${words}`, `${resident.toFixed(1)} KiB; ${used.toFixed(1)} KiB in use`);
}

const start = (): Promise<Running> => startEmpty(ENVIRONMENT, PROBED.options);

/** Killed, and started again: how long until a commit that is made once all are back has reached all. */
async function comeAgain({ child, token }: Running): Promise<Running> {
  child.kill('SIGKILL');
  await once(child, 'exit');
  const server = { ...(await start()), token };
  const before = timeOf(server.child);
  const began = performance.now();
  const crowd = await crowdOf(server, LISTENERS);
  const connected = performance.now() - began;
  await crowd.publish(CHANGE, 1);
  const cost = (timeOf(server.child) - before) / LISTENERS;
  row(
    'all connect again after a kill',
    `${(connected / 1_000).toFixed(1)} s, ${((performance.now() - began) / 1_000).toFixed(1)} s with a commit to all; ${cost.toFixed(0)} us each`,
  );
  crowd.stop();
  return server;
}

let server = await start();
try {
  process.stdout.write(`${LISTENERS} listeners\n\n| what | figure |\n|---|---|\n`);
  await fill(server);
  await services(server);
  const few = await crowdOf(server, 10);
  const beside = await standing(server);
  few.stop();
  await settle(1_000);
  const { used } = await read(server.child);
  const empty = [residentOf(server.child), used] as const;
  const crowd = await crowdOf(server, LISTENERS);
  await settle(2_000);
  await memory(server, 'once they listen', empty);
  await crowd.publish(CHANGE, 1);
  await memory(server, 'after a commit', empty);
  await commits(server, crowd);
  await crowd.publish(CHANGE, Math.max(0, MORE - 2 * COMMITS - 1));
  await memory(server, `after ${Math.max(MORE, 2 * COMMITS + 1)} commits`, empty);
  for (const [i, cost] of (await standing(server)).entries()) {
    const alone = beside[i] ?? Number.NaN;
    row(
      `a commit of a ${['token', 'role'][i]}`,
      `${(cost / 1_000).toFixed(1)} ms, beside 10 listeners ${(alone / 1_000).toFixed(1)} ms: ${(cost / alone).toFixed(1)} times`,
    );
  }
  const idle = timeOf(server.child);
  await settle(IDLE_SECONDS * 1_000);
  row('idle', `${((timeOf(server.child) - idle) / (IDLE_SECONDS * 10_000)).toFixed(1)} % of a core`);
  crowd.stop();
  server = await comeAgain(server);
} finally {
  server.child.kill();
}
