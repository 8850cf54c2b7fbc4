import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routesOf } from '../../src/app/routes.ts';
import type { Context } from '../../src/graphql/types/context.ts';
import type { ContextFor } from '../../src/http/caller.ts';
import { anApp, aSecret, aValue } from '../support/apps.ts';
import { aGlobal } from '../support/globals.ts';
import { aTwin, type Twin } from '../support/kept-twins.ts';
import { aGroup, aProject, aServiceInput, done, groupOp, operation, PUT_SERVICE } from '../support/makers.ts';
import { rest } from '../support/rest.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

/** A GET that is asked again, beside a gateway that keeps nothing. */

const REVOKE = operation('revokeToken', '');
const GETS = routesOf().filter(({ method }) => method === 'GET');
const PARTS: Readonly<Record<string, readonly string[]>> = {
  projectId: ['default-project', 'default-project', 'nothing'],
  secretId: ['example-secret'],
  serviceId: ['example-service', 'another'],
  globalSecretId: ['example-global'],
  appId: ['example-app'],
  environmentId: ['dev'],
};

let app: TestApp;
let kept: Twin;
let anew: Twin;
let tokens: string[] = [];
let group: string;
const contexts: Context[] = [];

beforeAll(async () => {
  app = await startApp({ limits: { ratePoints: 0, ratePointsDependent: 0 } });
  await aProject(app);
  await done(app, PUT_SERVICE, aServiceInput({ variables: [{ name: 'OWN', value: 'own' }] }));
  group = (await aGroup(app, { type: 'SECRET', variables: [{ name: 'A', value: 'one' }] })).id;
  await aGlobal(app, { type: 'SECRET', values: { a: 'b' } });
  await anApp(app);
  await aSecret(app);
  await aValue(app, 'api-key', 'dev', 'of the app');
  const workload = { project: 'default-project', kind: 'SERVICE', id: 'example-service' };
  tokens = [
    app.owner,
    await app.token('reader'),
    await app.token('auditor'),
    await app.token('developer'),
    await app.token('dependent', { kind: 'DEPENDENT', workload }),
    await app.token('owner', { name: 'to be revoked' }),
    'klm_u_nobody',
  ];
  const contextFor: ContextFor = async (request) => {
    const context = await app.gateway.contextFor(request);
    contexts.push(context as Context);
    return context;
  };
  kept = await aTwin({ ...app, gateway: { ...app.gateway, contextFor } }, {});
  anew = await aTwin(app, { answerCacheBytes: 0 });
}, 60_000);
afterAll(async () => {
  for (const twin of [kept, anew]) await twin.close();
  await app.close();
});

