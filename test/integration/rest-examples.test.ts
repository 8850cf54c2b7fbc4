import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GitReader } from '../../src/git/port.ts';
import { aProject, run } from '../support/makers.ts';
import { rest } from '../support/rest.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

/** The examples of the documented API as they are written there, but for host, token and project. */
const EXAMPLES = readFileSync(new URL('../vectors/rest-examples.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n\n');

/** Stands for the host of the example, which is not to be had here; the file holds an empty object. */
const git: GitReader = {
  mayAsk: () => true,
  read: async () => ({ commit: 'a'.repeat(40), file: Buffer.from('{}'), rewritten: false, movedTo: null }),
};

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ git });
  await aProject(app);
  const params = { hosts: ['db.example.com'], database: 'app', username: 'u', password: 'p' };
  await rest(app, 'POST', '/projects/default-project/addons', {
    body: { name: 'Example Addon', type: 'mongodb', params },
  });
  await rest(app, 'POST', '/projects/default-project/external-addons', {
    body: {
      name: 'Example External Addon',
      type: 'aws-rds',
      params: { engine: 'mysql', endpoint: 'db.example.com', database: 'd', username: 'u', password: 'p' },
    },
  });
  const account = { service: 'GITHUB', accountLogin: 'github-user', token: 'a-token' };
  const PUT = 'mutation ($input: PutVcsAccountInput!) { result: putVcsAccount(input: $input) { __typename } }';
  expect((await run(app, PUT, account)).__typename).toBe('PutVcsAccountPayload');
});
afterAll(() => app.close());

async function curl(example: string) {
  const command = example
    .replace(/https:\/\/api\.\w+\.com/, app.url)
    .replace(/Bearer \w+/, `Bearer ${app.owner}`)
    .replace('{projectId}', 'default-project');
  const { stdout } = await promisify(execFile)('bash', [
    '-c',
    command.replace('curl ', "curl -s -w '\\n%{http_code}' "),
  ]);
  const at = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(at + 1)), body: JSON.parse(stdout.slice(0, at)) };
}

const dataOf = (example: string): Record<string, unknown> =>
  JSON.parse(/--data '([^\n]*)' \\/.exec(example)?.[1] ?? '');

describe('the documented examples', () => {
  it('are three', () => {
    expect(EXAMPLES.map((example) => /--request (\w+)/.exec(example)?.[1])).toEqual(['POST', 'PUT', 'POST']);
  });

  it('create a secret group, and conflict when it is there', async () => {
    const [example = ''] = EXAMPLES;
    const first = await curl(example);
    expect(first).toMatchObject({ status: 200, body: { data: { ...dataOf(example), id: 'example-secret' } } });
    const second = await curl(example);
    expect(second.status).toBe(409);
    expect(second.body.error.message).toBe('There is already a secret with the same derived identifier');
  });

  it('put a secret group', async () => {
    const [, example = ''] = EXAMPLES;
    const sent = dataOf(example);
    const answer = await curl(example);
    expect([answer.status, answer.body.error?.message]).toEqual([200, undefined]);
    const { restrictions, ...rest_ } = sent;
    expect(answer.body.data).toMatchObject(rest_);
    expect(answer.body.data.restrictions).toMatchObject(restrictions as object);
  });

  it('create a global secret that follows a git file', async () => {
    const [, , example = ''] = EXAMPLES;
    const answer = await curl(example);
    expect([answer.status, answer.body.error?.message]).toEqual([200, undefined]);
    expect(answer.body.data).toMatchObject({ ...dataOf(example), id: 'dockerfile' });
  });
});
