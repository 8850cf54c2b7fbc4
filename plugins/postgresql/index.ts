import { z } from 'zod';
import { definePlugin, percentEncoded } from '#plugin';
import { type Params, params } from './params.ts';

/** An IPv6 address stands in brackets. */
const hostPort = ({ host, port }: Params): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

function uri(it: Params, username: string, password: string, tls: boolean): string {
  const credentials = `${percentEncoded(username)}:${percentEncoded(password)}`;
  return `postgresql://${credentials}@${hostPort(it)}/${percentEncoded(it.database)}${tls ? '?sslmode=require' : ''}`;
}

const secret = (name: string, title: string, description: string) => ({ name, title, description, sensitive: true });
const plain = (name: string, title: string, description: string) => ({ name, title, description, sensitive: false });

export default definePlugin({
  api: 1,
  id: 'postgresql',
  kind: 'addon',
  title: 'PostgreSQL',
  options: z.strictObject({}),
  params,
  keys: [
    plain('HOST', 'Host', 'Name or address of the server.'),
    plain('PORT', 'Port', 'Usually 5432.'),
    plain('DATABASE', 'Database', 'Name of the database.'),
    plain('USERNAME', 'User name', 'Of the application.'),
    secret('PASSWORD', 'Password', 'Of the application.'),
    secret('ADMIN_USERNAME', 'Administrator', 'The user itself where no administrator is given.'),
    secret('ADMIN_PASSWORD', 'Password of the administrator', "The user's own where no administrator is given."),
    secret('POSTGRES_URI', 'URI', 'With user name and password, without TLS.'),
    secret('POSTGRES_URI_TLS', 'URI with TLS', 'As POSTGRES_URI, with sslmode=require.'),
    secret('POSTGRES_URI_ADMIN', 'URI of the administrator', 'Without TLS.'),
    secret('POSTGRES_URI_ADMIN_TLS', 'URI of the administrator with TLS', 'With sslmode=require.'),
  ],
  start: (_options, host) => ({
    async values({ params: it }) {
      const adminUsername = it.adminUsername ?? it.username;
      const adminPassword = it.adminPassword ?? it.password;
      return new Map([
        ['HOST', it.host],
        ['PORT', String(it.port)],
        ['DATABASE', it.database],
        ['USERNAME', it.username],
        ['PASSWORD', it.password],
        ['ADMIN_USERNAME', adminUsername],
        ['ADMIN_PASSWORD', adminPassword],
        ['POSTGRES_URI', uri(it, it.username, it.password, false)],
        ['POSTGRES_URI_TLS', uri(it, it.username, it.password, true)],
        ['POSTGRES_URI_ADMIN', uri(it, adminUsername, adminPassword, false)],
        ['POSTGRES_URI_ADMIN_TLS', uri(it, adminUsername, adminPassword, true)],
      ]);
    },
    // The driver is loaded where it may connect: in a process of its own.
    check: async ({ params: it }) => (await import('./client.ts')).check(it, host),
    rotate: async ({ params: it }) => (await import('./rotate.ts')).rotate(it, host),
    retire: async ({ params: it, old }) => (await import('./rotate.ts')).retire(it, old, host),
  }),
});
