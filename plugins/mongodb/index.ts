import { z } from 'zod';
import { definePlugin, percentEncoded } from '#plugin';
import { credentials, optional, plainKey, secretKey } from '#plugin/server';
import { membersOf, nameOf, type Params, params } from './params.ts';

interface Form {
  readonly srv?: boolean;
  readonly tls?: boolean;
  readonly admin?: boolean;
}

function uri(it: Params, { srv = false, tls = false, admin = false }: Form): string {
  const username = admin ? (it.adminUsername ?? it.username) : it.username;
  const password = admin ? (it.adminPassword ?? it.password) : it.password;
  const options = [`authSource=${percentEncoded(it.authSource)}`];
  if (it.replicaSet !== undefined) options.push(`replicaSet=${percentEncoded(it.replicaSet)}`);
  // SRV brings TLS along, unless it is told not to.
  if (tls || srv) options.push(`tls=${tls}`);
  const place = srv ? (it.srvHost ?? nameOf(it.hosts[0])) : membersOf(it).join(',');
  return `mongodb${srv ? '+srv' : ''}://${credentials(username, password)}@${place}/${percentEncoded(it.database)}?${options.join('&')}`;
}

export default definePlugin({
  api: 1,
  id: 'mongodb',
  kind: 'addon',
  title: 'MongoDB',
  options: z.strictObject({}),
  params,
  keys: [
    plainKey('HOST', 'Host', 'The first member, without its port.'),
    plainKey('PORT', 'Port', 'Of members for which none is given; usually 27017.'),
    plainKey('HOSTS', 'Members', 'All members with their ports, commas between.'),
    plainKey('REPLICA_SET', 'Replica set', 'Its name; without a value for a server on its own.'),
    plainKey('DATABASE', 'Database', 'Name of the database.'),
    plainKey('USERNAME', 'User name', 'Of the application.'),
    secretKey('PASSWORD', 'Password', 'Of the application.'),
    secretKey('ADMIN_USERNAME', 'Administrator', 'The user itself where no administrator is given.'),
    secretKey('ADMIN_PASSWORD', 'Password of the administrator', "The user's own where no administrator is given."),
    secretKey('MONGO_URI', 'URI', 'All members, with user name and password, without TLS.'),
    secretKey('MONGO_URI_TLS', 'URI with TLS', 'As MONGO_URI, with tls=true.'),
    secretKey('MONGO_URI_ADMIN', 'URI of the administrator', 'Without TLS.'),
    secretKey('MONGO_URI_ADMIN_TLS', 'URI of the administrator with TLS', 'With tls=true.'),
    secretKey('MONGO_SRV', 'SRV URI', 'For members that SRV records name, without TLS.'),
    secretKey('MONGO_SRV_TLS', 'SRV URI with TLS', 'As MONGO_SRV, with tls=true.'),
    secretKey('MONGO_SRV_ADMIN', 'SRV URI of the administrator', 'Without TLS.'),
    secretKey('MONGO_SRV_ADMIN_TLS', 'SRV URI of the administrator with TLS', 'With tls=true.'),
  ],
  start: (_options, host) => ({
    async values({ params: it }) {
      return new Map<string, string>([
        ['HOST', nameOf(it.hosts[0])],
        ['PORT', String(it.port)],
        ['HOSTS', membersOf(it).join(',')],
        ...optional('REPLICA_SET', it.replicaSet),
        ['DATABASE', it.database],
        ['USERNAME', it.username],
        ['PASSWORD', it.password],
        ['ADMIN_USERNAME', it.adminUsername ?? it.username],
        ['ADMIN_PASSWORD', it.adminPassword ?? it.password],
        ['MONGO_URI', uri(it, {})],
        ['MONGO_URI_TLS', uri(it, { tls: true })],
        ['MONGO_URI_ADMIN', uri(it, { admin: true })],
        ['MONGO_URI_ADMIN_TLS', uri(it, { admin: true, tls: true })],
        ['MONGO_SRV', uri(it, { srv: true })],
        ['MONGO_SRV_TLS', uri(it, { srv: true, tls: true })],
        ['MONGO_SRV_ADMIN', uri(it, { srv: true, admin: true })],
        ['MONGO_SRV_ADMIN_TLS', uri(it, { srv: true, admin: true, tls: true })],
      ]);
    },
    // The driver is loaded where it may connect: in a process of its own.
    check: async ({ params: it }) => (await import('./client.ts')).check(it, host),
  }),
});
