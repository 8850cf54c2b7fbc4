import { z } from 'zod';
import { caCertificateParam, hostParam, portParam, textParam, tlsParam } from '#plugin/server';

export const params = z.strictObject({
  host: hostParam,
  port: portParam.default(5432),
  database: textParam(63),
  username: textParam(63),
  password: textParam(1024).meta({ sensitive: true }),
  adminUsername: textParam(63).optional(),
  adminPassword: textParam(1024).meta({ sensitive: true }).optional(),
  tls: tlsParam,
  caCertificate: caCertificateParam,
  owner: textParam(63).optional().describe('Set by rotation: the role whose rights the user has.'),
});
export type Params = z.output<typeof params>;
