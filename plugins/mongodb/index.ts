import { z } from 'zod';
import { definePlugin, percentEncoded } from '#plugin';

const member = z.string().regex(/^([a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?$/, 'must be host or host:port');
const params = z.strictObject({
  /** Members of the replica set; one for a server on its own. */
  hosts: z.array(member).min(1).max(50),
  port: z.int().min(1).max(65_535).default(27_017),
  /** The name that SRV records are kept under; the first host unless given. */
  srvHost: z
    .string()
    .regex(/^[a-zA-Z0-9.-]+$/, 'must be a host name')
    .max(255)
    .optional(),
  replicaSet: z
    .string()
    .regex(/^[a-zA-Z0-9_.-]+$/, 'must be the name of a replica set')
    .max(100)
    .optional(),
  database: z.string().min(1).max(63),
  authSource: z.string().min(1).max(63).default('admin'),
  username: z.string().min(1).max(256),
  password: z.string().min(1).max(1024).meta({ sensitive: true }),
  adminUsername: z.string().min(1).max(256).optional(),
  adminPassword: z.string().min(1).max(1024).meta({ sensitive: true }).optional(),
});
type Params = z.output<typeof params>;

interface Form {
  readonly srv?: boolean;
  readonly tls?: boolean;
  readonly admin?: boolean;
}

const hasPort = (host: string): boolean => /:\d+$/.test(host.replace(/^\[.*\]/, ''));
const membersOf = ({ hosts, port }: Params): string =>
  hosts.map((host) => (hasPort(host) ? host : `${host}:${port}`)).join(',');
const nameOf = (host = ''): string => host.replace(/:\d+$/, (tail) => (host.endsWith(']') ? tail : ''));

function uri(it: Params, { srv = false, tls = false, admin = false }: Form): string {
  const username = admin ? (it.adminUsername ?? it.username) : it.username;
  const password = admin ? (it.adminPassword ?? it.password) : it.password;
  const credentials = `${percentEncoded(username)}:${percentEncoded(password)}`;
  const options = [`authSource=${percentEncoded(it.authSource)}`];
  if (it.replicaSet !== undefined) options.push(`replicaSet=${percentEncoded(it.replicaSet)}`);
  // SRV brings TLS along, unless it is told not to.
  if (tls || srv) options.push(`tls=${tls}`);
  const place = srv ? (it.srvHost ?? nameOf(it.hosts[0])) : membersOf(it);
  return `mongodb${srv ? '+srv' : ''}://${credentials}@${place}/${percentEncoded(it.database)}?${options.join('&')}`;
}

const optional = (name: string, value: string | undefined): readonly (readonly [string, string])[] =>
  value === undefined ? [] : [[name, value]];

const secret = (name: string, title: string, description: string) => ({ name, title, description, sensitive: true });
const plain = (name: string, title: string, description: string) => ({ name, title, description, sensitive: false });

export default definePlugin({
  api: 1,
  id: 'mongodb',
  kind: 'addon',
  title: 'MongoDB',
  options: z.strictObject({}),
  params,
  keys: [
    plain('HOST', 'Host', 'The first member, without its port.'),
    plain('PORT', 'Port', 'Of members for which none is given; usually 27017.'),
    plain('HOSTS', 'Members', 'All members with their ports, commas between.'),
    plain('REPLICA_SET', 'Replica set', 'Its name; without a value for a server on its own.'),
    plain('DATABASE', 'Database', 'Name of the database.'),
    plain('USERNAME', 'User name', 'Of the application.'),
    secret('PASSWORD', 'Password', 'Of the application.'),
    secret('ADMIN_USERNAME', 'Administrator', 'The user itself where no administrator is given.'),
    secret('ADMIN_PASSWORD', 'Password of the administrator', "The user's own where no administrator is given."),
    secret('MONGO_URI', 'URI', 'All members, with user name and password, without TLS.'),
    secret('MONGO_URI_TLS', 'URI with TLS', 'As MONGO_URI, with tls=true.'),
    secret('MONGO_URI_ADMIN', 'URI of the administrator', 'Without TLS.'),
    secret('MONGO_URI_ADMIN_TLS', 'URI of the administrator with TLS', 'With tls=true.'),
    secret('MONGO_SRV', 'SRV URI', 'For members that SRV records name, without TLS.'),
    secret('MONGO_SRV_TLS', 'SRV URI with TLS', 'As MONGO_SRV, with tls=true.'),
    secret('MONGO_SRV_ADMIN', 'SRV URI of the administrator', 'Without TLS.'),
    secret('MONGO_SRV_ADMIN_TLS', 'SRV URI of the administrator with TLS', 'With tls=true.'),
  ],
  start: () => ({
    async values({ params: it }) {
      return new Map<string, string>([
        ['HOST', nameOf(it.hosts[0])],
        ['PORT', String(it.port)],
        ['HOSTS', membersOf(it)],
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
  }),
});
