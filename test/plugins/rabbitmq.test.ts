import { connect } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anAuthority } from '../support/authority.ts';
import { codeOf, type StartedPlugin, startPlugin } from '../support/plugin-host.ts';
import { START_MS } from '../support/servers/process.ts';
import { hasRabbitmq, type Rabbitmq, startRabbitmq } from '../support/servers/rabbitmq.ts';
import { RESERVED } from './samples.ts';

const ASCII = RESERVED.replaceAll(/[^\x20-\x7e]/g, '');
const USER = { name: `user ${RESERVED}`, password: `1${RESERVED}`, vhost: '/a b%2F' };
/** amqplib reads URIs as Latin-1, so this one is plain ASCII. */
const OTHER = { name: `other ${ASCII}`, password: `2${ASCII}`, vhost: ASCII };
const authority = anAuthority('The test');

describe.skipIf(!hasRabbitmq())('RabbitMQ', () => {
  let server: Rabbitmq;
  let plugin: StartedPlugin;
  const given = (over: object = {}) => {
    const { port, tlsPort } = server;
    const { name: username, password, vhost } = USER;
    return plugin.params({ host: '127.0.0.1', port, tlsPort, username, password, vhost, ...over });
  };
  const check = (params: object) => codeOf(plugin.check({ params }));

  beforeAll(async () => {
    plugin = await startPlugin('rabbitmq');
    server = await startRabbitmq([USER, OTHER], authority.issue());
  }, START_MS);
  afterAll(() => server?.stop());

  it('check logs in and opens the virtual host', async () => {
    expect(await check(given())).toBe('none');
  });

  it('the URI leads to the same place', async () => {
    const params = given({ username: OTHER.name, password: OTHER.password, vhost: OTHER.vhost });
    const connection = await connect((await plugin.valuesOf(params)).get('AMQP_URI') ?? '');
    await connection.close();
  });

  it.each([
    ['a wrong password', { password: 'hunter2canary' }, 'CREDENTIALS'],
    ['a user that is not there', { username: 'hunter2canary' }, 'CREDENTIALS'],
    ['a virtual host that is not there', { vhost: 'hunter2canary' }, 'FAILED'],
    ['a virtual host of others', { vhost: OTHER.vhost }, 'FAILED'],
    ['a port where nobody listens', { port: 1 }, 'UNREACHABLE'],
    ['a name that leads nowhere', { host: 'queue.invalid' }, 'UNREACHABLE'],
  ])('check refuses %s', async (_what, over, code) => {
    expect(await check(given(over))).toBe(code);
  });

  it.each([
    ['by name', 'localhost', authority.certificate, 'none'],
    ['by address', '127.0.0.1', authority.certificate, 'none'],
    ['of another authority', 'localhost', anAuthority('Another').certificate, 'TLS'],
    ['of no authority that the system knows', 'localhost', undefined, 'TLS'],
  ])('with TLS, a server %s', async (_what, host, caCertificate, code) => {
    expect(await check(given({ tls: true, host, caCertificate }))).toBe(code);
  });

  it('with TLS, does not speak to a port without', async () => {
    expect(await check(given({ tls: true, tlsPort: server.port, caCertificate: authority.certificate }))).toBe('TLS');
  });
});
