import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { build, serving, spawned, stopped } from '../support/built.ts';
import { SELDOM_OPTIMISED } from '../support/engine.ts';
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
/** Of the bundle, as the bundler's graph of modules has it. */
type Bundled = { readonly v8: string; readonly atStart: readonly string[]; readonly late: readonly string[] };
const bundled = (): Bundled => JSON.parse(readFileSync(join(dirname(entry), '../bundle/packages.json'), 'utf8'));

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
    // One file, its loader, and what it shares with commands and plugins: shipped plugins are inside.
    expect(own.filter((path) => path.startsWith('bundle/'))).toEqual([
      'bundle/gateway.cjs',
      'bundle/serve.js',
      'bundle/shared.mjs',
    ]);
    expect(own.filter((path) => path.startsWith('plugins/'))).toEqual([]);
    expect(own.length).toBeLessThan(20);
    expect(bundled().atStart.filter((name) => NOT_AT_START.has(name))).toEqual([]);
    expect(bundled().atStart).toContain('graphql');
    expect(bundled().late).toContain('graphql-jit');
  });
});

describe('what the engine keeps of the bundle', () => {
  const cache = (): string => join(dirname(entry), '../bundle/gateway.cache');

  /** In a process of its own: what is kept is for an engine with the same flags, and that of these tests has others. */
  const isRejected = (program: string, ...flags: readonly string[]): string =>
    execFileSync(
      process.execPath,
      [...flags, '-e', `${program}.then(({ script }) => console.log(script.cachedDataRejected))`],
      {
        encoding: 'utf8',
      },
    ).trim();

  const isOwn = (): boolean => bundled().v8 === process.versions.v8;
  const at = (name: string): string => JSON.stringify(pathToFileURL(join(dirname(entry), '../bundle', name)).href);

  it('is taken by the engine that made it, and by no other', () => {
    expect(isRejected(`import(${at('serve.js')})`)).toBe(String(!isOwn()));
  });

  it('is there of the git worker for the engine that built it, and for that of these tests', () => {
    const program = `import(${at('git-worker.cjs')})`;
    expect(isRejected(program, ...SELDOM_OPTIMISED)).toBe('false');
    if (isOwn()) expect(isRejected(program)).toBe('false');
  });

  it.each([
    ['is another engine’s', (kept: Buffer) => Buffer.concat([Buffer.alloc(16, 7), kept.subarray(16)])],
    ['is cut short', (kept: Buffer) => kept.subarray(0, 1_000)],
    ['is not there', () => null],
  ])('is not needed: it %s', async (_, spoiled) => {
    const place = join(dir, 'program');
    cpSync(join(dirname(entry), '..'), join(place, 'dist'), { recursive: true });
    cpSync(join(dirname(entry), '../../package.json'), join(place, 'package.json'));
    symlinkSync(join(dirname(entry), '../../node_modules'), join(place, 'node_modules'));
    const kept = spoiled(readFileSync(cache()));
    const there = join(place, 'dist/bundle/gateway.cache');
    if (kept) writeFileSync(there, kept);
    else rmSync(there);
    const env = { KEYLOOM_DATA: join(dir, 'data'), KEYLOOM_PORT: '0', KEYLOOM_DEVELOPMENT: 'true' };
    const gateway = await serving(join(place, 'dist/src/main.js'), env);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    expect(await stopped(gateway, 'SIGTERM')).toBe(0);
  });
});
