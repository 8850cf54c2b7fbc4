import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signatureFor } from '../../src/access/gateway-signatures.ts';
import { aService, ask, ENTITIES, gatewayToken, startFederated } from '../support/federation/ask.ts';
import { aGroup, aProject, aServiceInput, CANARY, done, operation, PUT_SERVICE, run } from '../support/makers.ts';
import type { TestApp } from '../support/start-app.ts';

let app: TestApp;
let gateway: string;
beforeAll(async () => {
  app = await startFederated();
  gateway = await gatewayToken(app);
  for (const name of ['Default Project', 'Other']) await aProject(app, name);
  await done(app, PUT_SERVICE, aServiceInput({ id: 'svc', variables: [{ name: 'PASSWORD', value: CANARY }] }));
  await done(app, PUT_SERVICE, aServiceInput({ id: 'oth', project: 'other' }));
  await aGroup(app, { name: 'Group', type: 'SECRET', variables: [{ name: 'SECRET', value: CANARY }] });
});
afterAll(() => app.close());

const idOf = (type: string, key: string): string => Buffer.from(`${type}:${key}`).toString('base64');
const GROUP = { __typename: 'SecretGroup', id: idOf('SecretGroup', 'default-project/group') };
const SDL = '{ _service { sdl } }';
const representations = [aService('svc'), GROUP];

describe('the fields of the protocol', () => {
  it('do not exist on the public path, with or without a gateway (case 220)', async () => {
    for (const query of [SDL, '{ _entities(representations: []) { __typename } }']) {
      for (const asking of [null, gateway]) {
        const it = await ask(app, { gateway: asking, user: app.owner, path: '/graphql' }, query);
        const unknown = await ask(app, { gateway: asking, user: app.owner, path: '/graphql' }, '{ _unheard }');
        expect([it.status, it.code]).toEqual([unknown.status, unknown.code]);
        expect(it.text).toContain('Cannot query field');
      }
    }
  });

  it('take a token of a gateway on the path of their own (case 220)', async () => {
    const anonymous = await ask(app, { gateway: null, user: null }, ENTITIES, { representations });
    const alone = await ask(app, { gateway: null, user: app.owner }, ENTITIES, { representations });
    expect([anonymous.status, alone.status]).toEqual([401, 401]);
    expect(anonymous.text + alone.text).not.toContain(CANARY);
  });

  it('do not exist where nothing is federated', async () => {
    const plain = await startFederated({ federation: undefined } as object);
    try {
      const token = await gatewayToken(plain);
      const it = await ask(plain, { gateway: token, user: plain.owner }, SDL);
      expect(it.status).toBe(404);
    } finally {
      await plain.close();
    }
  });
});

