import { z } from 'zod';
import { definePlugin, percentEncoded } from '#plugin';
import { type Params, params } from './params.ts';

function uri(it: Params, tls: boolean): string {
  const host = it.host.includes(':') ? `[${it.host}]` : it.host;
  const credentials = `${percentEncoded(it.username)}:${percentEncoded(it.password)}`;
  return `amqp${tls ? 's' : ''}://${credentials}@${host}:${tls ? it.tlsPort : it.port}/${percentEncoded(it.vhost)}`;
}

function managementUrl(it: Params): string {
  return `http://${it.host.includes(':') ? `[${it.host}]` : it.host}:${it.managementPort}`;
}

const secret = (name: string, title: string, description: string) => ({ name, title, description, sensitive: true });
const plain = (name: string, title: string, description: string) => ({ name, title, description, sensitive: false });

export default definePlugin({
  api: 1,
  id: 'rabbitmq',
  kind: 'addon',
  title: 'RabbitMQ',
  options: z.strictObject({}),
  params,
  keys: [
    plain('HOST', 'Host', 'Name or address of the server.'),
    plain('PORT', 'Port', 'Usually 5672.'),
    plain('VHOST', 'Virtual host', '`/` unless given.'),
    plain('USERNAME', 'User name', 'Of the application.'),
    secret('PASSWORD', 'Password', 'Of the application.'),
    secret('AMQP_URI', 'URI', 'With user name, password and virtual host, without TLS.'),
    secret('AMQPS_URI', 'URI with TLS', 'As AMQP_URI with `amqps`, at the port for TLS.'),
    plain('MANAGEMENT_URL', 'Management', 'Address of the management interface, without credentials.'),
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
