import { readdirSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { startHive } from '../support/federation/hive.ts';
import { startPlatform } from '../support/federation/platform.ts';
import { supergraphOf } from '../support/federation/supergraph.ts';
import { fill, type Running, send, startEmpty } from './keyloom.ts';

// What a larger graph costs Keyloom: processor time of its process for the same environments (50 variables over 10 groups
// each) asked at /graphql, asked at /federation, and asked of Hive's gateway in front of it. In turns, medians; only the
// ratios mean anything. Between two requests of Hive the process rests, and what it does after a rest is dearer: so there is a
// row of the direct request at the same pace.
//
//   npm run build && npx tsx test/bench/federation.bench.ts        (ROUNDS=5 CALLS=150)

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const CALLS = Number(process.env.CALLS ?? 150);
const SERVICES = 100;
const FIELDS = 'environment { variables { name value } }';

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** Microseconds of processor time that a process has used. */
function cpuOf(pid: number): number {
  const of = (thread: string): number =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + of(thread), 0) / 1_000;
}

interface Asker {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const agent = new Agent({ keepAlive: true });

function post({ url, headers }: Asker, body: string): Promise<string> {
  const own = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const asking = request(url, { method: 'POST', agent, headers: { ...own, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('latin1');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

/** Asks, and sees that so many environments came. */
async function asked(asker: Asker, query: string, variables: object, environments: number): Promise<void> {
  const text = await post(asker, JSON.stringify({ query, variables }));
  const found = text.split('"VARIABLE_49"').length - 1;
  if (found !== environments)
    throw new Error(`${found} environments instead of ${environments}: ${text.slice(0, 300)}`);
}

const idOf = (i: number): string => `svc-${i % SERVICES}`;
const some = (from: number, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => idOf(from + i));
const aliasesOf = (ids: readonly string[]): string =>
  `{ project(slug: "default-project") { ${ids.map((id, i) => `s${i}: service(id: "${id}") { ${FIELDS} }`).join(' ')} } }`;

interface Askers {
  readonly direct: Asker;
  readonly forwarded: Asker;
  readonly hive: Asker;
}

/** One way to ask; `call`: how often it was asked before. */
type Way = (call: number) => Promise<void>;

/** As Hive's gateway says it. */
const ENTITIES = `query($representations:[_Any!]!){_entities(representations:$representations){__typename ...on Service{environment{variables{name value}}}}}`;
const HEADERS_OF_HIVE = {
  accept: 'application/graphql-response+json, application/json, multipart/mixed',
  'x-request-id': '00000000-0000-4000-8000-000000000000',
  'accept-encoding': 'gzip, deflate, br',
  'user-agent': 'node',
};
const DIRECT = `query ($id: String!) { project(slug: "default-project") { service(id: $id) { ${FIELDS} } } }`;

function cases({ direct, forwarded, hive }: Askers): Readonly<Record<string, readonly (readonly [string, Way])[]>> {
  const entities = (from: number, count: number) =>
    asked(
      forwarded,
      ENTITIES,
      {
        representations: some(from, count).map((id) => ({ __typename: 'Service', projectId: 'default-project', id })),
      },
      count,
    );
  const one = `query ($id: ID!) { service(projectId: "default-project", id: $id) { name ${FIELDS} } }`;
  const twenty = `{ services(projectId: "default-project", count: 20) { name ${FIELDS} } }`;
  return {
    'one service': [
      ['at /graphql', (call) => asked(direct, DIRECT, { id: idOf(call) }, 1)],
      ['at /federation', (call) => entities(call, 1)],
      [
        "at /graphql, at the pace of Hive's gateway",
        async (call) => {
          await asked(hive, '{ service(projectId: "default-project", id: "x") { name } }', {}, 0);
          await asked(direct, DIRECT, { id: idOf(call) }, 1);
        },
      ],
      ["through Hive's gateway", (call) => asked(hive, one, { id: idOf(call) }, 1)],
    ],
    '20 services': [
      ['at /graphql, 20 aliases', () => asked(direct, aliasesOf(some(0, 20)), {}, 20)],
      ['at /federation', () => entities(0, 20)],
      ["through Hive's gateway", () => asked(hive, twenty, {}, 20)],
    ],
    '100 services': [
      [
        'at /graphql, 4 requests of 25 aliases',
        async () => {
          for (const from of [0, 25, 50, 75]) await asked(direct, aliasesOf(some(from, 25)), {}, 25);
        },
      ],
      ['at /federation, one request', () => entities(0, 100)],
    ],
  };
}

/** Microseconds of Keyloom's process for one call. */
async function costOf(pid: number, way: Way, calls: number, from: number): Promise<number> {
  const before = cpuOf(pid);
  for (let call = 0; call < calls; call += 1) await way(from + call);
  return (cpuOf(pid) - before) / calls;
}

async function run(label: string, env: Readonly<Record<string, string>>): Promise<void> {
  const server = await startEmpty({ KEYLOOM_FEDERATION: 'true', KEYLOOM_FEDERATION_PREFIX: 'Keyloom', ...env });
  const platform = await startPlatform();
  const pid = server.child.pid ?? 0;
  let hive: Awaited<ReturnType<typeof startHive>> | null = null;
  try {
    const gateway = await prepared(server);
    const url = server.url.replace('/graphql', '');
    const { supergraph, errors } = await supergraphOf({ url }, gateway, platform);
    if (errors.length > 0) throw new Error(errors.join('\n'));
    hive = await startHive({ supergraph, gateway, subscriptions: 'sse' });
    const authorization = { authorization: `Bearer ${server.token}` };
    const all = cases({
      direct: { url: server.url, headers: authorization },
      forwarded: {
        url: `${url}/federation`,
        headers: { ...authorization, ...HEADERS_OF_HIVE, 'x-keyloom-gateway': gateway },
      },
      hive: { url: hive.url, headers: authorization },
    });
    print(label);
    for (const [name, ways] of Object.entries(all)) {
      // As many environments in each row.
      const calls = Math.max(10, Math.round(CALLS / (name === '100 services' ? 10 : name === '20 services' ? 2 : 1)));
      const costs = ways.map((): number[] => []);
      for (let round = 0; round <= ROUNDS; round += 1) {
        for (const [i, [, way]] of ways.entries()) {
          const cost = await costOf(pid, way, calls, round * calls);
          if (round > 0) costs[i]?.push(cost);
        }
      }
      const first = median(costs[0] ?? []);
      for (const [i, [way]] of ways.entries()) {
        const cost = median(costs[i] ?? []);
        print(
          `  ${name.padEnd(13)}${way.padEnd(44)}${cost.toFixed(0).padStart(8)} us${(cost / first).toFixed(2).padStart(8)} times`,
        );
      }
    }
  } finally {
    agent.destroy();
    await hive?.close();
    await platform.close();
    server.child.kill();
  }
}

/** Services beside the work of all benches. Answers the token of the gateway. */
async function prepared(server: Running): Promise<string> {
  await fill(server);
  for (let i = 0; i < SERVICES; i += 1)
    await send(
      server,
      'putService',
      { project: 'default-project', id: idOf(i), name: `Service ${i}` },
      'service { id }',
    );
  return send(server, 'createToken', { name: 'supergraph', kind: 'GATEWAY', role: 'gateway' }, 'text');
}

await run('every answer made anew', { KEYLOOM_ANSWER_CACHE_BYTES: '0' });
await run('answers kept', {});
