import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aGroupInput, aProject, aServiceInput, environmentOf, groupOp, PUT_SERVICE, run } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const FILE = 'VGhpcyBpcyBhbiBleGFtcGxlIHdpdGggYSB0ZW1wbGF0ZWQgJHtOT0RFX0VOVn0gdmFyaWFibGU=';

describe('the main job', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
    await aProject(app);
  });
  afterAll(() => app.close());

  it('gives a service exactly what it inherits, and says why', async () => {
    const created = await run(
      app,
      groupOp('createSecretGroup'),
      aGroupInput({
        description: 'A description',
        tags: ['my-tag'],
        restrictions: {
          restricted: true,
          workloads: [{ id: 'example-service', kind: 'SERVICE' }],
          tags: ['my-tag'],
          tagMatchCondition: 'OR',
        },
        variables: [
          { name: 'NODE_ENV', value: 'production' },
          { name: 'GREETING', value: 'hello ${NODE_ENV} ${NOBODY}' },
        ],
        files: [{ path: '/dir/fileName', data: FILE, encoding: 'UTF_8' }],
      }),
    );
    expect(created).toMatchObject({
      __typename: 'CreateSecretGroupPayload',
      secretGroup: { slug: 'example-secret', revision: 1, type: 'SECRET' },
    });
    const service = await run(app, PUT_SERVICE, aServiceInput({ variables: [{ name: 'OWN', value: '1' }] }));
    expect(service).toMatchObject({ __typename: 'PutServicePayload', service: { id: 'example-service', revision: 1 } });
    const environment = await environmentOf(app);
    expect(environment.variables).toEqual([
      {
        name: 'GREETING',
        value: 'hello production ${NOBODY}',
        masked: false,
        type: 'SECRET',
        error: null,
        source: { __typename: 'SecretGroupSource', group: { slug: 'example-secret' } },
      },
      {
        name: 'NODE_ENV',
        value: 'production',
        masked: false,
        type: 'SECRET',
        error: null,
        source: { __typename: 'SecretGroupSource', group: { slug: 'example-secret' } },
      },
      { name: 'OWN', value: '1', masked: false, type: 'SECRET', error: null, source: { __typename: 'DirectSource' } },
    ]);
    expect(environment.unresolved).toEqual([{ name: 'GREETING', reference: '${NOBODY}', reason: 'UNKNOWN_VARIABLE' }]);
    expect(Buffer.from(environment.files[0].data, 'base64').toString()).toBe(
      'This is an example with a templated production variable',
    );
  });
});
