import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from './app/app.ts';
import { readConfig } from './app/config.ts';
import { silentLog } from './kernel/log.ts';

/** Loads the documented example into a gateway of its own, over HTTP, and prints what a service gets and why. */

const MAKE_PROJECT = `mutation { createProject(input: { name: "Default Project" }) { __typename ... on Error { message } } }`;

const MAKE_SERVICE = `mutation { putService(input: {
  project: "default-project", id: "example-service", name: "Example Service", tags: ["my-tag"]
  variables: [{ name: "PORT", value: "8080" }]
}) { __typename ... on Error { message } } }`;

const MAKE_GROUP = `mutation Create($input: CreateSecretGroupInput!) {
  createSecretGroup(input: $input) { __typename ... on Error { message } }
}`;

const EXAMPLE = {
  project: 'default-project',
  name: 'Example Secret',
  description: 'A description',
  tags: ['my-tag'],
  type: 'SECRET',
  secretType: 'ENVIRONMENT',
  priority: 10,
  restrictions: {
    restricted: true,
    workloads: [{ id: 'example-service', kind: 'SERVICE' }],
    tags: ['my-tag'],
    tagMatchCondition: 'OR',
  },
  variables: [
    { name: 'NODE_ENV', value: 'production' },
    { name: 'MONGO_DB', value: 'some_connection_string' },
    { name: 'GREETING', value: 'listening on ${PORT} in ${NODE_ENV}' },
  ],
  files: [
    {
      path: '/dir/fileName',
      data: 'VGhpcyBpcyBhbiBleGFtcGxlIHdpdGggYSB0ZW1wbGF0ZWQgJHtOT0RFX0VOVn0gdmFyaWFibGU=',
      encoding: 'UTF_8',
    },
  ],
};

const ASK = `query { project(slug: "default-project") { service(id: "example-service") {
  runtime: environment(scope: RUNTIME) {
    seq digest variables { name value } files { path data }
    explain(name: "GREETING") { ...Why }
  }
  build: environment(scope: BUILD) { explain(name: "NODE_ENV") { ...Why } }
} } }
fragment Why on Explanation {
  name outcome
  winner { rule priority source { __typename ... on SecretGroupSource { group { slug } } } }
  excluded { group { slug } rule detail }
  references { reference target status }
}`;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

interface Why {
  readonly name: string;
  readonly outcome: string;
  readonly winner: unknown;
  readonly excluded: unknown;
  readonly references: unknown;
}
interface Asked {
  readonly project: {
    readonly service: {
      readonly runtime: {
        readonly seq: number;
        readonly digest: string;
        readonly variables: readonly { readonly name: string; readonly value: string }[];
        readonly files: readonly { readonly path: string; readonly data: string }[];
        readonly explain: Why;
      };
      readonly build: { readonly explain: Why };
    };
  };
}

async function demo(dir: string): Promise<void> {
  const config = readConfig({ KEYLOOM_DEVELOPMENT: 'true', KEYLOOM_PORT: '0', KEYLOOM_DATA: dir });
  const app = await createApp({ config, log: silentLog });
  try {
    const { url } = await app.listen();
    const token = app.announcements.join(' ').match(/klm_\w+/)?.[0] ?? '';
    const send = async (query: string, variables: object = {}): Promise<unknown> => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ query, variables });
      const answer = (await (await fetch(`${url}/graphql`, { method: 'POST', headers, body })).json()) as {
        readonly data?: unknown;
        readonly errors?: unknown;
      };
      if (answer.errors) throw new Error(JSON.stringify(answer.errors));
      return answer.data;
    };
    await send(MAKE_PROJECT);
    await send(MAKE_SERVICE);
    await send(MAKE_GROUP, { input: EXAMPLE });
    show((await send(ASK)) as Asked);
  } finally {
    await app.close();
  }
}

function show({ project: { service } }: Asked): void {
  const { runtime, build } = service;
  print(`The runtime environment of example-service, as of commit ${runtime.seq} (digest ${runtime.digest}):\n`);
  for (const { name, value } of runtime.variables) print(`  ${name}=${value}`);
  for (const { path, data } of runtime.files) print(`  ${path}: ${Buffer.from(data, 'base64').toString('utf8')}`);
  for (const why of [runtime.explain, build.explain]) {
    print(`\nWhy ${why.name} is ${why.outcome} ${why === build.explain ? 'at build time' : 'at run time'}:\n`);
    print(JSON.stringify({ winner: why.winner, excluded: why.excluded, references: why.references }, null, 2));
  }
}

const dir = await mkdtemp(join(tmpdir(), 'keyloom-demo-'));
try {
  await demo(dir);
} finally {
  await rm(dir, { recursive: true, force: true });
}
