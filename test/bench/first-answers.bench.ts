import { fill, type Running, send, startEmpty } from './keyloom.ts';
import { timeOf } from './probe.ts';
import { firstLineOf, spawnScript } from './processes.ts';

// The first answer after a commit, asked by many different services in turn (50 variables of 10 groups, one of its own): what it
// costs beside a bare node:http answer of the same bytes to the same client, in one run.
//
//   npm run build && npx tsx test/bench/first-answers.bench.ts        (SERVICES=1000 ROUNDS=9 WARM_UP=5000)

const SERVICES = Number(process.env.SERVICES ?? 1_000);
const ROUNDS = Number(process.env.ROUNDS ?? 9);
const AT_ONCE = 32;
/** Answers that each server gives before it is measured: a gateway serves for longer than its first thousands. */
const WARM_UP = Number(process.env.WARM_UP ?? 5_000);
const PROJECT = 'default-project';
const GROUP = Buffer.from(`SecretGroup:${PROJECT}/group-0`).toString('base64');
const QUERY = `query Runtime($project: Slug!, $service: ID!) {
  project(slug: $project) { service(id: $service) { environment(scope: RUNTIME) { seq digest variables { name value } } } } }`;

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** One request for each number, some at once. */
async function askAll(url: string, token: string, count: number): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  let next = 0;
  const more = async (): Promise<void> => {
    for (let i = next; i < count; i = next) {
      next += 1;
      const variables = { project: PROJECT, service: `svc-${i}` };
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query: QUERY, variables }) });
      const text = await response.text();
      if (!text.includes('VARIABLE_49')) throw new Error(text.slice(0, 300));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, more));
}

/** What it costs the server to answer as many. */
async function costOf({ child, url, token }: Running): Promise<number> {
  const before = timeOf(child);
  await askAll(url, token, SERVICES);
  return (timeOf(child) - before) / SERVICES;
}

async function startBare(): Promise<Running> {
  const child = spawnScript('servers.ts', 'bare');
  const bare = { child, url: await firstLineOf(child), token: '' };
  for (let asked = 0; asked < WARM_UP; asked += SERVICES) await askAll(bare.url, '', SERVICES);
  return bare;
}

let changes = 0;
/** A commit that changes what all of them get. */
const change = (to: Running): Promise<string> => {
  changes += 1;
  return send(
    to,
    'setSecretGroupVariable',
    { id: GROUP, name: 'VARIABLE_0', value: `change ${changes}` },
    '__typename',
  );
};

const server = await startEmpty();
const bare = await startBare();
try {
  await fill(server);
  for (let i = 0; i < SERVICES; i += 1) {
    const variables = [{ name: `OWN_${i}`, value: `own ${i}` }];
    await send(
      server,
      'putService',
      { project: PROJECT, id: `svc-${i}`, name: `Service ${i}`, variables },
      'service { id }',
    );
  }
  for (let asked = 0; asked < WARM_UP; asked += SERVICES) {
    await change(server);
    await askAll(server.url, server.token, SERVICES);
  }
  const costs: Record<'first' | 'again' | 'bare', number[]> = { first: [], again: [], bare: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    await change(server);
    costs.first.push(await costOf(server));
    costs.again.push(await costOf(server));
    costs.bare.push(await costOf(bare));
  }
  const one = median(costs.bare);
  for (const what of ['first', 'again'] as const) {
    const cost = median(costs[what]);
    const ratio = (one / cost).toFixed(2);
    process.stdout.write(`${what} answer: ${cost.toFixed(0)} us, bare ${one.toFixed(0)} us: ${ratio} of bare\n`);
  }
} finally {
  server.child.kill();
  bare.child.kill();
}
