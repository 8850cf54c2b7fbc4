import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anAuthority } from '../support/authority.ts';
import { aBlackHole, codeOf, type StartedPlugin, startPlugin } from '../support/plugin-host.ts';
import { hasMongodb, type Mongodb, startMongodb } from '../support/servers/mongodb.ts';
import { START_MS } from '../support/servers/process.ts';
import { RESERVED } from './samples.ts';

/** SCRAM takes no signs that are newer than itself; the server of the tests does not read `=` and `,` in names. */
const TAKEN = RESERVED.replace('😀', '');
const USER = { name: `user ${TAKEN.replaceAll(/[=,]/g, '')}`, password: `1${TAKEN}` };
const ADMIN = { name: 'admin', password: `2${TAKEN}` };
const authority = anAuthority('The test');

describe.skipIf(!hasMongodb())('MongoDB', () => {
  let server: Mongodb;
  let secure: Mongodb;
  let plugin: StartedPlugin;
  const given = (over: object = {}) => {
    const { name: username, password } = USER;
    return plugin.params({ hosts: ['127.0.0.1'], port: server.port, database: 'shop', username, password, ...over });
  };
  const check = (params: object) => codeOf(plugin.check({ params }));

  beforeAll(async () => {
    plugin = await startPlugin('mongodb');
    [server, secure] = await Promise.all([startMongodb([USER, ADMIN]), startMongodb([USER], authority.issue())]);
  }, START_MS);
  afterAll(() => Promise.all([server?.stop(), secure?.stop()]));

  it('check logs in as the user and as the administrator', async () => {
    expect(await check(given({ adminUsername: ADMIN.name, adminPassword: ADMIN.password }))).toBe('none');
  });

  it('the URI leads to the same place', async () => {
    const client = new MongoClient((await plugin.valuesOf(given())).get('MONGO_URI') ?? '', { directConnection: true });
    expect(await client.db('shop').command({ ping: 1 })).toMatchObject({ ok: 1 });
    await client.close();
  });

  it.each([
    ['a wrong password', { password: 'hunter2canary' }, 'CREDENTIALS'],
    ['a user that is not there', { username: 'hunter2canary' }, 'CREDENTIALS'],
    ['a wrong administrator', { adminUsername: 'admin', adminPassword: 'hunter2canary' }, 'CREDENTIALS'],
    ['a port where nobody listens', { port: 1 }, 'UNREACHABLE'],
    ['a name that leads nowhere', { hosts: ['db.invalid'] }, 'UNREACHABLE'],
  ])('check refuses %s', async (_what, over, code) => {
    expect(await check(given(over))).toBe(code);
  });

  it('one member that answers is enough, and the others are let go', async () => {
    const hole = await aBlackHole();
    const hosts = ['127.0.0.1:1', `127.0.0.1:${hole.port}`, `localhost:${server.port}`];
    expect(await check(given({ hosts }))).toBe('none');
    expect(await check(given({ hosts, password: 'hunter2canary' }))).toBe('CREDENTIALS');
    // The driver lets go of a handshake under way when its own time to connect is over.
    await expect.poll(hole.open).toBe(0);
    await hole.close();
  });

  it('takes its own word for where it is, and not the server’s', async () => {
    expect(await check(given({ replicaSet: 'another', hosts: [`localhost:${server.port}`] }))).toBe('none');
  });

  it.each([
    ['by name', 'localhost', authority.certificate, 'none'],
    ['by address', '127.0.0.1', authority.certificate, 'none'],
    ['of another authority', 'localhost', anAuthority('Another').certificate, 'TLS'],
    ['of no authority that the system knows', 'localhost', undefined, 'TLS'],
  ])('with TLS, a server %s', async (_what, host, caCertificate, code) => {
    expect(await check(given({ tls: true, hosts: [host], port: secure.port, caCertificate }))).toBe(code);
  });
});
