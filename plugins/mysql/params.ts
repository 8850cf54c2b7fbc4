import { z } from 'zod';

/** MySQL's own protocol ends names with a NUL: what came after it would be read as something else. */
const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\0]*$/, 'must hold no NUL');

export const params = z.strictObject({
  host: z
    .string()
    .regex(/^[a-zA-Z0-9.:-]+$/, 'must be a host name or an address')
    .max(255),
  port: z.int().min(1).max(65_535).default(3306),
  database: text(64),
  username: text(64),
  password: text(1024).meta({ sensitive: true }),
  adminUsername: text(64).optional(),
  adminPassword: text(1024).meta({ sensitive: true }).optional(),
  tls: z.boolean().default(false).describe('Whether Keyloom itself connects with TLS.'),
  caCertificate: z.string().max(65_536).optional().describe('PEM; the authorities of the system unless given.'),
});
export type Params = z.output<typeof params>;
