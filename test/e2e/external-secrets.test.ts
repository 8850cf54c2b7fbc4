import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aGroupInput, aProject, aServiceInput, groupOp, PUT_SERVICE, run } from '../support/makers.ts';
import { hasServer, programOf } from '../support/servers/process.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const MANIFEST = readFileSync(join(ROOT, '.github/docs/kubernetes.md'), 'utf8');
const fromManifest = (pattern: RegExp): string => pattern.exec(MANIFEST)?.[1] ?? '';
const URL_TEMPLATE = fromManifest(/url: "([^"]+)"/);
const AUTHORIZATION = fromManifest(/Authorization: "([^"]+)"/);
const JSON_PATH = fromManifest(/result:\s+jsonPath: "([^"]+)"/);

let folder = '';
let app: TestApp;
let token = '';

interface Outcome {
  readonly outcome: string;
  readonly reason?: string;
  readonly values?: Readonly<Record<string, string>>;
}

/** What the operator makes of an answer, by the manifest of the documentation. */
async function asked(over: object = {}): Promise<Outcome> {
  const url = URL_TEMPLATE.replace('https://keyloom.example.com', app.url);
  const key = fromManifest(/extract:\s+key: (\S+)/);
  const question = { url, headers: { Authorization: AUTHORIZATION }, jsonPath: JSON_PATH, key, token, ...over };
  return new Promise((done, failed) => {
    const child = execFile(join(folder, 'ask'), (error, stdout) => (error ? failed(error) : done(JSON.parse(stdout))));
    child.stdin?.end(JSON.stringify(question));
  });
}

describe.skipIf(!hasServer('Go', 'go'))('the webhook provider of External Secrets', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keyloom-external-secrets-'));
    const cwd = join(ROOT, 'test/support/external-secrets');
    const built = spawnSync(programOf('go') ?? 'go', ['build', '-o', join(folder, 'ask'), '.'], {
      cwd,
      encoding: 'utf8',
    });
    if (built.status !== 0) throw new Error(built.stderr);
    app = await startApp();
    await aProject(app);
    await run(app, PUT_SERVICE, aServiceInput());
    const variables = [
      { name: 'PLAIN', value: 'text' },
      { name: 'DB.URL', value: 'postgres://${PLAIN}' },
      { name: 'NUMBER', value: '012' },
      { name: 'NASTY', value: '{"a": "\'$(x)\n"} \u{1f511}' },
      { name: 'EMPTY', value: '' },
    ];
    await run(app, groupOp('createSecretGroup', 'id'), aGroupInput({ variables }));
    const workload = { project: 'default-project', kind: 'SERVICE', id: 'example-service' };
    token = await app.token('dependent', { kind: 'DEPENDENT', workload });
  }, 300_000);
  afterAll(async () => {
    await app?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('reads the environment of a workload whole, every value a text as it is', async () => {
    expect(await asked()).toEqual({
      outcome: 'values',
      values: {
        PLAIN: 'text',
        'DB.URL': 'postgres://text',
        NUMBER: '012',
        NASTY: '{"a": "\'$(x)\n"} \u{1f511}',
        EMPTY: '',
      },
    });
  });

  it.each([
    ['$.data.runtimeEnvironment.NUMBER', '012'],
    ['$.data.runtimeEnvironment["DB.URL"]', 'postgres://text'],
  ])('picks one value by %s', async (jsonPath, value) => {
    expect(await asked({ jsonPath, single: true })).toEqual({ outcome: 'values', values: { '': value } });
  });

  it.each([
    ['another workload', { key: 'other' }, '403'],
    ['what is no id', { key: 'a/b c' }, '403'],
    ['a path that leads nowhere', { url: 'v1/projects/default-project/service/{{ .remoteRef.key }}' }, '403'],
    ['a token that is none', { token: 'undefined' }, '401'],
  ])('keeps what it delivered for %s', async (_what, over, status) => {
    const url = 'url' in over ? { url: `${app.url}/${over.url}` } : {};
    const { outcome, reason } = await asked({ ...over, ...url });
    expect([outcome, reason]).toEqual(['error', expect.stringContaining(status)]);
  });

  it('hears nothing new from an answer that it has', async () => {
    const response = await fetch(
      `${app.url}/v1/projects/default-project/services/example-service/runtime-environment`,
      {
        headers: { authorization: `Bearer ${token}` },
      },
    );
    const headers = { Authorization: AUTHORIZATION, 'If-None-Match': response.headers.get('etag') ?? '' };
    expect((await asked({ headers, url: response.url })).outcome).toBe('not modified');
  });

  it('hears of a deletion with a token that stands for no workload, and keeps all with one that does', async () => {
    const reader = await app.token('reader');
    expect((await asked({ token: reader, key: 'other' })).outcome).toBe('no secret');
    const DELETE = 'mutation ($input: DeleteServiceInput!) { result: deleteService(input: $input) { __typename } }';
    await run(app, DELETE, { project: 'default-project', id: 'example-service' });
    const { outcome, reason } = await asked();
    expect([outcome, reason]).toEqual(['error', expect.stringContaining('401')]);
  });
});
