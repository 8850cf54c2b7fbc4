import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FieldNode, Kind, OperationTypeNode, parse, print, visit } from 'graphql';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FIRST_OPERATIONS } from '../../src/http/graphiql.ts';
import { ask, build, ownerToken, type Serving, serving, stopped } from '../support/built.ts';
import { until } from '../support/listening.ts';
import { shownIn } from '../support/shown.ts';

const GUIDE = '.github/guide.md';
const OPERATIONS = shownIn('README.md', 'graphql');

let entry: string;
let dir: string;
const groups: ChildProcess[] = [];

beforeAll(() => {
  entry = build();
}, 120_000);
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'keyloom-readme-'));
});
afterEach(() => {
  for (const { pid } of groups.splice(0)) if (pid) killGroup(pid);
  rmSync(dir, { recursive: true, force: true });
});

const KIND: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

/** The operation, with the type of each mutation's result asked for, whether or not it asks for errors. */
const judged = (operation: string): string =>
  print(
    visit(parse(operation), {
      OperationDefinition: (node) => {
        if (node.operation !== OperationTypeNode.MUTATION) return node;
        const selections = node.selectionSet.selections.map((each) =>
          each.kind === Kind.FIELD && each.selectionSet
            ? {
                ...each,
                selectionSet: { ...each.selectionSet, selections: [KIND, ...each.selectionSet.selections] },
              }
            : each,
        );
        return { ...node, selectionSet: { ...node.selectionSet, selections } };
      },
    }),
  );

interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: answers are read as the operations of the documents shaped them
  readonly data?: any;
  readonly errors?: unknown;
}

/** What is wrong with an answer: errors, results that are not payloads, nothing where something was asked for. */
function faultsOf({ data, errors }: Answer): readonly unknown[] {
  const results: readonly unknown[] = Object.values(data ?? { nothing: null });
  const isFault = (result: unknown): boolean =>
    result === null || /"code":|"__typename":"(?!\w+Payload")/.test(JSON.stringify(result));
  return [...(errors ? [errors] : []), ...results.filter(isFault)];
}

async function runOperations({ url }: Serving, owner: string): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const operation of OPERATIONS) {
    const answer: Answer = await ask(url, owner, judged(operation));
    expect(faultsOf(answer), operation).toEqual([]);
    answers.push(answer);
  }
  return answers;
}

/** What shell lines print, a JSON answer a line. */
function run(script: string, { url }: Serving, token: string): readonly Answer[] {
  const env = { PATH: process.env.PATH ?? '', TOKEN: token };
  const commands = script.replaceAll('http://127.0.0.1:4000', url);
  const output = execFileSync('bash', ['--norc', '-ec', commands], { env, encoding: 'utf8' });
  return output
    .trim()
    .split('\n')
    .map((line): Answer => JSON.parse(line));
}

it('the operations of the README are those in the tabs of GraphiQL', () => {
  expect(OPERATIONS).toHaveLength(5);
  expect(OPERATIONS).toEqual(FIRST_OPERATIONS);
});

describe('against one built gateway, in the order of the documents', () => {
  let server: Serving;
  let owner: string;
  let data: string;
  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'keyloom-readme-'));
    server = await serving(entry, { KEYLOOM_DEVELOPMENT: 'true', KEYLOOM_PORT: '0', KEYLOOM_DATA: data });
    owner = ownerToken(server) ?? '';
  });
  afterAll(async () => {
    await stopped(server, 'SIGKILL');
    rmSync(data, { recursive: true, force: true });
  });

  it('the operations of the README do the main job, and its curl shows the service what it gets', async () => {
    const [, , , resolved, token] = await runOperations(server, owner);
    const variables = [
      { name: 'GREETING', value: 'hello from production' },
      { name: 'NODE_ENV', value: 'production' },
    ];
    expect(resolved?.data.project.service.environment).toMatchObject({
      variables,
      explain: {
        outcome: 'PRESENT',
        winner: { rule: 'HIGHEST_PRIORITY', priority: 10 },
        references: [{ reference: '${NODE_ENV}', target: 'NODE_ENV', status: 'RESOLVED' }],
      },
    });
    const curls = shownIn('README.md', 'sh').filter((text) => text.startsWith('curl '));
    expect(curls).toHaveLength(1);
    const answers = run(curls.join(''), server, token?.data.createToken.text);
    expect(answers).toEqual([{ data: { project: { service: { environment: { variables } } } } }]);
  });

  it('an operation that answers errors is found, whether or not it asks for them', async () => {
    const [again = ''] = OPERATIONS;
    const without = again.replace('... on Error { code message }', '');
    for (const bad of [again, without, '{ nothing }', '{ project(slug: "absent") { slug } }'])
      expect(faultsOf(await ask(server.url, owner, judged(bad))), bad).not.toEqual([]);
    expect(faultsOf(await ask(server.url, owner, '{ viewer { name } }'))).toEqual([]);
  });

  it('the guide does what it says, line by line', () => {
    const script = shownIn(GUIDE, 'sh').join('\n');
    // A shell cannot be asked for types, so each mutation must ask for its errors.
    const mutations = script.split("keyloom '").filter((text) => text.startsWith('mutation'));
    expect(mutations.length).toBeGreaterThanOrEqual(10);
    expect(mutations.filter((text) => !text.includes('... on Error { code message }'))).toEqual([]);
    const answers = run(script, server, owner);
    expect(answers.length).toBeGreaterThanOrEqual(13);
    for (const answer of answers) expect(faultsOf(answer), JSON.stringify(answer)).toEqual([]);

    const told = answers.map((answer) => answer.data);
    expect(told.find((each) => each.project?.service?.environment)?.project.service.environment).toEqual({
      unresolved: [],
      variables: [
        { name: 'CACHE_HOST', value: 'cache.internal' },
        { name: 'GREETING', value: 'hello from production' },
        { name: 'NODE_ENV', value: 'production' },
        { name: 'REGION', value: 'north' },
      ],
    });
    expect(told.find((each) => each.app)?.app.rendered.secrets).toEqual([{ key: 'API_KEY', serializedValue: 'abc' }]);
    const asked = told.find((each) => each.restartDependents)?.restartDependents.restart.requests.nodes;
    expect(asked).toEqual([{ workloadId: 'example-service', state: 'RELEASED' }]);
  });
});

