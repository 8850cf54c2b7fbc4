import { z } from 'zod';
import { definePlugin } from '#plugin';
import { credentials, hostPort, optional, plainKey, secretKey } from '#plugin/server';
import { type Params, params } from './params.ts';

function uri(it: Params, tls: boolean): string {
  const login = it.password === undefined ? '' : `${credentials(it.username, it.password)}@`;
  const place = hostPort(it.host, tls ? (it.tlsPort ?? it.port) : it.port);
  return `redis${tls ? 's' : ''}://${login}${place}/${it.database}`;
}

export default definePlugin({
  api: 1,
  id: 'redis',
  kind: 'addon',
  title: 'Redis',
  options: z.strictObject({}),
  params,
  keys: [
    plainKey('HOST', 'Host', 'Name or address of the server.'),
    plainKey('PORT', 'Port', 'Usually 6379.'),
    plainKey('DATABASE', 'Database', 'Number of the database.'),
    plainKey('USERNAME', 'User name', '`default` unless there are others.'),
    secretKey('PASSWORD', 'Password', 'Of that user; without a value where the server asks for none.'),
    secretKey('REDIS_URI', 'URI', 'With user name and password, if there is one, without TLS.'),
    secretKey('REDIS_URI_TLS', 'URI with TLS', 'As REDIS_URI with `rediss`, at the port for TLS.'),
  ],
  start: (_options, host) => ({
    async values({ params: it }) {
      return new Map<string, string>([
        ['HOST', it.host],
        ['PORT', String(it.port)],
        ['DATABASE', String(it.database)],
        ['USERNAME', it.username],
        ...optional('PASSWORD', it.password),
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
