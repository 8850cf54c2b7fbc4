import { z } from 'zod';
import { definePlugin } from '#plugin';
import { credentials, hostPort, optional, plainKey, secretKey } from '#plugin/server';
import { endpointOf, type Params, params } from './params.ts';

/** As the MinIO client takes it in MC_HOST_<alias>. */
function clientUri(it: Params): string {
  return `${it.tls ? 'https' : 'http'}://${credentials(it.accessKey, it.secretKey)}@${hostPort(it.host, it.port)}`;
}

export default definePlugin({
  api: 1,
  id: 'minio',
  kind: 'addon',
  title: 'MinIO',
  options: z.strictObject({}),
  params,
  keys: [
    plainKey('HOST', 'Host', 'Name or address of the server.'),
    plainKey('PORT', 'Port', 'Usually 9000.'),
    plainKey('ENDPOINT', 'Endpoint', 'URL for S3 clients, without credentials.'),
    plainKey('REGION', 'Region', '`us-east-1` unless given.'),
    plainKey('BUCKET', 'Bucket', 'Without a value unless given.'),
    plainKey('ACCESS_KEY', 'Access key', 'Name of the key.'),
    secretKey('SECRET_KEY', 'Secret key', 'Belongs to the access key.'),
    secretKey('MC_HOST', 'URL of the client', 'With both keys, as the client takes it in MC_HOST_<alias>.'),
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
