import { z } from 'zod';

/** PostgreSQL's own protocol ends texts with a NUL: what came after it would be read as another setting. */
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
  port: z.int().min(1).max(65_535).default(5432),
  database: text(63),
  username: text(63),
  password: text(1024).meta({ sensitive: true }),
  adminUsername: text(63).optional(),
  adminPassword: text(1024).meta({ sensitive: true }).optional(),
  tls: z.boolean().default(false).describe('Whether Keyloom itself connects with TLS.'),
  caCertificate: z.string().max(65_536).optional().describe('PEM; the authorities of the system unless given.'),
  owner: text(63).optional().describe('Set by rotation: the role whose rights the user has.'),
});
export type Params = z.output<typeof params>;
