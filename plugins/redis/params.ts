import { z } from 'zod';
import { caCertificateParam, hostParam, portParam } from '#plugin/server';

export const params = z.strictObject({
  host: hostParam,
  port: portParam.default(6379),
  tlsPort: portParam.optional(),
  database: z.int().min(0).max(1023).default(0),
  username: z.string().min(1).max(128).default('default'),
  password: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .meta({ sensitive: true, description: 'Absent: the server asks for none.' }),
  adminUsername: z.string().min(1).max(128).optional().describe('Who rotates; the user itself unless given.'),
  adminPassword: z.string().min(1).max(1024).meta({ sensitive: true }).optional(),
  tls: z.boolean().default(false).describe('Whether Keyloom itself connects with TLS, to the port for it.'),
  caCertificate: caCertificateParam,
});
export type Params = z.output<typeof params>;
