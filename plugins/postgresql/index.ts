import { z } from 'zod';
import { definePlugin, percentEncoded } from '#plugin';
import { credentials, hostPort, type Login, plainKey, secretKey } from '#plugin/server';
import { type Params, params } from './params.ts';

function uri(it: Params, { username, password }: Login, tls: boolean): string {
  const place = `${hostPort(it.host, it.port)}/${percentEncoded(it.database)}`;
  return `postgresql://${credentials(username, password)}@${place}${tls ? '?sslmode=require' : ''}`;
}

export default definePlugin({
  api: 1,
  id: 'postgresql',
  kind: 'addon',
  title: 'PostgreSQL',
  options: z.strictObject({}),
  params,
  keys: [
    plainKey('HOST', 'Host', 'Name or address of the server.'),
    plainKey('PORT', 'Port', 'Usually 5432.'),
    plainKey('DATABASE', 'Database', 'Name of the database.'),
    plainKey('USERNAME', 'User name', 'Of the application.'),
    secretKey('PASSWORD', 'Password', 'Of the application.'),
    secretKey('ADMIN_USERNAME', 'Administrator', 'The user itself where no administrator is given.'),
    secretKey('ADMIN_PASSWORD', 'Password of the administrator', "The user's own where no administrator is given."),
    secretKey('POSTGRES_URI', 'URI', 'With user name and password, without TLS.'),
    secretKey('POSTGRES_URI_TLS', 'URI with TLS', 'As POSTGRES_URI, with sslmode=require.'),
    secretKey('POSTGRES_URI_ADMIN', 'URI of the administrator', 'Without TLS.'),
    secretKey('POSTGRES_URI_ADMIN_TLS', 'URI of the administrator with TLS', 'With sslmode=require.'),
  ],
  start: (_options, host) => ({
    async values({ params: it }) {
      const adminUsername = it.adminUsername ?? it.username;
      const adminPassword = it.adminPassword ?? it.password;
      const admin = { username: adminUsername, password: adminPassword };
      return new Map([
        ['HOST', it.host],
        ['PORT', String(it.port)],
        ['DATABASE', it.database],
        ['USERNAME', it.username],
        ['PASSWORD', it.password],
        ['ADMIN_USERNAME', adminUsername],
        ['ADMIN_PASSWORD', adminPassword],
        ['POSTGRES_URI', uri(it, it, false)],
        ['POSTGRES_URI_TLS', uri(it, it, true)],
        ['POSTGRES_URI_ADMIN', uri(it, admin, false)],
        ['POSTGRES_URI_ADMIN_TLS', uri(it, admin, true)],
      ]);
    },
    // The driver is loaded where it may connect: in a process of its own.
    check: async ({ params: it }) => (await import('./client.ts')).check(it, host),
    rotate: async ({ params: it }) => (await import('./rotate.ts')).rotate(it, host),
    retire: async ({ params: it, old }) => (await import('./rotate.ts')).retire(it, old, host),
  }),
});