const killGroup = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
};

/** Shell lines that start the gateway, on a free port and with data of their own; gives the URL once it listens. */
async function startedBy(script: string): Promise<string> {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, KEYLOOM_PORT: '0', KEYLOOM_DATA: join(dir, 'data') };
  const child = spawn('bash', ['--norc', '-ec', script], { env, detached: true });
  groups.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const url = (): string | undefined => /^Keyloom listens on (\S+)$/m.exec(output)?.[1];
  await until(() => url() !== undefined || child.exitCode !== null, 'a gateway that listens', 60_000);
  expect(url(), output).toBeDefined();
  return url()?.replace('0.0.0.0', '127.0.0.1') ?? '';
}

const isServing = async (url: string): Promise<boolean> => {
  const answers = await Promise.all([fetch(`${url}/healthz`), fetch(`${url}/readyz`)]);
  return answers.every(({ ok }) => ok);
};

it('its first command ends with a gateway in development mode', async () => {
  const [first = ''] = shownIn('README.md', 'sh');
  // Packages are installed and the build is made already: doing either again would change both under other tests.
  const command = /^npm ci && (npm run dev)\b/.exec(first)?.[1] ?? '';
  expect(command).not.toBe('');
  const url = await startedBy(command);
  expect(await isServing(url)).toBe(true);
  const page = await (await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } })).text();
  for (const operation of OPERATIONS) expect(page).toContain(JSON.stringify(operation).slice(1, -1));
  for (const name of ['root.key', 'owner.token']) expect(existsSync(join(dir, 'data', name)), name).toBe(true);
});

it('its demo ends well and shows what a service gets', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly scripts: Record<string, string> };
  expect(readFileSync('README.md', 'utf8')).toContain('`npm run demo`');
  const command = scripts.demo?.replace('npm run --silent build && ', '') ?? '';
  const output = execFileSync('bash', ['--norc', '-ec', command], {
    env: { PATH: process.env.PATH },
    cwd: process.cwd(),
  });
  expect(output.toString()).toContain('listening on 8080 in production');
});

it('its production commands start a gateway, and the operations page makes another owner', async () => {
  const [production = ''] = shownIn('README.md', 'sh').filter((text) => text.includes('npm start'));
  const url = await startedBy(production.replaceAll('/etc/keyloom', dir));
  expect(await isServing(url)).toBe(true);
  for (const name of ['root.key', 'owner.token']) expect(existsSync(join(dir, name)), name).toBe(true);
  const [shell] = groups;
  process.kill(-(shell?.pid ?? 0), 'SIGTERM');
  // Its output ends with the last process of the group.
  if (shell) await once(shell, 'close');

  const [other = ''] = shownIn('.github/operations.md', 'sh').filter((text) => text.includes('owner-token'));
  const env = {
    PATH: process.env.PATH ?? '',
    KEYLOOM_ROOT_KEY_FILE: join(dir, 'root.key'),
    KEYLOOM_DATA: join(dir, 'data'),
  };
  const output = execFileSync('bash', ['--norc', '-ec', other.replace('FILE', join(dir, 'other.token'))], { env });
  expect(output.toString()).toContain('An owner token was written');
});
