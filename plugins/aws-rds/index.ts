import { z } from 'zod';
import { definePlugin, percentEncoded } from '#plugin';
import { credentials, plainKey, portParam, secretKey } from '#plugin/server';

const params = z.strictObject({
  engine: z.enum(['postgres', 'mysql', 'mariadb']),
  endpoint: z
    .string()
    .regex(/^[a-zA-Z0-9.-]+$/, 'must be a host name')
    .max(255),
  port: portParam.optional(),
  database: z.string().min(1).max(64),
  username: z.string().min(1).max(128),
  password: z.string().min(1).max(1024).meta({ sensitive: true }),
});
type Params = z.output<typeof params>;

const SCHEME = { postgres: 'postgresql', mysql: 'mysql', mariadb: 'mysql' } as const;
const TLS = { postgres: 'sslmode=require', mysql: 'ssl-mode=REQUIRED', mariadb: 'ssl-mode=REQUIRED' } as const;
const PORT = { postgres: 5432, mysql: 3306, mariadb: 3306 } as const;

const portOf = ({ engine, port }: Params): number => port ?? PORT[engine];

function uri(it: Params, tls: boolean): string {
  const place = `${it.endpoint}:${portOf(it)}/${percentEncoded(it.database)}`;
  return `${SCHEME[it.engine]}://${credentials(it.username, it.password)}@${place}${tls ? `?${TLS[it.engine]}` : ''}`;
}

export default definePlugin({
  api: 1,
  id: 'aws-rds',
  kind: 'external-addon',
  title: 'Amazon RDS',
  options: z.strictObject({}),
  params,
  keys: [
    plainKey('ENGINE', 'Engine', '`postgres`, `mysql` or `mariadb`.'),
    plainKey('HOST', 'Endpoint', 'Host name of the endpoint.'),
    plainKey('PORT', 'Port', 'The usual one of the engine unless given.'),
    plainKey('DATABASE', 'Database', 'Name of the database.'),
    plainKey('USERNAME', 'User name', 'Of the application.'),
    secretKey('PASSWORD', 'Password', 'Of the application.'),
    secretKey('DATABASE_URI', 'URI', 'With user name and password, without TLS.'),
    secretKey('DATABASE_URI_TLS', 'URI with TLS', 'As DATABASE_URI, insisting on TLS.'),
  ],
  start: () => ({
    async values({ params: it }) {
      return new Map([
        ['ENGINE', it.engine],
        ['HOST', it.endpoint],
        ['PORT', String(portOf(it))],
        ['DATABASE', it.database],
        ['USERNAME', it.username],
        ['PASSWORD', it.password],
        ['DATABASE_URI', uri(it, false)],
        ['DATABASE_URI_TLS', uri(it, true)],
      ]);
    },
  }),
});
