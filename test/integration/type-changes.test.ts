import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aGroup, aProject, aServiceInput, done, groupOp, operation, PUT_SERVICE } from '../support/makers.ts';
import { ACKNOWLEDGE, RESTART } from '../support/restarts.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await aProject(app);
  await done(app, PUT_SERVICE, aServiceInput());
});
afterAll(() => app.close());

const DIGEST = `query ($at: SafeInt) { project(slug: "default-project") { service(id: "example-service") {
  runtime: environment(scope: RUNTIME, at: $at) { seq digest } build: environment(scope: BUILD, at: $at) { digest }
} } }`;
const digests = async (at: number | null = null, token = app.owner) => {
  const { data } = await app.gql(DIGEST, { at }, token);
  const { runtime, build } = data.project.service;
  return { seq: runtime.seq, runtime: runtime.digest, build: build.digest };
};

describe('case 268: the type of a group', () => {
  it('moves no digest, now or then, and restarts nobody', async () => {
    const id = await aGroup(app, {
      secretType: 'ENVIRONMENT_ARGUMENTS',
      type: 'SECRET',
      variables: [
        { name: 'A', value: 'a' },
        { name: 'B', value: '${A}' },
      ],
      files: [{ path: '/f', data: Buffer.from('${A}').toString('base64') }],
    }).then((made) => made.id);
    const before = await digests();
    const workload = { kind: 'SERVICE', id: 'example-service' };
    for (const scope of ['RUNTIME', 'BUILD']) {
      await done(app, ACKNOWLEDGE, { project: 'default-project', workload, scope, seq: before.seq });
    }
    await done(app, groupOp('updateSecretGroup', 'id'), { id, type: 'CONFIG' });
    const after = await digests();
    expect({ ...after, seq: 0 }).toEqual({ ...before, seq: 0 });
    expect({ ...(await digests(before.seq)), seq: 0 }).toEqual({ ...before, seq: 0 });
    const { restart } = await done(app, RESTART, { source: id });
    expect(restart.requests.nodes).toEqual([]);
  });

  it('shows its values to those who may see the new one, whose digest is of what they see', async () => {
    const developer = await app.token('developer');
    const made = await done(app, operation('createSecretGroup', 'secretGroup { id }'), {
      project: 'default-project',
      name: 'shown later',
      secretType: 'ENVIRONMENT',
      priority: 1,
      type: 'SECRET',
      variables: [{ name: 'LATER', value: 'x' }],
    });
    const before = await digests(null, developer);
    await done(app, groupOp('updateSecretGroup', 'id'), { id: made.secretGroup.id, type: 'CONFIG' });
    expect((await digests(null, developer)).runtime).not.toBe(before.runtime);
  });
});
