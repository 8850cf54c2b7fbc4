import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import dotenv from 'dotenv18';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { build } from '../support/built.ts';
import { type CliWorld, cliWorld } from '../support/cli.ts';
import { oracles } from '../support/dialects/oracles.ts';
import { hasServer } from '../support/servers/process.ts';

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

/** Nasty enough that no tool reads it by luck. */
const TEXT = `it's "$HOME" \\\\ #1`;

/** Blocks of a page in a language. */
const blocks = (page: string, language: string): readonly string[] =>
  [
    ...readFileSync(join(DOCS, page), 'utf8').matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm')),
  ].map(([, text = '']) => text);
const bash = (text: string, over: object = {}): string =>
  execFileSync('bash', ['--norc', '-e', '-c', text], { cwd: world.dir, env: { ...env, ...over }, encoding: 'utf8' });

describe('what the tools of the pages make of them', () => {
  let token = '';
  beforeAll(async () => {
    await world.query(
      `mutation ($text: String!) { putService(input: { project: "default-project", id: "example-service", name: "Web",
        variables: [{ name: "PORT", value: "80" }, { name: "TEXT", value: $text }] }) { __typename ... on Error { message } } }`,
      { text: TEXT },
    );
    const { createToken } = (await world.query(`mutation { createToken(input: { name: "own", kind: DEPENDENT,
      role: "dependent", workload: { project: "default-project", kind: SERVICE, id: "example-service" } })
      { __typename ... on CreateTokenPayload { text } } }`)) as unknown as { createToken: { text: string } };
    token = createToken.text;
  });

  it.skipIf(!hasServer('direnv', 'direnv'))('direnv takes the line of the shell page', () => {
    const folder = join(world.dir, 'direnv');
    mkdirSync(folder);
    const [line = ''] = blocks('shells-and-editors.md', 'sh');
    writeFileSync(join(folder, '.envrc'), line);
    const script = 'cd direnv && direnv allow . && direnv exec . sh -c \'printf "%s|%s" "$PORT" "$TEXT"\'';
    expect(bash(script, { HOME: world.dir, XDG_CONFIG_HOME: world.dir, XDG_DATA_HOME: world.dir })).toBe(`80|${TEXT}`);
  });

  it('a debugger gets the file that its configuration names', () => {
    const { envFile } = JSON.parse(blocks('shells-and-editors.md', 'json')[0] ?? '');
    bash(blocks('shells-and-editors.md', 'sh')[1] ?? '');
    const file = envFile.replace('${workspaceFolder}', world.dir);
    expect(dotenv.parse(readFileSync(file, 'utf8'))).toMatchObject({ PORT: '80', TEXT });
  });

  it('steps of GitHub Actions hand variables on', async () => {
    const commands = blocks('ci.md', 'yaml').flatMap((text) => {
      const found = parse(text);
      return Array.isArray(found) ? found.map(({ run }: { run: string }) => run) : [];
    });
    writeFileSync(join(world.dir, 'deploy.sh'), '#!/bin/sh\nprintf "%s|%s" "$PORT" "$TEXT"\n');
    chmodSync(join(world.dir, 'deploy.sh'), 0o755);
    const over = { KEYLOOM_TOKEN: token, GITHUB_ENV: join(world.dir, 'github.env') };
    expect(commands).toHaveLength(2);
    expect(bash(commands[0] ?? '', over)).toBe(`80|${TEXT}`);
    bash(commands[1] ?? '', over);
    const { all, close } = oracles();
    const runner = all.find(({ dialect }) => dialect === 'github-env');
    expect(await runner?.read(readFileSync(over.GITHUB_ENV, 'utf8'))).toEqual(
      new Map([
        ['MONGO_DB', 'y'],
        ['PORT', '80'],
        ['TEXT', TEXT],
      ]),
    );
    close();
  });

  it('a job of GitLab hands them on in a report of plain lines', () => {
    const { script, artifacts } = parse(blocks('ci.md', 'yaml').find((text) => text.startsWith('script')) ?? '');
    bash(script, { KEYLOOM_TOKEN: token });
    const report = readFileSync(join(world.dir, artifacts.reports.dotenv), 'utf8');
    expect(report.split('\n')).toEqual(expect.arrayContaining(['PORT=80', `TEXT=${TEXT}`]));
  });

  it.skipIf(!hasServer('systemd', 'systemd-analyze'))('systemd finds nothing wrong with the units', () => {
    for (const [n, unit] of blocks('systemd.md', 'ini').entries()) {
      const file = join(world.dir, `example-${n}.service`);
      writeFileSync(file, unit.replaceAll(/\/usr\/bin\/(keyloom|example)/g, '/bin/true'));
      const said = execFileSync('systemd-analyze', ['verify', file], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      expect(said).toBe('');
    }
  });

  it('the unit with a credential starts the program with its variables', () => {
    const start = /ExecStart=\/bin\/sh -c '(.*)'/.exec(blocks('systemd.md', 'ini')[0] ?? '')?.[1] ?? '';
    writeFileSync(join(world.dir, 'token'), token);
    const script = start.replace('/usr/bin/example', 'sh -c \'printf "%s|%s" "$PORT" "$TEXT"\'');
    expect(bash(script, { CREDENTIALS_DIRECTORY: world.dir, KEYLOOM_TOKEN: '' })).toBe(`80|${TEXT}`);
  });

  it.skipIf(!hasServer('Go', 'go'))(
    'compose takes variables and secrets from the client',
    () => {
      const loader = join(world.dir, 'load');
      const cwd = join(process.cwd(), 'test/support/compose');
      execFileSync('go', ['build', '-o', loader, '.'], { cwd, stdio: 'ignore' });
      writeFileSync(join(world.dir, 'docker-compose.yml'), `name: example\n${blocks('docker.md', 'yaml')[0]}`);
      const said = bash(`keyloom run -p default-project --service example-service -- ${loader} docker-compose.yml`);
      const { services, secrets } = JSON.parse(said);
      expect(services.web.environment).toEqual({ PORT: '80' });
      expect(secrets.mongo.environment).toBe('MONGO_DB');
    },
    300_000,
  );

  it.skipIf(spawnSync('kubectl', ['version', '--client']).status !== 0)('kubectl reads the Secret', () => {
    const line = blocks('kubernetes.md', 'sh')[0] ?? '';
    expect(line).toContain('kubectl apply -f -');
    const said = bash(line.replace('apply -f -', 'label --local -f - read=yes -o json'), { HOME: world.dir });
    const { metadata, data } = JSON.parse(said);
    expect(metadata).toMatchObject({ name: 'example-service', labels: { read: 'yes' } });
    expect(Buffer.from(data.TEXT, 'base64').toString()).toBe(TEXT);
  });
});
