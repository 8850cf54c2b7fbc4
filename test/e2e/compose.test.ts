import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/app/config.ts';
import { hasServer } from '../support/servers/process.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PASSWORDS = { MONGODB_ROOT_PASSWORD: 'root-password', MONGODB_PASSWORD: 'own-password' };

// biome-ignore lint/suspicious/noExplicitAny: read as the specification of compose files shapes it
let project: any;
let folder = '';
let loader = '';

const load = (env: Record<string, string>) => {
  const environment = { PATH: process.env.PATH ?? '', ...env };
  return spawnSync(loader, [join(ROOT, 'docker-compose.yml')], { encoding: 'utf8', env: environment });
};

/** Docker's own reading of the file, by its library. */
describe.skipIf(!hasServer('Go', 'go'))('docker-compose.yml', () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'keyloom-compose-'));
    loader = join(folder, 'load');
    const cwd = join(ROOT, 'test/support/compose');
    const built = spawnSync('go', ['build', '-o', loader, '.'], { cwd, encoding: 'utf8' });
    if (built.status !== 0) throw new Error(built.stderr);
    project = JSON.parse(load(PASSWORDS).stdout);
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('names what is missing of passwords, and holds none', () => {
    const { status, stderr } = load({});
    expect(status).toBe(1);
    for (const name of Object.keys(PASSWORDS)) expect(stderr).toContain(name);
  });

  it('pins images by their whole version', () => {
    const { mongodb, keyloom } = project.services;
    expect(mongodb.image).toMatch(/^mongo:\d+\.\d+\.\d+$/);
    const bases = [...keyloom.build.dockerfile_inline.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
    expect(bases).toHaveLength(2);
    for (const image of bases) expect(image).toMatch(/^node:\d+\.\d+\.\d+-slim$/);
  });

  it.each(['mongodb', 'keyloom'])('%s can write to its volumes alone, and gains no rights', (name) => {
    const service = project.services[name];
    expect(service.read_only).toBe(true);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.cap_add ?? []).toEqual([]);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.privileged ?? false).toBe(false);
    expect(service.user ?? /^USER (\w+)$/m.exec(service.build?.dockerfile_inline)?.[1]).toMatch(/^(999:999|node)$/);
  });

  it('lets nobody but the gateway reach MongoDB, and only with a password', () => {
    const { mongodb } = project.services;
    expect(mongodb.command).toEqual(expect.arrayContaining(['--auth', '--keyFile', '/run/secrets/mongodb_key']));
    expect(mongodb.ports).toBe(undefined);
    expect(Object.keys(mongodb.networks)).toEqual(['store']);
    expect(project.networks.store.internal).toBe(true);
    expect(project.services.keyloom.ports).toMatchObject([{ host_ip: '127.0.0.1', target: 4_000 }]);
  });

  it('gives the gateway settings that it takes', () => {
    const { environment } = project.services.keyloom;
    const config = readConfig(environment);
    expect(config.mongodbUrl?.reveal()).toContain('own-password');
    expect(config.ownerTokenFile).toMatch(/^\/var\/lib\/keyloom\//);
    const [volume] = project.services.keyloom.volumes;
    expect(config.ownerTokenFile?.startsWith(volume.target)).toBe(true);
    expect(project.services.keyloom.build.dockerfile_inline).toContain(volume.target);
    const [secret] = project.services.keyloom.secrets;
    expect(config.rootKeyFile).toBe(secret.target);
  });

  it('holds scripts that parse', () => {
    const { mongodb, keyloom } = project.services;
    const scripts = [
      mongodb.healthcheck.test.at(-1),
      keyloom.healthcheck.test.at(-1),
      project.configs.mongodb_account.content,
    ];
    for (const [i, script] of scripts.entries()) {
      const file = join(folder, `script-${i}.mjs`);
      writeFileSync(file, script);
      const { status, stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, '']);
    }
  });

  it('holds lines for people that a shell takes', () => {
    const head = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8').split('\nname:')[0] ?? '';
    const lines = head.split('\n').flatMap((line) => /^# {3}(\S.*)$/.exec(line)?.[1] ?? []);
    expect(lines.length).toBeGreaterThan(5);
    const { status, stderr } = spawnSync('sh', ['-n'], { input: lines.join('\n'), encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  it('has a health check of the gateway that tells ready from not', () => {
    const [, program, flag, script] = project.services.keyloom.healthcheck.test;
    expect([program, flag]).toEqual(['node', '-e']);
    const at = (port: number) =>
      spawnSync(process.execPath, ['-e', script.replace('4000', String(port))], { encoding: 'utf8' }).status;
    expect(at(1)).toBe(1);
  });
});
