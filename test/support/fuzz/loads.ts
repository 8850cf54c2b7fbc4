import { getNamedType, isInputObjectType, isNonNullType } from 'graphql';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { ask } from '../built.ts';
import { hugeInput } from '../huge-input.ts';
import { schema } from '../schema.ts';
import type { Fuzzed } from './fuzzed.ts';

/** Loads that one token can put on a gateway; each ends by itself. */
export type Load = (fuzzed: Fuzzed) => Promise<void>;

const GROUPS = 60;
const REVISIONS = 12;
const aliases = (count: number, text: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => `a${i}: ${text(i)}`).join(' ');
const ofService = (fields: string): string =>
  `{ project(slug: "default-project") { service(id: "svc") { ${fields} } } }`;
const SOURCES =
  'variables { source { ... on SecretGroupSource { group { revisions(first: 1) { nodes { revision } } } } } }';

/** The project that the loads work on: 60 groups of 40 variables with 12 revisions each. Answers the last commit. */
export async function fill({ server, tokens: [owner = ''] }: Fuzzed): Promise<number> {
  const run = async (name: string, input: object, fields: string) => {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    const query = `mutation ($input: ${type}Input!) { it: ${name}(input: $input) { ... on ${type}Payload { ${fields} } } }`;
    return (await ask(server.url, owner, query, { input })).data.it;
  };
  let seq = 0;
  for (let g = 0; g < GROUPS; g += 1) {
    const variables = Array.from({ length: 40 }, (_, v) => ({
      name: `V_${g}_${v}`,
      value: v % 3 ? `value ${v}` : `\${V_${g}_${v + 1}}`,
    }));
    const input = { project: 'default-project', name: `group ${g}`, secretType: 'ENVIRONMENT', priority: g, variables };
    const { secretGroup } = await run('createSecretGroup', input, 'secretGroup { id }');
    for (let r = 1; r < REVISIONS; r += 1) {
      seq = (await run('updateSecretGroup', { id: secretGroup.id, description: `text ${r}` }, 'commit { seq }')).commit
        .seq;
    }
  }
  return seq;
}

/** The worst queries that are known, several at once. */
export const queries =
  (seq: number): Load =>
  async ({ server: { url }, tokens: [owner = '', dependent = ''] }) => {
    const asked = [
      [owner, ofService(`environment { ${aliases(14, () => SOURCES)} }`)],
      [dependent, ofService(aliases(29, (i) => `environment(at: ${seq - 20 - i * 20}) { digest }`))],
      [
        owner,
        ofService(
          `environment { ${aliases(28, (i) => `explain(name: "V_${i}_0") { outcome references { target } }`)} }`,
        ),
      ],
      [
        owner,
        '{ project(slug: "default-project") { secretGroups(first: 100) { nodes { variables { name value } revisions(first: 10) { nodes { variables { value } } } } } } }',
      ],
      [owner, `{ ${aliases(15, () => 'commits(first: 100) { nodes { operation } }')} }`],
    ] as const;
    await Promise.all([...asked, ...asked].map(([token, query]) => ask(url, token, query)));
  };

/** Inputs of nearly 1 MB against the rules, five at once, for each mutation that takes a list. */
export const invalidInputs: Load = async ({ server: { url }, tokens: [owner = ''] }) => {
  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});
  for (const { name, args } of mutations) {
    const type = args[0]?.type;
    if (type === undefined || !isNonNullType(type)) continue;
    const input = getNamedType(type);
    if (!isInputObjectType(input)) continue;
    let variables = { input: hugeInput(input, 20_000) };
    for (let length = 20_000; JSON.stringify(variables).length > 1_000_000; length = Math.floor(length * 0.7)) {
      variables = { input: hugeInput(input, length) };
    }
    if (JSON.stringify(variables).length < 100_000) continue;
    const query = `mutation ($input: ${input.name}!) { ${name}(input: $input) { __typename } }`;
    await Promise.all(Array.from({ length: 5 }, () => ask(url, owner, query, variables)));
  }
};

