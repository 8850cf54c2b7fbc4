import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { build, serving, spawned, stopped } from '../support/built.ts';
import { loadedBy } from '../support/loaded.ts';

let entry: string;
let dir: string;

beforeAll(() => {
  entry = build();
}, 120_000);
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'keyloom-start-up-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** The driver of the other store, drivers of plugins, what only children and workers use. */
const NOT_AT_START = new Set([
  ...['mongodb', 'bson', 'pg', 'mysql2', 'redis', '@redis/client', 'amqplib', 'aws4fetch', 'isomorphic-git'],
  ...['@graphql-yoga/render-graphiql', 'graphql-jit', 'ajv', 'fast-json-stringify', 'node-forge'],
]);
/** Of a file of the bundle. */
function packagesIn(path: string): readonly string[] {
  const packages = JSON.parse(readFileSync(join(dirname(entry), '../bundle/packages.json'), 'utf8'));
  return packages[basename(path)];
}

const SMALL = ['src/cli/commands.js', 'src/cli/main.js', 'src/main.js'];

describe('what is loaded', () => {
  it.each([
    ['--version', 'src/cli/commands/version.js'],
    ['--help', 'src/cli/commands/help.js'],
  ])('by %s is its own file and no package', async (option, file) => {
    const { packages, own } = await loadedBy((env) => spawned(entry, env, [option]).ended);
    expect(packages).toEqual([]);
    expect(own).toEqual([...SMALL, file].sort());
  });

  it('by a command that is not there is no package', async () => {
    const { packages, own } = await loadedBy((env) => spawned(entry, env, ['sudo']).ended);
    expect([packages, own]).toEqual([[], [...SMALL, 'src/cli/suggest.js'].sort()]);
  });

  it('at the start, the embedded store, is what serving needs, and neither a database nor a driver', async () => {
    const env = { KEYLOOM_DATA: dir, KEYLOOM_PORT: '0', KEYLOOM_DEVELOPMENT: 'true' };
    const { packages, own } = await loadedBy(async (extra) => {
      await stopped(await serving(entry, { ...env, ...extra }), 'SIGTERM');
    });
    expect(packages.filter((name) => NOT_AT_START.has(name))).toEqual([]);
    expect(packages).toContain('lmdb');
    // One file, and what it shares with commands, plugins and later files.
    expect(own).toContain('bundle/serve.js');
    expect(own.filter((path) => !path.startsWith('plugins/')).length).toBeLessThan(20);
    const bundled = own.filter((path) => path.startsWith('bundle/')).flatMap(packagesIn);
    expect(bundled.filter((name) => NOT_AT_START.has(name))).toEqual([]);
    expect(bundled).toContain('graphql');
  });
});
