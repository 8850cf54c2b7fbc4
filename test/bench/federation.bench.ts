import { Agent, request } from 'node:http';
import { startHive } from '../support/federation/hive.ts';
import { startPlatform } from '../support/federation/platform.ts';
import { createSender, type Recorder, startRecorder } from '../support/federation/recorder.ts';
import { supergraphOf } from '../support/federation/supergraph.ts';
import { fill, type Running, send, startEmpty } from './keyloom.ts';
import { cpuOf } from './processes.ts';

// What a larger graph costs Keyloom: processor time of its process for the same environments (50 variables over 10 groups
// each) asked at /graphql, asked at /federation, and asked of Hive's gateway in front of it. In turns, medians; only the
// ratios mean anything. Between two requests of Hive the process rests, and what it does after a rest is dearer. So there is a
// row of the very bytes that Hive sends, sent to Keyloom directly at the same pace: a second Hive asks a stand-in, and each time
// that it has its answer, Keyloom is sent what it asked. What the last row has on top of that one is what asking through Hive
// adds at Keyloom's side.
//
//   npm run build && npx tsx test/bench/federation.bench.ts        (ROUNDS=11 CALLS=60)

const ROUNDS = Number(process.env.ROUNDS ?? 11);
const CALLS = Number(process.env.CALLS ?? 60);
const SERVICES = 100;
const FIELDS = 'environment { variables { name value } }';

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

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
  holds(await post(asker, JSON.stringify({ query, variables })), environments);
}

function holds(text: string, environments: number): void {
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
  /** Hive's gateway in front of the stand-in. */
  readonly rehearsed: Asker;
  /** Sends Keyloom what Hive asked the stand-in last; answers as latin1. */
  readonly replay: () => Promise<string>;
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
const DIRECT = `query ($id: ID!) { project(slug: "default-project") { service(id: $id) { ${FIELDS} } } }`;

const REPLAYED = "the bytes of Hive's gateway, at its pace";
const THROUGH = "through Hive's gateway";

function cases({
  direct,
  forwarded,
  hive,
  rehearsed,
  replay,
}: Askers): Readonly<Record<string, readonly (readonly [string, Way])[]>> {
  const entities = (from: number, count: number) =>
    asked(
      forwarded,
      ENTITIES,
      {
        representations: some(from, count).map((id) => ({ __typename: 'Service', projectId: 'default-project', id })),
      },
      count,
    );
  const replayed = async (query: string, variables: object, environments: number) => {
    await asked(rehearsed, query, variables, environments);
    holds(await replay(), environments);
  };
  const one = `query ($id: ID!) { service(projectId: "default-project", id: $id) { name ${FIELDS} } }`;
  const twenty = `{ services(projectId: "default-project", count: 20) { name ${FIELDS} } }`;
  return {
    'one service': [
      ['at /graphql', (call) => asked(direct, DIRECT, { id: idOf(call) }, 1)],
      ['at /federation', (call) => entities(call, 1)],
      [REPLAYED, (call) => replayed(one, { id: idOf(call) }, 1)],
      [THROUGH, (call) => asked(hive, one, { id: idOf(call) }, 1)],
    ],
    '20 services': [
      ['at /graphql, 20 aliases', () => asked(direct, aliasesOf(some(0, 20)), {}, 20)],
      ['at /federation', () => entities(0, 20)],
      [REPLAYED, () => replayed(twenty, {}, 20)],
      [THROUGH, () => asked(hive, twenty, {}, 20)],
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

/** Microseconds of each way, round by round. The first round warms up. */
async function measured(pid: number, ways: readonly (readonly [string, Way])[], calls: number) {
  const costs = ways.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round += 1) {
    // Forth and back, so that no way always follows the same one.
    const order = round % 2 === 0 ? [...ways.keys()] : [...ways.keys()].reverse();
    for (const i of order) {
      const way = ways[i]?.[1];
      const cost = way ? await costOf(pid, way, calls, round * calls) : Number.NaN;
      if (round > 0) costs[i]?.push(cost);
    }
  }
  return costs;
}

function printCase(name: string, ways: readonly (readonly [string, Way])[], costs: readonly (readonly number[])[]) {
  const first = median(costs[0] ?? []);
  for (const [i, [way]] of ways.entries()) {
    const cost = median(costs[i] ?? []);
    print(
      `  ${name.padEnd(13)}${way.padEnd(44)}${cost.toFixed(0).padStart(8)} us${(cost / first).toFixed(2).padStart(8)} times`,
    );
  }
  const [replayed, through] = [REPLAYED, THROUGH].map((wanted) => costs[ways.findIndex(([way]) => way === wanted)]);
  if (!replayed || !through) return;
  const added = median(through.map((cost, round) => cost / (replayed[round] ?? Number.NaN)));
  print(
    `  ${name.padEnd(13)}${'asking through Hive, of the same bytes sent directly'.padEnd(55)}${added.toFixed(2).padStart(8)} times`,
  );
}

interface World extends Askers {
  /** Of Keyloom. */
  readonly pid: number;
  readonly seen: Recorder['seen'];
  readonly close: () => Promise<void>;
}

async function startWorld(env: Readonly<Record<string, string>>): Promise<World> {
  const server = await startEmpty({ KEYLOOM_FEDERATION: 'true', KEYLOOM_FEDERATION_PREFIX: 'Keyloom', ...env });
  const platform = await startPlatform();
  const gateway = await prepared(server);
  const url = server.url.replace('/graphql', '');
  const recorder = await startRecorder(url);
  const sender = createSender(url);
  const hiveBefore = async (keyloom: string) => {
    const { supergraph, errors } = await supergraphOf({ url: keyloom }, gateway, platform);
    if (errors.length > 0) throw new Error(errors.join('\n'));
    return startHive({ supergraph, gateway, subscriptions: 'sse' });
  };
  const [hive, rehearsed] = [await hiveBefore(url), await hiveBefore(recorder.url)];
  // What composing asked is not Hive's.
  Object.assign(recorder.seen, { connections: 0, requests: 0, pieces: 0 });
  const authorization = { authorization: `Bearer ${server.token}` };
  const headers = { ...authorization, ...HEADERS_OF_HIVE, 'x-keyloom-gateway': gateway };
  return {
    direct: { url: server.url, headers: authorization },
    forwarded: { url: `${url}/federation`, headers },
    hive: { url: hive.url, headers: authorization },
    rehearsed: { url: rehearsed.url, headers: authorization },
    replay: async () => (await sender.send(recorder.last().request)).toString('latin1'),
    pid: server.child.pid ?? 0,
    seen: recorder.seen,
    async close() {
      agent.destroy();
      sender.close();
      await hive.close();
      await rehearsed.close();
      recorder.close();
      await platform.close();
      server.child.kill();
    },
  };
}

async function run(label: string, env: Readonly<Record<string, string>>): Promise<void> {
  const world = await startWorld(env);
  try {
    print(label);
    for (const [name, ways] of Object.entries(cases(world))) {
      // As many environments in each row.
      const calls = Math.max(10, Math.round(CALLS / (name === '100 services' ? 10 : name === '20 services' ? 2 : 1)));
      printCase(name, ways, await measured(world.pid, ways, calls));
    }
    const { requests, connections, pieces } = world.seen;
    print(`  Hive sent ${requests} requests over ${connections} connections, in ${pieces} pieces`);
  } finally {
    await world.close();
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