/** Bodies of 12 MB of escapes, six at once. */
export const largeBodies: Load = async ({ server: { url }, tokens: [owner = ''] }) => {
  const query = 'mutation ($input: CreateSecretGroupInput!) { createSecretGroup(input: $input) { __typename } }';
  const head = `{"query":${JSON.stringify(query)},"variables":{"input":{"project":"`;
  const body = `${head}${'\\u0041'.repeat(Math.floor((11_900_000 - head.length) / 6))}"}}}`;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${owner}` };
  await Promise.all(
    Array.from({ length: 6 }, () =>
      fetch(`${url}/graphql`, { method: 'POST', headers, body }).then((answer) => answer.text()),
    ),
  );
};

interface Listening {
  readonly stop: () => Promise<void>;
  readonly count: () => number;
}

async function listen(url: string, token: string, queries: readonly string[]): Promise<Listening> {
  let events = 0;
  const count = (): void => {
    events += 1;
  };
  const clients = await Promise.all(
    Array.from({ length: Math.ceil(queries.length / 50) }, async (_, i) => {
      const connectionParams = { authorization: `Bearer ${token}` };
      const client = createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams,
        lazy: false,
        retryAttempts: 0,
        onNonLazyError: () => {},
      });
      for (const query of queries.slice(i * 50, i * 50 + 50)) {
        client.subscribe({ query }, { next: count, error: () => {}, complete: () => {} });
      }
      return client;
    }),
  );
  return {
    count: () => events,
    stop: async () => {
      for (const client of clients) await client.dispose();
    },
  };
}

const settled = async (count: () => number, wanted: number): Promise<void> => {
  for (let tries = 0; count() < wanted && tries < 200; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
};

const CHANGED = (fields: string, after = ''): string =>
  `subscription { environmentChanged(project: "default-project", workload: { kind: SERVICE, id: "svc" }${after}) { ... on EnvironmentEvent { cursor ${fields} } ... on HistoryExpired { cursor } } }`;

/** 200 different subscriptions and one commit that concerns them all. */
export const fanOut: Load = async ({ server: { url }, tokens: [owner = '', dependent = ''] }) => {
  const different = Array.from({ length: 200 }, (_, i) =>
    CHANGED(`digest a${i}: environment { a${i}: variables { name value } }`),
  );
  const listening = await listen(url, dependent, different);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const query =
    'mutation ($input: SetSecretGroupVariableInput!) { setSecretGroupVariable(input: $input) { __typename } }';
  const id = Buffer.from('SecretGroup:default-project/group-0').toString('base64');
  await ask(url, owner, query, { input: { id, name: 'V_0_1', value: `now ${Date.now()}` } });
  await settled(listening.count, 200);
  await listening.stop();
};

/** Twenty that come again over all that was ever committed, by either kind of stream. */
export const resumptions =
  (cursors: readonly string[]): Load =>
  async ({ server: { url }, tokens: [owner = '', dependent = ''] }) => {
    const [environment = '', changes = ''] = cursors;
    const own = Array.from({ length: 20 }, (_, i) =>
      CHANGED(`seq a${i}: digest`, `, after: ${JSON.stringify(environment)}`),
    );
    const all = Array.from(
      { length: 20 },
      (_, i) =>
        `subscription { changes(after: ${JSON.stringify(changes)}) { ... on CommitEvent { a${i}: cursor } ... on HistoryExpired { cursor } } }`,
    );
    const [mine, others] = [await listen(url, dependent, own), await listen(url, owner, all)];
    await settled(mine.count, 20);
    await settled(others.count, 20 * 700);
    await Promise.all([mine.stop(), others.stop()]);
  };

/** Cursors of before everything that `fill` commits: of the environment and of all changes. */
export async function firstCursors({
  server: { url },
  tokens: [owner = '', dependent = ''],
}: Fuzzed): Promise<readonly string[]> {
  const found: Promise<string>[] = [];
  const clients: { dispose(): void | Promise<void> }[] = [];
  for (const [token, query, field] of [
    [dependent, CHANGED('seq'), 'environmentChanged'],
    [owner, 'subscription { changes { ... on CommitEvent { cursor } } }', 'changes'],
  ] as const) {
    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
    });
    clients.push(client);
    found.push(
      new Promise((resolve, reject) =>
        client.subscribe<Record<string, { readonly cursor: string }>>(
          { query },
          { next: ({ data }) => resolve(data?.[field]?.cursor ?? ''), error: reject, complete: () => {} },
        ),
      ),
    );
  }
  const told = Promise.all(found);
  let isTold = false;
  const over = (): void => {
    isTold = true;
  };
  told.then(over, over);
  // Again until both listen, which takes longer on a busy machine.
  for (let i = 0; !isTold; i += 1) {
    const variables = [{ name: `FIRST_${i}`, value: 'x' }];
    const place = { project: 'default-project', name: `first of all ${i}`, secretType: 'ENVIRONMENT', priority: 1 };
    const create = 'mutation ($input: CreateSecretGroupInput!) { createSecretGroup(input: $input) { __typename } }';
    await ask(url, owner, create, { input: { ...place, variables } });
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const cursors = await told;
  for (const client of clients) await client.dispose();
  return cursors;
}
