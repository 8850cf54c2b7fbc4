import { z } from 'zod';
import { definePlugin, percentEncoded } from '#plugin';
import { type Params, params } from './params.ts';

function uri(it: Params, tls: boolean): string {
  const host = it.host.includes(':') ? `[${it.host}]` : it.host;
  const credentials = it.password === undefined ? '' : `${percentEncoded(it.username)}:${percentEncoded(it.password)}@`;
  return `redis${tls ? 's' : ''}://${credentials}${host}:${tls ? (it.tlsPort ?? it.port) : it.port}/${it.database}`;
}

const secret = (name: string, title: string, description: string) => ({ name, title, description, sensitive: true });
const plain = (name: string, title: string, description: string) => ({ name, title, description, sensitive: false });

export default definePlugin({
  api: 1,
  id: 'redis',
  kind: 'addon',
  title: 'Redis',
  options: z.strictObject({}),
  params,
  keys: [
    plain('HOST', 'Host', 'Name or address of the server.'),
    plain('PORT', 'Port', 'Usually 6379.'),
    plain('DATABASE', 'Database', 'Number of the database.'),
    plain('USERNAME', 'User name', '`default` unless there are others.'),
    secret('PASSWORD', 'Password', 'Of that user; without a value where the server asks for none.'),
    secret('REDIS_URI', 'URI', 'With user name and password, if there is one, without TLS.'),
    secret('REDIS_URI_TLS', 'URI with TLS', 'As REDIS_URI with `rediss`, at the port for TLS.'),
  ],
  start: (_options, host) => ({
    async values({ params: it }) {
      return new Map<string, string>([
        ['HOST', it.host],
        ['PORT', String(it.port)],
        ['DATABASE', String(it.database)],
        ['USERNAME', it.username],
        ...(it.password === undefined ? [] : [['PASSWORD', it.password] as const]),
        ['REDIS_URI', uri(it, false)],
        ['REDIS_URI_TLS', uri(it, true)],
      ]);
    },
    // The driver is loaded where it may connect: in a process of its own.
    check: async ({ params: it }) => (await import('./client.ts')).check(it, host),
    rotate: async ({ params: it }) => (await import('./rotate.ts')).rotate(it, host),
    retire: async ({ params: it, old }) => (await import('./rotate.ts')).retire(it, old, host),
  }),
});
