import { z } from 'zod';
import { caCertificateParam, portParam, tlsParam } from '#plugin/server';

const member = z.string().regex(/^([a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?$/, 'must be host or host:port');

export const params = z.strictObject({
  /** Members of the replica set; one for a server on its own. */
  hosts: z.array(member).min(1).max(50),
  port: portParam.default(27_017),
  /** The name that SRV records are kept under; the first host unless given. */
  srvHost: z
    .string()
    .regex(/^[a-zA-Z0-9.-]+$/, 'must be a host name')
    .max(255)
    .optional(),
  replicaSet: z
    .string()
    .regex(/^[a-zA-Z0-9_.-]+$/, 'must be the name of a replica set')
    .max(100)
    .optional(),
  database: z.string().min(1).max(63),
  authSource: z.string().min(1).max(63).default('admin'),
  username: z.string().min(1).max(256),
  password: z.string().min(1).max(1024).meta({ sensitive: true }),
  adminUsername: z.string().min(1).max(256).optional(),
  adminPassword: z.string().min(1).max(1024).meta({ sensitive: true }).optional(),
  tls: tlsParam,
  caCertificate: caCertificateParam,
});
export type Params = z.output<typeof params>;

const hasPort = (host: string): boolean => /:\d+$/.test(host.replace(/^\[.*\]/, ''));

/** `host:port` each. */
export const membersOf = ({ hosts, port }: Params): readonly string[] =>
  hosts.map((host) => (hasPort(host) ? host : `${host}:${port}`));

/** Without its port. */
export const nameOf = (host = ''): string => host.replace(/:\d+$/, (tail) => (host.endsWith(']') ? tail : ''));
