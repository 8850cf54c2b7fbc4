import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkFailed } from '../../src/plugin/contract.ts';
import { aProject, CANARY, done, operation } from '../support/makers.ts';
import { type Behaviour, scripted } from '../support/plugins.ts';
import { rest } from '../support/rest.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const QUERY = `{ project(slug: "default-project") { externalAddon(slug: "vault") {
  credentials { name type value masked } } } }`;
const ROUTE = '/projects/default-project/external-addons/vault/credentials';

let app: TestApp;
let behaviour: Behaviour;
let now = Date.parse('2026-01-02T03:04:05Z');
const good: Behaviour = async () =>
  new Map([
    ['PASSWORD', CANARY],
    ['HOST', 'db.example.com'],
  ]);

beforeAll(async () => {
  const plugins = scripted('scripted', 'external-addon', (params) => behaviour(params));
  behaviour = good;
  app = await startApp({ plugins, clock: () => new Date(now) });
  await aProject(app);
  const params = { secret: 'hidden' };
  const input = { project: 'default-project', name: 'Vault', provider: 'scripted', params };
  await done(app, operation('createExternalAddon', ''), input);
});
afterAll(() => app.close());

async function tokenFor(name: string, verbs: readonly string[]): Promise<string> {
  const grants = [
    { resources: ['PROJECT'], verbs: ['LIST'] },
    { resources: ['ADDON'], verbs },
  ];
  await done(app, operation('createRole', ''), { name, grants });
  return app.token(name);
}

const told = async (token?: string) => {
  const { data, errors } = await app.gql(QUERY, {}, token ?? app.owner);
  return errors ? errors[0]?.extensions.code : data.project.externalAddon.credentials;
};

const HOST = { name: 'HOST', type: 'CONFIG', value: 'db.example.com', masked: false };

describe('credentials of an addon', () => {
  it('are told to whoever may resolve them, over GraphQL and over REST', async () => {
    expect(await told()).toEqual([HOST, { name: 'PASSWORD', type: 'SECRET', value: CANARY, masked: false }]);
    const data = { secrets: { PASSWORD: CANARY }, envs: { HOST: 'db.example.com' } };
    expect(await rest(app, 'GET', ROUTE)).toMatchObject({ status: 200, body: { data } });
  });

  it('are masked for whoever may only read addons, and refused to others', async () => {
    const reading = await tokenFor('addon-reader', ['LIST', 'READ']);
    expect(await told(reading)).toEqual([HOST, { name: 'PASSWORD', type: 'SECRET', value: null, masked: true }]);
    const data = { secrets: { PASSWORD: '********' }, envs: { HOST: 'db.example.com' } };
    expect(await rest(app, 'GET', ROUTE, { token: reading })).toMatchObject({ status: 200, body: { data } });
    const listing = await tokenFor('addon-lister', ['LIST', 'RESOLVE', 'WRITE', 'LINK']);
    expect(await told(listing)).toBe('FORBIDDEN');
    expect((await rest(app, 'GET', ROUTE, { token: listing })).status).toBe(403);
    const blind = await tokenFor('addon-blind', ['READ', 'RESOLVE']);
    expect((await rest(app, 'GET', ROUTE, { token: blind })).status).toBe(404);
  });

  it('are those of now: no answer is kept, and what the provider does not give is left out', async () => {
    const token = await tokenFor('addon-resolver', ['LIST', 'READ', 'RESOLVE']);
    expect(await told(token)).toHaveLength(2);
    behaviour = async () => new Map([['HOST', 'other.example.com']]);
    now += 3_600_000;
    expect(await told(token)).toEqual([
      { ...HOST, value: 'other.example.com' },
      { name: 'PASSWORD', type: 'SECRET', value: null, masked: false },
    ]);
    const data = { secrets: {}, envs: { HOST: 'other.example.com' } };
    expect((await rest(app, 'GET', ROUTE, { token })).body.data).toEqual(data);
    behaviour = async () => {
      throw checkFailed('UNREACHABLE');
    };
    now += 3_600_000;
    expect((await rest(app, 'GET', ROUTE, { token })).body.data).toEqual({ secrets: {}, envs: {} });
  });
});
