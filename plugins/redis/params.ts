import { z } from 'zod';

export const params = z.strictObject({
  host: z
    .string()
    .regex(/^[a-zA-Z0-9.:-]+$/, 'must be a host name or an address')
    .max(255),
  port: z.int().min(1).max(65_535).default(6379),
  tlsPort: z.int().min(1).max(65_535).optional(),
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
  caCertificate: z.string().max(65_536).optional().describe('PEM; the authorities of the system unless given.'),
});
export type Params = z.output<typeof params>;
