import type { ChildProcess } from 'node:child_process';
import { Agent, request } from 'node:http';
import { send, startEmpty } from './keyloom.ts';
import { cpuOf, firstLineOf, spawnScript } from './processes.ts';

// Processor time of the gateway for one commit of a secret group over HTTP, on the embedded store with its syncs, next to that
// of a bare node:http answer in the same run; with one writer, and with 32 that each have a group of their own. Only the ratios
// mean anything.
//
//   npm run build && npx tsx test/bench/commit-cost.bench.ts      (COMMITS=400; PROFILE=folder writes a profile)

const COMMITS = Number(process.env.COMMITS ?? 400);
const PROFILE = process.env.PROFILE;
const WRITERS = 32;
const BARE = 8_000;
const ROUNDS = 3;
const AIMS = { 1: 40, [WRITERS]: 30 } as Readonly<Record<number, number>>;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const agent = new Agent({ keepAlive: true });

/** Sends a body and answers what came back. */
function post(url: string, token: string, body: string): Promise<string> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(text)).on('error', reject);
    });
    sent.on('error', reject).end(body);
  });
}

/** Microseconds of a process for each of `count` calls, made by so many at once. */
async function costOf(pid: number, writers: number, count: number, call: (writer: number, i: number) => Promise<void>) {
  const before = cpuOf(pid);
  const each = Math.ceil(count / writers);
  const writer = async (w: number): Promise<void> => {
    for (let i = 0; i < each; i += 1) await call(w, i);
  };
  await Promise.all(Array.from({ length: writers }, (_, w) => writer(w)));
  return (cpuOf(pid) - before) / (each * writers);
}

const children: ChildProcess[] = [];
try {
  const bare = spawnScript('./servers.ts', 'bare');
  children.push(bare);
  const bareUrl = await firstLineOf(bare);
  const profiling = PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${PROFILE}`] : [];
  const { child, url, token } = await startEmpty({}, profiling);
  children.push(child);
  await send({ url, token }, 'createProject', { name: 'Default Project' }, 'project { slug }');

  let value = 0;
  const put = async (writer: number): Promise<void> => {
    value += 1;
    const query = `mutation ($input: PutSecretGroupInput!) { it: putSecretGroup(input: $input) { ... on PutSecretGroupPayload { commit { seq } } } }`;
    const variables = [{ name: 'VALUE', value: `${value}` }];
    const input = {
      project: 'default-project',
      name: `Group ${writer}`,
      secretType: 'ENVIRONMENT',
      priority: 10,
      variables,
    };
    const answer = await post(url, token, JSON.stringify({ query, variables: { input } }));
    if (!answer.includes('"seq"')) throw new Error(`Not the expected answer: ${answer.slice(0, 300)}`);
  };
  const ask = async (): Promise<void> => void (await post(bareUrl, 'bench', '{}'));
  const pids = { bare: bare.pid ?? 0, keyloom: child.pid ?? 0 };

  await costOf(pids.keyloom, WRITERS, COMMITS, put);
  await costOf(pids.bare, WRITERS, BARE / 4, ask);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const writers of [1, WRITERS]) {
      const base = await costOf(pids.bare, writers, BARE, ask);
      const cost = await costOf(pids.keyloom, writers, COMMITS, put);
      const times = `${(cost / base).toFixed(0).padStart(5)} x bare (aim: ${AIMS[writers]})`;
      print(
        `${String(writers).padStart(3)} writers: bare ${base.toFixed(0).padStart(4)} us, a commit ${cost.toFixed(0).padStart(6)} us${times}`,
      );
    }
  }
} finally {
  agent.destroy();
  for (const child of children) child.kill('SIGTERM');
}
