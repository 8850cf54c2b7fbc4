import { z } from 'zod';
import { definePlugin, percentEncoded } from '#plugin';
import { credentials, hostPort, plainKey, secretKey } from '#plugin/server';
import { type Params, params } from './params.ts';

function uri(it: Params, tls: boolean): string {
  const place = hostPort(it.host, tls ? it.tlsPort : it.port);
  return `amqp${tls ? 's' : ''}://${credentials(it.username, it.password)}@${place}/${percentEncoded(it.vhost)}`;
}

const managementUrl = (it: Params): string => `http://${hostPort(it.host, it.managementPort)}`;

export default definePlugin({
  api: 1,
  id: 'rabbitmq',
  kind: 'addon',
  title: 'RabbitMQ',
  options: z.strictObject({}),
  params,
  keys: [
    plainKey('HOST', 'Host', 'Name or address of the server.'),
    plainKey('PORT', 'Port', 'Usually 5672.'),
    plainKey('VHOST', 'Virtual host', '`/` unless given.'),
    plainKey('USERNAME', 'User name', 'Of the application.'),
    secretKey('PASSWORD', 'Password', 'Of the application.'),
    secretKey('AMQP_URI', 'URI', 'With user name, password and virtual host, without TLS.'),
    secretKey('AMQPS_URI', 'URI with TLS', 'As AMQP_URI with `amqps`, at the port for TLS.'),
    plainKey('MANAGEMENT_URL', 'Management', 'Address of the management interface, without credentials.'),
  ],
  start: (_options, host) => ({
    async values({ params: it }) {
      return new Map([
        ['HOST', it.host],
        ['PORT', String(it.port)],
        ['VHOST', it.vhost],
        ['USERNAME', it.username],
        ['PASSWORD', it.password],
        ['AMQP_URI', uri(it, false)],
        ['AMQPS_URI', uri(it, true)],
        ['MANAGEMENT_URL', managementUrl(it)],
      ]);
    },
    // The driver is loaded where it may connect: in a process of its own.
    check: async ({ params: it }) => (await import('./client.ts')).check(it, host),
  }),
});
