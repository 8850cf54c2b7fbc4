import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import { type CliWorld, cliWorld } from '../support/cli.ts';

let world: CliWorld;

/** Whatever might be encoded, cut or expanded on some way and not on another. */
const VALUES: Readonly<Record<string, string>> = {
  EMPTY: '',
  SPACES: '  two before, two behind  ',
  LINES: 'one\ntwo\r\nthree\n',
  QUOTES: `'single' "double" \`back\``,
  SHELL: '$(id) $HOME && # ; \\',
  FORMULA: '=cmd|calc',
  JSON: '{"a":[1,"\\u00e9"]}',
  WIDE: 'é 漢 \u{1f511} \u2028 \ufeff',
  CONTROL: '\t\u0001\u001b[31m',
  LONG: 'x'.repeat(20_000),
};
const WEB = { project: 'default-project', kind: 'SERVICE', id: 'web' } as const;
const RESULT = '{ __typename ... on Error { message } }';

const put = (variables: Readonly<Record<string, string>>) =>
  world.query(
    `mutation ($variables: [VariableInput!]) { putService(input: { project: "default-project", id: "web", name: "Web",
      variables: $variables }) ${RESULT} }`,
    { variables: Object.entries(variables).map(([name, value]) => ({ name, value })) },
  );

beforeAll(async () => {
  world = await cliWorld();
  await world.query(`mutation { createProject(input: { name: "Default Project" }) ${RESULT} }`);
}, 120_000);
afterAll(() => world.close());

interface Variable {
  readonly name: string;
  readonly value: string;
}
const sorted = (variables: Readonly<Record<string, string>>) => Object.entries(variables).sort();

async function overGraphql() {
  const data = (await world.query(`{ project(slug: "default-project") { service(id: "web") {
    environment(scope: RUNTIME) { variables { name value } } } } }`)) as unknown as {
    readonly project: { readonly service: { readonly environment: { readonly variables: readonly Variable[] } } };
  };
  const { variables } = data.project.service.environment;
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
}

async function overRest() {
  const path = '/v1/projects/default-project/services/web/runtime-environment?replaceTemplatedValues=true';
  const response = await fetch(`${world.url}${path}`, { headers: { authorization: `Bearer ${world.owner}` } });
  const { data } = (await response.json()) as { data: { runtimeEnvironment: Record<string, string> } };
  return data.runtimeEnvironment;
}

async function overCommandLine() {
  const ran = await world.run(['export', '-p', 'default-project', '--service', 'web', '-d', 'json']);
  expect([ran.code, ran.err]).toEqual([0, '']);
  return JSON.parse(ran.out) as Record<string, string>;
}

it('case 106: what a workload gets is the same over GraphQL, REST, the command line and after an event', async () => {
  await put({ ...VALUES, DRAWN: 'from ${QUOTES}' });
  const expected = { ...VALUES, DRAWN: `from ${VALUES.QUOTES}` };
  const client = createClient({ url: world.url, token: world.owner });
  const stop = new AbortController();
  const followed = client.follow(WEB, { scope: 'RUNTIME', signal: stop.signal })[Symbol.asyncIterator]();
  const next = async () => Object.fromEntries((await followed.next()).value?.variables ?? []);
  expect(sorted(await next())).toEqual(sorted(expected));
  expect(sorted(await overGraphql())).toEqual(sorted(expected));
  expect(sorted(await overRest())).toEqual(sorted(expected));
  expect(sorted(await overCommandLine())).toEqual(sorted(expected));

  await put({ ...VALUES, QUOTES: 'other', DRAWN: 'from ${QUOTES}' });
  const later = { ...VALUES, QUOTES: 'other', DRAWN: 'from other' };
  expect(sorted(await next())).toEqual(sorted(later));
  for (const way of [overGraphql, overRest, overCommandLine]) expect(sorted(await way())).toEqual(sorted(later));
  stop.abort();
});
