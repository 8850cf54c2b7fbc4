import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/kernel/log.ts';
import { createReach } from '../../src/net/reach.ts';
import { loadPlugins } from '../../src/plugin/load.ts';
import type { Plugins } from '../../src/plugin/plugin.ts';
import { type HostileServer, hostileServer, IMPATIENT_MS, type Script, spoilt } from '../support/hostile-server.ts';
import { aProject, done, operation } from '../support/makers.ts';
import {
  AMQP_OPEN_OK,
  AMQP_START,
  AMQP_TUNE,
  amqpFrame,
  MONGODB_HELLO,
  mongodbAnswer,
  POSTGRESQL_OK,
  postgresqlKey,
  SCRIPTED,
} from '../support/server-scripts.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { randomOf } from '../support/stream-random.ts';

const TEST = `mutation ($input: TestAddonInput!) { result: testAddon(input: $input) { __typename
  ... on TestAddonPayload { reachable problem } ... on Error { code message } } }`;
/** What an honest server may take on a busy machine. */
const DEADLINE_MS = 8_000;
/** After so many answers in a row it is shown that the gateway is free. */
const ENOUGH = 20;
const SAMPLE = 8;

const inTurn =
  (...said: readonly Buffer[]): Script['answer'] =>
  (_heard, turn) =>
    said[turn] ?? null;
const mongodbSection =
  (size: number): Script['answer'] =>
  (heard) =>
    mongodbAnswer(heard, MONGODB_HELLO, size);
/** A bulk of so many lists within lists, or one that says it is longer than anything. */
const redisSays = (text: string): Script['answer'] => inTurn(Buffer.from(text));
const mysqlSays = (...bytes: readonly number[]): Script => ({ greeting: Buffer.from(bytes), answer: () => null });

const CUT_SHORT: Script = { answer: inTurn(Buffer.concat([POSTGRESQL_OK, postgresqlKey(2)])) };

const CASES: readonly (readonly [string, string, Script])[] = [
  ['postgresql', 'BackendKeyData cut short', CUT_SHORT],
  ['postgresql', 'a message of length 0', { answer: inTurn(Buffer.from('R\0\0\0\0R\0\0\0\0')) }],
  [
    'rabbitmq',
    'a frame of type 99 after a proper handshake',
    { answer: inTurn(AMQP_START, AMQP_TUNE, Buffer.concat([AMQP_OPEN_OK, amqpFrame(99, 0, Buffer.alloc(4))])) },
  ],
  ['mongodb', 'a section of size -1', { answer: mongodbSection(-1) }],
  ['mongodb', 'a section of size 0', { answer: mongodbSection(0) }],
  ['mongodb', 'a section of size 2^31', { answer: mongodbSection(2 ** 31) }],
  ['redis', 'lists within lists', { answer: redisSays('*1\r\n'.repeat(100_000)) }],
  ['redis', 'a text of 2^40 bytes', { answer: redisSays(`$${2 ** 40}\r\nx`) }],
  ['redis', 'a list of 2^32 items', { answer: redisSays(`*${2 ** 32}\r\n`) }],
  ['mysql', 'a packet of 16 MB that never comes', mysqlSays(0xff, 0xff, 0xff, 0, 10)],
  ['mysql', 'a packet of length 0', mysqlSays(0, 0, 0, 0)],
  ['mysql', 'a greeting of one byte', mysqlSays(1, 0, 0, 0, 10)],
  [
    'minio',
    'a head without an end',
    { answer: inTurn(Buffer.from(`HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(10_000)}`)) },
  ],
  [
    'minio',
    'an answer of a negative length',
    { answer: inTurn(Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n')) },
  ],
];

describe('a hostile backing service', () => {
  let server: HostileServer;
  let plugins: Plugins;
  let app: TestApp;
  beforeAll(async () => {
    server = await hostileServer();
    const host = { log: silentLog, clock: () => new Date(), deadlineMs: DEADLINE_MS };
    const reach = createReach([`127.0.0.1:${server.port}`]);
    plugins = await loadPlugins({ names: null, options: new Map(), reach, ...host });
    app = await startApp({ plugins, limits: { addonDeadlineMs: DEADLINE_MS, deadlineMs: 60_000 } });
    await aProject(app);
  });
  afterAll(async () => {
    await app?.close();
    await plugins?.close();
    await server?.close();
  });

  async function problem(provider: string): Promise<string | null> {
    const scripted = SCRIPTED.find((each) => each.provider === provider);
    const input = { project: 'default-project', provider, params: scripted?.params(server.port) };
    const { status, data, errors } = await app.gql(TEST, { input });
    expect({ status, errors }).toEqual({ status: 200, errors: undefined });
    return data.result.problem;
  }

  it.each(SCRIPTED)('$provider: the script as it is', async ({ provider, script, problem: expected }) => {
    server.play(() => script);
    expect(await problem(provider)).toBe(expected);
  });

  it.each(CASES)(
    'case 237: %s says %s: the check fails, the gateway lives and is free',
    async (provider, _what, script) => {
      server.play(() => script, IMPATIENT_MS);
      let isOver = false;
      const found = problem(provider).finally(() => {
        isOver = true;
      });
      let answered = 0;
      do {
        expect((await app.gql('{ viewer { __typename } }')).data.viewer).not.toBeNull();
        answered += 1;
        if (answered > ENOUGH) await sleep(50);
      } while (!isOver);
      expect(['FAILED', 'TIMEOUT', 'UNREACHABLE']).toContain(await found);
      expect(answered).toBeGreaterThan(1);
      // The next one is not the worse for it.
      const scripted = SCRIPTED.find((each) => each.provider === provider);
      server.play(() => scripted?.script ?? script);
      expect(await problem(provider)).toBe(scripted?.problem);
    },
  );

  it('case 237: rotation and retirement fail likewise, and nothing is committed', async () => {
    server.play(() => CUT_SHORT, IMPATIENT_MS);
    const params = {
      ...SCRIPTED.find(({ provider }) => provider === 'postgresql')?.params(server.port),
      adminUsername: 'admin',
      adminPassword: 'hunter2canary',
    };
    const input = { project: 'default-project', name: 'Store', provider: 'postgresql', params };
    const { addon, commit } = await done(app, operation('createAddon', 'addon { id }'), input);
    const { errors } = await app.gql(operation('rotateAddon', 'addon { id }'), { input: { id: addon.id } });
    expect(errors).toMatchObject([
      { message: 'The provider made no new credentials: FAILED', extensions: { code: 'UNAVAILABLE' } },
    ]);
    const { data } = await app.gql(`{ commits(after: ${commit.seq}) { nodes { operation } } }`);
    expect(data.commits.nodes).toEqual([]);
    const old = { ...params, username: 'gone' };
    const retired = plugins.byId.get('postgresql')?.retire({ id: 'store', params, old });
    await expect(retired).rejects.toMatchObject({ reason: 'FAILED' });
  });

  it.each(SCRIPTED)('case 237: $provider: spoilt answers, a sample of those in the stress tests', async (scripted) => {
    for (let seed = 1; seed <= SAMPLE; seed += 1) {
      const random = randomOf(seed);
      server.play(() => spoilt(scripted.script, scripted.turns, random), IMPATIENT_MS);
      expect([null, 'FAILED', 'TIMEOUT', 'UNREACHABLE', 'CREDENTIALS', 'TLS']).toContain(
        await problem(scripted.provider),
      );
    }
    server.play(() => scripted.script);
    expect(await problem(scripted.provider)).toBe(scripted.problem);
  });
});
