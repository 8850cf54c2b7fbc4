import { z } from 'zod';
import { caCertificateParam, hostParam, portParam, textParam } from '#plugin/server';

export const params = z.strictObject({
  host: hostParam,
  port: portParam.default(5672),
  tlsPort: portParam.default(5671),
  managementPort: portParam.default(15_672),
  vhost: textParam(255).default('/'),
  username: textParam(255),
  password: textParam(1024).meta({ sensitive: true }),
  tls: z.boolean().default(false).describe('Whether Keyloom itself connects with TLS, to the port for it.'),
  caCertificate: caCertificateParam,
});
export type Params = z.output<typeof params>;