describe('the schema of the subgraph (case 222)', () => {
  it('is for a gateway, with or without a user', async () => {
    for (const user of [null, app.owner]) {
      const { data, status } = await ask(app, { gateway, user }, SDL);
      expect(status).toBe(200);
      expect(data._service.sdl).toContain('@key(fields: "projectId id")');
      expect(data._service.sdl).not.toMatch(/KEYLOOM_ROOT|\/work|src\//);
    }
  });

  it('is for nobody else', async () => {
    for (const asking of [
      { gateway: null, user: null },
      { gateway: null, user: app.owner },
      { gateway: app.owner, user: app.owner },
      { gateway: app.owner, user: null },
      { gateway: await app.token('gateway'), user: app.owner },
      { gateway: `${gateway.slice(0, -1)}${gateway.endsWith('x') ? 'y' : 'x'}`, user: app.owner },
    ]) {
      expect((await ask(app, asking, SDL)).status).toBe(401);
    }
  });
});

describe("a gateway's token", () => {
  it('reads nothing by itself', async () => {
    for (const query of [
      ENTITIES,
      'query { _service { sdl } viewer { id } }',
      'query { ...All } fragment All on Query { viewer { id } }',
      'mutation { createTag(input: { name: "x" }) { __typename } }',
      'subscription { changes { __typename } }',
    ]) {
      const variables = query === ENTITIES ? { representations } : {};
      for (const headers of [{}, { accept: 'text/event-stream' }]) {
        const { status, code } = await ask(app, { gateway, user: null, headers }, query, variables);
        expect([query, status, code]).toEqual([query, 401, 'UNAUTHENTICATED']);
      }
    }
  });

  it('is no bearer token anywhere', async () => {
    for (const path of ['/graphql', '/federation', '/v1/projects/default-project/secrets']) {
      const asking = { gateway, user: gateway, path };
      expect((await ask(app, asking, '{ viewer { id } }')).status).toBe(401);
    }
  });

  it('lets its user in, who sees what they may see', async () => {
    const whole = await ask(app, { gateway, user: app.owner }, ENTITIES, { representations });
    expect(whole.data._entities).toEqual([
      {
        __typename: 'Service',
        projectId: 'default-project',
        id: 'svc',
        environment: {
          variables: [
            { name: 'PASSWORD', value: CANARY, masked: false },
            { name: 'SECRET', value: CANARY, masked: false },
          ],
        },
      },
      { __typename: 'SecretGroup', slug: 'group', variables: [{ name: 'SECRET', value: CANARY, masked: false }] },
    ]);
    const masked = await ask(app, { gateway, user: await app.token('developer') }, ENTITIES, { representations });
    expect(masked.text).not.toContain(CANARY);
    expect(masked.data._entities[1].variables).toEqual([{ name: 'SECRET', value: null, masked: true }]);
  });

  it('does nothing for a user who is not valid', async () => {
    for (const user of ['klm_u_none', gateway, `${app.owner}x`]) {
      expect((await ask(app, { gateway, user }, ENTITIES, { representations })).status).toBe(401);
    }
  });

  it('holds for the networks that it is bound to', async () => {
    const near = await gatewayToken(app, { networks: ['10.0.0.0/8', '127.0.0.1'] });
    const far = await gatewayToken(app, { networks: ['10.0.0.0/8'] });
    expect((await ask(app, { gateway: near, user: app.owner }, '{ viewer { id } }')).status).toBe(200);
    expect((await ask(app, { gateway: far, user: app.owner }, '{ viewer { id } }')).status).toBe(401);
  });

  it('ends with its revocation, also for what its user writes', async () => {
    const { token, text } = await done(app, operation('createToken', 'token { id } text'), {
      name: 'short lived',
      kind: 'GATEWAY',
      role: 'gateway',
    });
    expect((await ask(app, { gateway: text, user: app.owner }, '{ viewer { id } }')).status).toBe(200);
    await done(app, operation('revokeToken', 'token { id }'), { id: token.id });
    expect((await ask(app, { gateway: text, user: app.owner }, '{ viewer { id } }')).status).toBe(401);
  });

  it('is made with the role of gateways, and only it has networks and signatures', async () => {
    const CREATE = operation('createToken', 'text');
    const input = { name: 'A token', kind: 'GATEWAY', role: 'gateway' };
    const refused = async (over: object) =>
      ((await run(app, CREATE, { ...input, ...over })).fields ?? []).map(
        ({ path, rule }: { path: string[]; rule: string }) => `${path} ${rule}`,
      );
    expect(await refused({ role: 'owner' })).toEqual(['role kind']);
    expect(await refused({ kind: 'MACHINE', networks: ['10.0.0.0/8'], signed: true })).toEqual([
      'networks kind',
      'signed kind',
    ]);
    expect(await refused({ networks: ['somewhere'] })).toEqual(['networks,0 network']);
    expect(await refused({ networks: [] })).toEqual(['networks min']);
  });
});

describe('a gateway that signs (case 223)', () => {
  const query = '{ viewer { id } }';
  const body = JSON.stringify({ query, variables: {} });
  const signer = async () => {
    const { text, signingSecret } = await done(app, operation('createToken', 'text signingSecret'), {
      name: 'signer',
      kind: 'GATEWAY',
      role: 'gateway',
      signed: true,
    });
    const signed = (over: object = {}, time = Math.floor(Date.now() / 1_000), nonce: string = randomUUID()) => {
      const authorization = `Bearer ${app.owner}`;
      const signable = { method: 'POST', target: '/federation', body: Buffer.from(body), authorization, ...over };
      return signatureFor(signingSecret, signable, time, nonce);
    };
    const statusOf = async (signature: string | null, user = app.owner) => {
      const headers = signature === null ? {} : { 'x-keyloom-signature': signature };
      return (await ask(app, { gateway: text, user, headers }, query)).status;
    };
    return { signed, statusOf };
  };

  it('is heard once with a signature of what it sends', async () => {
    const { signed, statusOf } = await signer();
    const signature = signed();
    expect([await statusOf(signature), await statusOf(signature), await statusOf(signed())]).toEqual([200, 401, 200]);
  });

  it('is not heard without one, or with one of something else', async () => {
    const { signed, statusOf } = await signer();
    const now = Math.floor(Date.now() / 1_000);
    expect(await statusOf(null)).toBe(401);
    expect(await statusOf(signed({ target: '/graphql' }))).toBe(401);
    expect(await statusOf(signed({ body: Buffer.from('{}') }))).toBe(401);
    expect(await statusOf(signed({}, now - 120))).toBe(401);
    expect(await statusOf(signed(), await app.token('reader'))).toBe(401);
  });
});

describe('_entities', () => {
  const asOwner = (given: readonly unknown[], query = ENTITIES) =>
    ask(app, { gateway, user: app.owner }, query, { representations: given });

  it('answers null for what is not there, or not for the eyes of the user (case 221)', async () => {
    const foreign = { project: 'default-project', kind: 'SERVICE', id: 'svc' };
    const dependent = await app.token('dependent', { kind: 'DEPENDENT', workload: foreign });
    const given = [aService('svc'), aService('oth', 'other'), aService('none'), GROUP];
    const { data } = await ask(app, { gateway, user: dependent }, '{ __typename }');
    expect(data).toEqual({ __typename: 'Query' });
    const seen = await ask(app, { gateway, user: dependent }, ENTITIES, { representations: given });
    expect(seen.data._entities.map((each: { id: string } | null) => each?.id ?? null)).toEqual([
      'svc',
      null,
      null,
      null,
    ]);
    const gone = await asOwner([
      { __typename: 'SecretGroup', id: idOf('GlobalSecret', 'x') },
      { __typename: 'SecretGroup', id: 'default-project/group' },
      { __typename: 'App', id: idOf('App', '') },
    ]);
    expect(gone.data._entities).toEqual([null, null, null]);
  });

  it.each([
    ['101 of them', Array.from({ length: 101 }, () => aService('svc')), 'INVALID_INPUT'],
    ['an unknown type', [{ __typename: 'Token', id: 'x' }], 'INVALID_INPUT'],
    ['a type of the language', [{ __typename: '__Schema', id: 'x' }], 'INVALID_INPUT'],
    ['a name of objects', [{ __typename: 'constructor', id: 'x' }], 'INVALID_INPUT'],
    ['no type', [{ id: 'x' }], 'INVALID_INPUT'],
    ['half a key', [{ __typename: 'Service', id: 'svc' }], 'INVALID_INPUT'],
    ['a key that is no text', [{ __typename: 'Service', projectId: ['default-project'], id: 'svc' }], 'INVALID_INPUT'],
    ['no object', ['Service'], 'INVALID_INPUT'],
    ['a list', [[aService('svc')]], 'INVALID_INPUT'],
  ])('refuses %s (case 221)', async (_what, given, code) => {
    const it = await asOwner(given);
    expect([it.code, it.text.includes(CANARY)]).toEqual([code, false]);
  });

  it('refuses a type that is said twice (case 221)', async () => {
    const query =
      '{ _entities(representations: [{ __typename: "Service", __typename: "Job", projectId: "x", id: "y" }]) { __typename } }';
    expect((await ask(app, { gateway, user: app.owner }, query)).code).toBe('BAD_REQUEST');
    const body =
      '{"query":"query($r:[_Any!]!){_entities(representations:$r){__typename}}","variables":{"r":[{"__typename":"Service","__typename":"Job","projectId":"x","id":"y"}]}}';
    const headers = {
      'content-type': 'application/json',
      'x-keyloom-gateway': gateway,
      authorization: `Bearer ${app.owner}`,
    };
    expect((await fetch(`${app.url}/federation`, { method: 'POST', headers, body })).status).toBe(400);
  });

  it('looks at nothing but the key (case 221)', async () => {
    const reader = await app.token('developer');
    const given = [{ ...GROUP, slug: 'other', variables: [{ name: 'X', value: 'x' }], role: 'owner', type: 'CONFIG' }];
    const { data } = await ask(app, { gateway, user: reader }, ENTITIES, { representations: given });
    expect(data._entities).toEqual([
      { __typename: 'SecretGroup', slug: 'group', variables: [{ name: 'SECRET', value: null, masked: true }] },
    ]);
  });

  it('guards what stands behind an interface, and what a gateway says that it knows (case 224)', async () => {
    const query = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
      ... on Workload { __typename projectId environment { variables { name value masked } } } } }`;
    // What another subgraph would require or provide stands beside the key.
    const environment = { variables: [{ name: 'PASSWORD', value: 'theirs', masked: false }] };
    const given = [{ ...aService('svc'), environment }];
    const masked = await ask(app, { gateway, user: await app.token('developer') }, query, { representations: given });
    expect(masked.text).not.toMatch(/theirs|hunter2/);
    expect(masked.data._entities[0].environment.variables).toContainEqual({
      name: 'PASSWORD',
      value: null,
      masked: true,
    });
    const auditor = await ask(app, { gateway, user: await app.token('auditor') }, query, { representations: given });
    expect(auditor.text).not.toMatch(/theirs|hunter2/);
    const open = await asOwner(given, query);
    expect(open.data._entities[0].environment.variables).toContainEqual({
      name: 'PASSWORD',
      value: CANARY,
      masked: false,
    });
  });

  it('answers the same when it is compiled, and under a prefix', async () => {
    const prefixed = await startFederated({
      federation: { prefix: 'Keyloom', key: ['estate', 'ref'] },
      answerCacheBytes: 0,
    });
    try {
      await aProject(prefixed);
      await done(prefixed, PUT_SERVICE, aServiceInput({ id: 'svc', variables: [{ name: 'A', value: '1' }] }));
      await aGroup(prefixed, { name: 'Group' });
      const token = await gatewayToken(prefixed);
      const query = `query ($representations: [_Any!]!) { _entities(representations: $representations) { __typename
        ... on Service { estate ref environment { variables { name value source { __typename } } } } ... on KeyloomSecretGroup { slug } }
        keyloomProject(slug: "default-project") { __typename } }`;
      const given = [
        { __typename: 'Service', estate: 'default-project', ref: 'svc' },
        { __typename: 'KeyloomSecretGroup', id: GROUP.id },
      ];
      const answers: string[] = [];
      for (let i = 0; i < 4; i += 1)
        answers.push(
          (await ask(prefixed, { gateway: token, user: prefixed.owner }, query, { representations: given })).text,
        );
      expect(new Set(answers).size).toBe(1);
      const { data } = JSON.parse(answers[0] ?? '');
      expect(data._entities[1]).toEqual({ __typename: 'KeyloomSecretGroup', slug: 'group' });
      expect(data.keyloomProject).toEqual({ __typename: 'KeyloomProject' });
      expect(data._entities[0]).toMatchObject({ estate: 'default-project', ref: 'svc' });
      expect(data._entities[0].environment.variables).toContainEqual({
        name: 'A',
        value: '1',
        source: { __typename: 'KeyloomDirectSource' },
      });
    } finally {
      await prefixed.close();
    }
  });

  it('calls types by the names of the subgraph, however it is answered', async () => {
    const prefixed = await startFederated({ federation: { prefix: 'Keyloom', key: ['estate', 'ref'] } });
    try {
      await aProject(prefixed);
      for (const id of ['svc', 'another', 'third', 'fourth'])
        await done(prefixed, PUT_SERVICE, aServiceInput({ id, variables: [{ name: 'A', value: '1' }] }));
      const token = await gatewayToken(prefixed);
      // As gateways ask, which want the type of everything. Once the document and who asks are known, it is answered within a turn.
      const query = `query ($id: ID!) { keyloomProject(slug: "default-project") { __typename service(id: $id) { __typename
        environment { __typename scope variables { __typename name value } } } } }`;
      for (const id of ['svc', 'another', 'third', 'fourth']) {
        const { data } = await ask(prefixed, { gateway: token, user: prefixed.owner }, query, { id });
        const { environment } = data.keyloomProject.service;
        expect(environment.__typename).toBe('KeyloomResolvedEnvironment');
        expect(environment.variables).toEqual([{ __typename: 'KeyloomResolvedVariable', name: 'A', value: '1' }]);
      }
    } finally {
      await prefixed.close();
    }
  });
});
