import { z } from 'zod';
import { caCertificateParam, hostParam, portParam, textParam, tlsParam } from '#plugin/server';

export const params = z.strictObject({
  host: hostParam,
  port: portParam.default(3306),
  database: textParam(64),
  username: textParam(64),
  password: textParam(1024).meta({ sensitive: true }),
  adminUsername: textParam(64).optional(),
  adminPassword: textParam(1024).meta({ sensitive: true }).optional(),
  tls: tlsParam,
  caCertificate: caCertificateParam,
});
export type Params = z.output<typeof params>;
