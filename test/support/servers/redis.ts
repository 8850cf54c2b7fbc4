import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from 'redis';
import type { Issued } from '../authority.ts';
import { freePort } from '../mongodb.ts';
import { answering, ended, hasServer, placeFor, programOf } from './process.ts';

export const hasRedis = (): boolean => hasServer('Redis', 'redis-server');

export interface RedisLogin {
  readonly username?: string;
  readonly password?: string;
}

export interface Redis {
  readonly port: number;
  readonly tlsPort: number;
  /** One command on a connection of its own. */
  ask(login: RedisLogin, ...command: readonly string[]): Promise<unknown>;
  /** Killed and started from its file; `login` is somebody who may ping then. */
  restart(login?: RedisLogin): Promise<void>;
  /** Its configuration as it is on disk. */
  config(): Promise<string>;
  stop(): Promise<void>;
}

export interface RedisOptions {
  readonly tls: Issued;
  /** Lines of redis.conf. */
  readonly lines?: readonly string[];
  /** Users in a file of their own. */
  readonly users?: string;
  /** Somebody who may ping. */
  readonly login: RedisLogin;
}

/** A server of its own, with a configuration that it may rewrite. */
export async function startRedis({ tls, lines = [], users, login }: RedisOptions): Promise<Redis> {
  const place = await placeFor('redis');
  const [port, tlsPort] = await Promise.all([freePort(), freePort()]);
  const aclFile = users === undefined ? [] : [`aclfile ${await place.file('users.acl', users)}`];
  const settings = [
    'bind 127.0.0.1',
    `port ${port}`,
    `tls-port ${tlsPort}`,
    `tls-cert-file ${await place.file('cert.pem', tls.certificate)}`,
    `tls-key-file ${await place.file('key.pem', tls.key)}`,
    'tls-ca-cert-dir /etc/ssl/certs',
    'tls-auth-clients no',
    'save ""',
    `dir ${place.directory}`,
    ...aclFile,
    ...lines,
  ];
  const file = await place.file('redis.conf', `${settings.join('\n')}\n`);
  const ask = async (as: RedisLogin, ...command: readonly string[]): Promise<unknown> => {
    const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: false }, RESP: 2, ...as });
    client.on('error', () => {});
    try {
      await client.connect();
      return await client.sendCommand([...command]);
    } finally {
      if (client.isOpen) client.destroy();
    }
  };
  const launch = async (as: RedisLogin) => {
    const started = place.start(programOf('redis-server') ?? '', [file]);
    await answering(started, () => ask(as, 'PING')).catch(async (error: unknown) => {
      await ended(started, 'SIGKILL');
      throw error;
    });
    return started;
  };
  let child = await launch(login).catch(async (error: unknown) => {
    await place.remove();
    throw error;
  });
  return {
    port,
    tlsPort,
    ask,
    restart: async (as = login) => {
      await ended(child, 'SIGKILL');
      child = await launch(as);
    },
    config: () => readFile(join(place.directory, 'redis.conf'), 'utf8'),
    stop: async () => {
      await ended(child, 'SIGKILL');
      await place.remove();
    },
  };
}
