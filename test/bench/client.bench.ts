import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ask, build, ownerToken, serving, stopped } from '../support/built.ts';

/**
 * Processor time of the command line, the program that it starts included, in turns with bare Node and with dotenvx, which
 * reads the same variables from a file: `npm install --no-save --prefix .cache/dotenvx @dotenvx/dotenvx@2.38.2` brings it.
 */
const ROUNDS = 7;
const DOTENVX = resolve('.cache/dotenvx/node_modules/@dotenvx/dotenvx/src/cli/dotenvx.js');

const entry = build();
const dir = mkdtempSync(join(tmpdir(), 'keyloom-bench-client-'));
const data = join(dir, 'data');
const server = await serving(entry, { KEYLOOM_DEVELOPMENT: 'true', KEYLOOM_PORT: '0', KEYLOOM_DATA: data });
const owner = ownerToken(server) ?? '';
const names = Array.from({ length: 20 }, (_, n) => `NAME_${n}`);
await ask(server.url, owner, 'mutation { createProject(input: { name: "Default Project" }) { __typename } }');
await ask(
  server.url,
  owner,
  'mutation ($variables: [VariableInput!]) { putService(input: { project: "default-project", id: "web", name: "Web", variables: $variables }) { __typename } }',
  { variables: names.map((name) => ({ name, value: `value of ${name}` })) },
);
writeFileSync(join(dir, '.env'), names.map((name) => `${name}="value of ${name}"\n`).join(''));

/** What `times` of a shell says of its children. */
function cpuOf(args: readonly string[]): Promise<number> {
  const script = '"$@" >/dev/null 2>&1 </dev/null || exit 9; times';
  const env = { ...process.env, KEYLOOM_URL: server.url, KEYLOOM_TOKEN: owner };
  const child = spawn('sh', ['-c', script, 'sh', process.execPath, ...args], { cwd: dir, env });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return new Promise((done, fail) =>
    child.once('close', (code) => {
      if (code !== 0) return fail(new Error(`${args.join(' ')} ended with ${code}`));
      const seconds = [...(said.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
      done(seconds.reduce((sum, [, m, s]) => sum + 60_000 * Number(m) + 1_000 * Number(s), 0));
    }),
  );
}

const OF_WEB = ['-p', 'default-project', '--service', 'web'];
const rows: { readonly name: string; readonly args: readonly string[]; readonly spent: number[] }[] = [
  { name: 'bare node', args: ['--eval', '0'], spent: [] },
  { name: 'keyloom --version', args: [entry, '--version'], spent: [] },
  { name: 'keyloom run -- true', args: [entry, 'run', ...OF_WEB, '--', 'true'], spent: [] },
];
if (existsSync(DOTENVX)) {
  rows.push({ name: 'dotenvx --version', args: [DOTENVX, '--version'], spent: [] });
  rows.push({ name: 'dotenvx run -- true', args: [DOTENVX, 'run', '--', 'true'], spent: [] });
}
for (let round = 0; round < ROUNDS; round += 1) for (const { args, spent } of rows) spent.push(await cpuOf(args));
for (const { name, spent } of rows) {
  const median = [...spent].sort((a, b) => a - b)[Math.floor(spent.length / 2)] ?? 0;
  process.stdout.write(`${Math.round(median).toString().padStart(6)} ms of processor time, median  ${name}\n`);
}
await stopped(server, 'SIGTERM');
rmSync(dir, { recursive: true, force: true });
