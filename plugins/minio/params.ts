import { z } from 'zod';
import { hostParam, hostPort, portParam } from '#plugin/server';

export const params = z.strictObject({
  host: hostParam,
  port: portParam.default(9000),
  tls: z.boolean().default(false),
  region: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'must be a region such as us-east-1')
    .max(64)
    .default('us-east-1'),
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket')
    .optional(),
  accessKey: z.string().min(3).max(128),
  secretKey: z.string().min(8).max(1024).meta({ sensitive: true }),
});
export type Params = z.output<typeof params>;

export const endpointOf = (it: Params): string => `${it.tls ? 'https' : 'http'}://${hostPort(it.host, it.port)}`;
