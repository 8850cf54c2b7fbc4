import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../support/built.ts';
import { type CliWorld, cliWorld } from '../support/cli.ts';

const DOCS = '.github/docs';
let world: CliWorld;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  world = await cliWorld();
  const service = (project: string, id: string): string =>
    `putService(input: { project: "${project}", id: "${id}", name: "Web", variables: [{ name: "PORT", value: "80" }] })
      { __typename ... on Error { message } }`;
  await world.query(`mutation {
    a: createProject(input: { name: "Default Project" }) { __typename ... on Error { message } }
    b: createProject(input: { name: "Staging" }) { __typename ... on Error { message } }
    c: createProject(input: { name: "Production" }) { __typename ... on Error { message } }
    d: ${service('default-project', 'example-service')} e: ${service('staging', 'web')} f: ${service('production', 'web')}
    g: createSecretGroup(input: { project: "default-project", name: "Example Secret", secretType: ENVIRONMENT, priority: 1,
      variables: [{ name: "MONGO_DB", value: "x" }] }) { __typename ... on Error { message } } }`);
  // What the pages call, by its name.
  const bin = join(world.dir, 'bin');
  mkdirSync(bin);
  const programs = {
    keyloom: `exec "${process.execPath}" "${build()}" "$@"`,
    npm: 'echo "npm $*"',
    docker: 'echo "docker $*"',
    code: 'true',
  };
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  writeFileSync(
    join(world.dir, 'secret.yaml'),
    'name: Example Secret\nsecretType: environment\npriority: 1\nsecrets:\n  variables: { MONGO_DB: y }\n',
  );
  env = {
    PATH: `${bin}:${process.env.PATH}`,
    KEYLOOM_URL: world.url,
    KEYLOOM_TOKEN: world.owner,
    KEYLOOM_CONFIG_DIR: join(world.dir, 'config'),
  };
}, 120_000);
afterAll(() => world.close());

const PAGES = readdirSync(DOCS).filter((name) => readFileSync(join(DOCS, name), 'utf8').includes('```sh\n'));
const shells = (page: string): readonly string[] =>
  [...readFileSync(join(DOCS, page), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
    .map(([, text = '']) => text)
    // A gateway that nobody here can reach; and clusters.
    .filter((text) => !text.includes('keyloom.example.com') && !/kubectl|curl/.test(text));

describe('the commands of the pages', () => {
  it.each(PAGES.flatMap((page) => shells(page).map((text, n) => [`${page} ${n + 1}`, text] as const)))(
    '%s',
    (_name, text) => {
      // Throws when one of them fails.
      const said = execFileSync('bash', ['--norc', '-e', '-c', text], { cwd: world.dir, env, encoding: 'utf8' });
      if (text.includes('-- npm start')) expect(said).toBe('npm start\n');
    },
  );

  it('are found', () => {
    expect(PAGES).toEqual(expect.arrayContaining(['command-line.md', 'docker.md', 'ci.md', 'shells-and-editors.md']));
  });
});