let commits = 0;
async function happen(event: 'commit' | 'revoke'): Promise<void> {
  commits += 1;
  if (event === 'commit')
    await done(app, groupOp('setSecretGroupVariable', 'id'), { id: group, name: 'A', value: `now ${commits}` });
  else {
    const { data } = await app.gql('{ tokens { id name } }');
    for (const { id, name } of data.tokens) if (name === 'to be revoked') await done(app, REVOKE, { id });
    tokens[5] = await app.token('owner', { name: 'to be revoked' });
  }
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
async function asked(
  twin: Twin,
  method: string,
  path: string,
  token: string,
  headers: Readonly<Record<string, string>>,
) {
  const answer = await rest({ url: twin.url, owner: '' }, method, path, { token, headers });
  const { date: _, 'x-request-id': id, ...others } = Object.fromEntries(answer.headers);
  const body = JSON.parse(JSON.stringify(answer.body).replaceAll(UUID, 'id'));
  return { status: answer.status, headers: others, hasId: typeof id === 'string', body };
}

const asks = fc.record({
  route: fc.nat(GETS.length - 1),
  // Who asked for the one may ask for the other next.
  methods: fc.constantFrom(['GET'], ['GET'], ['HEAD'], ['GET', 'HEAD'], ['HEAD', 'GET']),
  part: fc.nat(20),
  token: fc.nat(6),
  search: fc.constantFrom('', '', '', '?per_page=1', '?per_page=0', '?unheard=1', '?cursor=x', '?mask=true'),
  header: fc.constantFrom('', '', 'etag', 'etag', '*', 'W/"x", "y"', 'if-match', 'bad if-match', 'key'),
});

const headersOf = (header: string, etag: string | undefined): Readonly<Record<string, string>> => {
  if (header === '') return {};
  if (header === 'if-match') return { 'if-match': '"3"' };
  if (header === 'bad if-match') return { 'if-match': 'three' };
  if (header === 'key') return { 'idempotency-key': 'one' };
  return { 'if-none-match': header === 'etag' ? (etag ?? '"none"') : header };
};

const pathOf = (route: number, part: number): string =>
  (GETS[route]?.path ?? '').replaceAll(/\{(\w+)\}/g, (_, name) => {
    const from = PARTS[name] ?? ['example-secret'];
    return from[part % from.length] ?? '';
  });

describe('a GET over REST that is asked again', () => {
  it('is answered as by a gateway that keeps nothing: status, headers, body and log', async () => {
    let again = 0;
    const steps = fc.array(
      fc.oneof(
        { weight: 10, arbitrary: asks },
        { weight: 1, arbitrary: fc.constantFrom('commit', 'commit', 'revoke') },
      ),
      { minLength: 30, maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (walk) => {
        for (const step of walk) {
          if (typeof step === 'string') {
            await happen(step as 'commit');
            continue;
          }
          const path = `${pathOf(step.route, step.part)}${step.search}`;
          const token = tokens[step.token] ?? '';
          let etag: string | undefined;
          for (const event of [null, null, 'commit', null] as const) {
            if (event) await happen(event);
            const headers = headersOf(step.header, etag);
            let status = 0;
            for (const method of step.methods) {
              const answer = await asked(kept, method, path, token, headers);
              expect(answer).toEqual(await asked(anew, method, path, token, headers));
              etag = answer.headers.etag ?? etag;
              status = answer.status;
            }
            if (status === 200 && contexts.at(-1)?.session.work.spent.documents === 0) again += 1;
          }
        }
        await expect.poll(() => kept.logged).toEqual(anew.logged);
      }),
      { numRuns: 6, endOnFailure: true },
    );
    process.stdout.write(`${again} requests cost no work\n`);
    expect(again).toBeGreaterThan(20);
  }, 240_000);

  it.each([
    ['/projects/default-project/secrets/example-secret', 200],
    ['/projects/default-project/services/example-service/runtime-environment', 200],
  ])('%s is not made anew, and is noted each time', async (path) => {
    await happen('commit');
    const first = await asked(kept, 'GET', path, app.owner, {});
    const made = contexts.at(-1);
    expect([first.status, (made?.notes.shown.size ?? 0) > 0]).toEqual([200, true]);
    expect(await asked(kept, 'GET', path, app.owner, {})).toEqual(first);
    const given = contexts.at(-1);
    expect(given).not.toBe(made);
    expect([...(given?.notes.shown ?? [])]).toEqual([...(made?.notes.shown ?? [])]);
    // Nothing was read or resolved for it.
    expect(given?.session.work.spent).toEqual({ documents: 0, bytes: 0, resolutions: 0, templateSteps: 0 });
    expect(given?.session.present).not.toBeNull();
    await happen('commit');
    expect(JSON.stringify((await asked(kept, 'GET', path, app.owner, {})).body)).toContain(`now ${commits}`);
  });

  it('is made anew while plugins of others are there to see it', async () => {
    let seen = 0;
    const onExecute = (): void => {
      seen += 1;
    };
    const extended = await startApp({ graphqlPlugins: [{ onExecute }] });
    try {
      await aProject(extended);
      seen = 0;
      for (let i = 0; i < 3; i += 1)
        expect((await rest(extended, 'GET', '/projects/default-project')).status).toBe(200);
      expect(seen).toBe(3);
    } finally {
      await extended.close();
    }
  });
});
