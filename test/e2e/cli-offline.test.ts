import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliWorld, cliWorld } from '../support/cli.ts';

let world: CliWorld;
const SECRET = 'canary-of-the-command-line';
const of = (id: string) => ['export', '-p', 'default-project', '--service', id, '--offline'];

beforeAll(async () => {
  world = await cliWorld();
  await world.query(`mutation { createProject(input: { name: "Default Project" }) { __typename ... on Error { message } }
    a: putService(input: { project: "default-project", id: "web", name: "Web", variables: [{ name: "A", value: "${SECRET}" }] })
      { __typename ... on Error { message } }
    b: putService(input: { project: "default-project", id: "other", name: "Other" }) { __typename ... on Error { message } } }`);
}, 120_000);
afterAll(() => world.close());

const folder = () => join(world.dir, 'config', 'offline');
const files = () => readdirSync(folder()).map((name) => join(folder(), name));

describe('--offline', () => {
  // Not asked for, nothing is kept; so this comes first.
  it('keeps nothing unless asked for', async () => {
    expect((await world.run(['export', '-p', 'default-project', '--service', 'web'])).code).toBe(0);
    expect(() => readdirSync(folder())).toThrow('ENOENT');
  });

  it('gives what was fetched last when the gateway is gone, says how old it is, and nothing without the token', async () => {
    expect((await world.run(of('web'))).out).toBe(`A=${SECRET}\n`);
    const [file = ''] = files();
    expect([statSync(file).mode & 0o777, readFileSync(file).includes(SECRET)]).toEqual([0o600, false]);
    await world.stop();

    const gone = await world.run(of('web'));
    expect([gone.code, gone.out]).toEqual([0, `A=${SECRET}\n`]);
    expect(gone.err).toContain('values are those of 0 minutes ago');
    const env = { KEYLOOM_URL: world.url, KEYLOOM_TOKEN: `${world.owner}x` };
    for (const ran of [await world.run(of('web'), { env }), await world.run(of('other'))]) {
      expect([ran.code, ran.out]).toEqual([2, '']);
      expect(ran.err).toContain('nothing is kept');
    }
    const run = ['run', ...of('web').slice(1), '--', 'sh', '-c', 'echo "$A"'];
    expect((await world.run(run)).out).toBe(`${SECRET}\n`);
  });

  it('is bound to its place, and opens only as it was written', async () => {
    const [file = ''] = files();
    const bytes = readFileSync(file);
    const changed = Buffer.from(bytes);
    changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1;
    writeFileSync(file, changed);
    expect((await world.run(of('web'))).code).toBe(2);
    writeFileSync(file, bytes);
    expect((await world.run(of('web'))).code).toBe(0);
    const scope = [...of('web'), '--scope', 'build'];
    expect((await world.run(scope)).code).toBe(2);
    renameSync(file, `${file}.moved`);
    expect((await world.run(of('web'))).code).toBe(2);
    renameSync(`${file}.moved`, file);
  });

  it.each(['8d', '0h', '169h', '1', 'x', ''])('takes no --max-age %s', async (age) => {
    expect((await world.run([...of('web'), '--max-age', age])).code).toBe(1);
  });

  it('is forgotten by logout', async () => {
    await world.run(['logout', '--all'], { env: {} });
    expect(() => readdirSync(folder())).toThrow('ENOENT');
  });
});
