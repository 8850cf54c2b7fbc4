import { z } from 'zod';
import { definePlugin, percentEncoded } from '#plugin';
import { endpointOf, hostPort, type Params, params } from './params.ts';

/** As the MinIO client takes it in MC_HOST_<alias>. */
function clientUri(it: Params): string {
  const credentials = `${percentEncoded(it.accessKey)}:${percentEncoded(it.secretKey)}`;
  return `${it.tls ? 'https' : 'http'}://${credentials}@${hostPort(it)}`;
}

const optional = (name: string, value: string | undefined): readonly (readonly [string, string])[] =>
  value === undefined ? [] : [[name, value]];

const secret = (name: string, title: string, description: string) => ({ name, title, description, sensitive: true });
const plain = (name: string, title: string, description: string) => ({ name, title, description, sensitive: false });

export default definePlugin({
  api: 1,
  id: 'minio',
  kind: 'addon',
  title: 'MinIO',
  options: z.strictObject({}),
  params,
  keys: [
    plain('HOST', 'Host', 'Name or address of the server.'),
    plain('PORT', 'Port', 'Usually 9000.'),
    plain('ENDPOINT', 'Endpoint', 'URL for S3 clients, without credentials.'),
    plain('REGION', 'Region', '`us-east-1` unless given.'),
    plain('BUCKET', 'Bucket', 'Without a value unless given.'),
    plain('ACCESS_KEY', 'Access key', 'Name of the key.'),
    secret('SECRET_KEY', 'Secret key', 'Belongs to the access key.'),
    secret('MC_HOST', 'URL of the client', 'With both keys, as the client takes it in MC_HOST_<alias>.'),
  ],
  start: (_options, host) => ({
    async values({ params: it }) {
      return new Map<string, string>([
        ['HOST', it.host],
        ['PORT', String(it.port)],
        ['ENDPOINT', endpointOf(it)],
        ['REGION', it.region],
        ...optional('BUCKET', it.bucket),
        ['ACCESS_KEY', it.accessKey],
        ['SECRET_KEY', it.secretKey],
        ['MC_HOST', clientUri(it)],
      ]);
    },
    // The driver is loaded where it may connect: in a process of its own.
    check: async ({ params: it }) => (await import('./client.ts')).check(it, host),
  }),
});
