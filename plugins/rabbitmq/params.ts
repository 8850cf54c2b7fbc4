import { z } from 'zod';

const port = z.int().min(1).max(65_535);
/** The login puts a NUL between name and password: one inside would move the border. */
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
  port: port.default(5672),
  tlsPort: port.default(5671),
  managementPort: port.default(15_672),
  vhost: text(255).default('/'),
  username: text(255),
  password: text(1024).meta({ sensitive: true }),
  tls: z.boolean().default(false).describe('Whether Keyloom itself connects with TLS, to the port for it.'),
  caCertificate: z.string().max(65_536).optional().describe('PEM; the authorities of the system unless given.'),
});
export type Params = z.output<typeof params>;
