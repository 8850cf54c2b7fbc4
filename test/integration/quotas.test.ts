import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app/app.ts';
import { readConfig } from '../../src/app/config.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { aGroupInput, aProject, CREATE_PROJECT, codeOf, done, groupOp, operation, run } from '../support/makers.ts';
import type { TestApp } from '../support/start-app.ts';

/** The gateway as its settings make it, in a directory of its own. */
async function configured(env: Record<string, string>): Promise<Pick<TestApp, 'gql' | 'owner' | 'close'>> {
  const data = mkdtempSync(join(tmpdir(), 'keyloom-quotas-'));
  const printed: string[] = [];
  const config = readConfig({ KEYLOOM_PORT: '0', KEYLOOM_DEVELOPMENT: 'true', KEYLOOM_DATA: data, ...env });
  const app = await createApp({ config, log: silentLog, terminal: async (line) => void printed.push(line) });
  const { url } = await app.listen();
  const owner = [...printed, ...app.announcements].join('\n').match(/klm_u_[\w-]+/)?.[0] ?? '';
  return {
    owner,
    async gql(query, variables = {}, token = owner) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query, variables }),
      });
      return { status: response.status, ...((await response.json()) as { data: unknown; errors?: never }) };
    },
    async close() {
      await app.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

describe('what a project and a team may keep', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = (await configured({
      KEYLOOM_LIMIT_PROJECT_BYTES: '1048576',
      KEYLOOM_LIMIT_TEAM_BYTES: '2097152',
    })) as TestApp;
  });
  afterAll(() => app.close());

  const filled = (name: string, project: string) =>
    aGroupInput({
      name,
      project,
      variables: Array.from({ length: 5 }, (_, i) => ({ name: `V${i}`, value: 'v'.repeat(60_000) })),
    });
  const create = (name: string, project: string) => run(app, groupOp('createSecretGroup', 'id'), filled(name, project));

  it('is refused by the name of its limit; what deletes or ends something passes, in this project and in others', async () => {
    await aProject(app);
    const { token } = await done(app, operation('createToken', 'token { id }'), {
      name: 'reader',
      kind: 'MACHINE',
      role: 'auditor',
    });
    const made = [
      await create('group 1', 'default-project'),
      await create('group 2', 'default-project'),
      await create('group 3', 'default-project'),
    ];
    expect(made.map(codeOf)).toEqual(['OK', 'OK', 'OK']);
    expect(await create('group 4', 'default-project')).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching(
        /^The project default-project would keep 2 MiB.* 1 MiB \(KEYLOOM_LIMIT_PROJECT_BYTES\)/,
      ),
      limit: 'bytes of the project default-project',
      maximum: 1_048_576,
      actual: 2_097_152,
    });
    // Another project has its own, up to what the team has.
    await done(app, CREATE_PROJECT.replace('createProject(', 'result: createProject('), { name: 'Other' });
    const others = [
      await create('group 1', 'other'),
      await create('group 2', 'other'),
      await create('group 3', 'other'),
    ];
    expect(others.map(codeOf)).toEqual(['OK', 'OK', 'OK']);
    await done(app, CREATE_PROJECT.replace('createProject(', 'result: createProject('), { name: 'Third' });
    expect(await create('group 1', 'third')).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching(/^The team default would keep 3 MiB.* 2 MiB \(KEYLOOM_LIMIT_TEAM_BYTES\)/),
    });
    for (const { secretGroup } of made)
      await done(app, operation('deleteSecretGroup', 'secretGroup { id }'), { id: secretGroup.id });
    await done(app, operation('revokeToken', 'token { id }'), { id: token.id });
  });
});
