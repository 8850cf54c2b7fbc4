import { createHash } from 'node:crypto';
import { connect } from 'amqplib';
import type { Issued } from '../authority.ts';
import { freePort } from '../mongodb.ts';
import { answering, ended, hasServer, placeFor, programOf } from './process.ts';

/** Debian's script for services insists on its own user and place; behind it is this. */
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';

export const hasRabbitmq = (): boolean => hasServer('RabbitMQ', 'rabbitmq-server', 'epmd', 'erl');

export interface RabbitmqUser {
  readonly name: string;
  readonly password: string;
  readonly vhost: string;
}

export interface Rabbitmq {
  readonly port: number;
  readonly tlsPort: number;
  stop(): Promise<void>;
}

/** As the server keeps passwords: four bytes of salt, and the SHA-256 of both. */
function definitions(users: readonly RabbitmqUser[]): string {
  const salt = Buffer.from('salt');
  const hash = (text: string) => createHash('sha256').update(salt).update(text).digest();
  return JSON.stringify({
    users: users.map(({ name, password }) => ({
      name,
      password_hash: Buffer.concat([salt, hash(password)]).toString('base64'),
      hashing_algorithm: 'rabbit_password_hashing_sha256',
      tags: '',
    })),
    vhosts: users.map(({ vhost: name }) => ({ name })),
    permissions: users.map(({ name: user, vhost }) => ({ user, vhost, configure: '', write: '', read: '' })),
  });
}

/** A server of its own with these users, and an `epmd` of its own. */
export async function startRabbitmq(users: readonly RabbitmqUser[], tls: Issued): Promise<Rabbitmq> {
  const place = await placeFor('rabbitmq');
  const [port, tlsPort, distribution, epmdPort] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const settings = [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    `listeners.ssl.1 = 127.0.0.1:${tlsPort}`,
    `ssl_options.certfile = ${await place.file('cert.pem', tls.certificate)}`,
    `ssl_options.keyfile = ${await place.file('key.pem', tls.key)}`,
    'ssl_options.verify = verify_none',
    'ssl_options.fail_if_no_peer_cert = false',
    `load_definitions = ${await place.file('definitions.json', definitions(users))}`,
    'disk_free_limit.absolute = 1MB',
  ];
  await place.file('rabbitmq.conf', `${settings.join('\n')}\n`);
  const env = {
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    // Without it the script stays between, and would not pass on a signal.
    RUNNING_UNDER_SYSTEMD: 'true',
    RABBITMQ_NODENAME: `keyloom${port}@localhost`,
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_CONFIG_FILE: `${place.directory}/rabbitmq`,
    RABBITMQ_CONF_ENV_FILE: await place.file('env.conf', ''),
    RABBITMQ_ENABLED_PLUGINS_FILE: await place.file('plugins', '[].\n'),
    RABBITMQ_MNESIA_BASE: `${place.directory}/data`,
    RABBITMQ_LOG_BASE: `${place.directory}/log`,
    RABBITMQ_PID_FILE: `${place.directory}/pid`,
    // One scheduler, which sleeps when there is nothing to do instead of looking again for a while.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none',
  };
  const names = place.start(programOf('epmd') ?? '', [], env);
  const child = place.start(SERVER, [], env);
  const stop = async (): Promise<void> => {
    await ended(child, 'SIGKILL');
    await ended(names, 'SIGKILL');
    await place.remove();
  };
  const [first] = users;
  const greet = async (): Promise<void> => {
    const { name: username = '', password = '', vhost = '/' } = first ?? {};
    const connection = await connect({
      hostname: '127.0.0.1',
      port,
      username,
      password,
      vhost: encodeURIComponent(vhost),
    });
    await connection.close();
  };
  try {
    await answering(child, greet);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, tlsPort, stop };
}
