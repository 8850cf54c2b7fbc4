import { MongoClient } from 'mongodb';
import type { Issued } from '../authority.ts';
import { freePort, SECANTUS } from '../mongodb.ts';
import { answering, ended, hasServer, placeFor } from './process.ts';

export const hasMongodb = (): boolean => hasServer('MongoDB with logins', SECANTUS);

export interface MongodbUser {
  readonly name: string;
  readonly password: string;
}

export interface Mongodb {
  readonly port: number;
  stop(): Promise<void>;
}

/** A server of its own that lets nobody in but these users; with TLS alone, if it has a certificate. */
export async function startMongodb(users: readonly MongodbUser[], tls?: Issued): Promise<Mongodb> {
  const place = await placeFor('root');
  const port = await freePort();
  const url = `mongodb://127.0.0.1:${port}/?directConnection=true&serverSelectionTimeoutMS=300`;
  const args = [
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--storage-path',
    `${place.directory}/data`,
    '--log-level',
    'ERROR',
  ];
  const open = place.start(SECANTUS, args);
  const createUsers = async (): Promise<void> => {
    const client = new MongoClient(url);
    try {
      for (const { name, password } of users) {
        await client.db('admin').command({ createUser: name, pwd: password, roles: ['root'] });
      }
    } finally {
      await client.close();
    }
  };
  try {
    await answering(open, createUsers);
  } catch (error) {
    await ended(open, 'SIGKILL');
    await place.remove();
    throw error;
  }
  await ended(open, 'SIGTERM');
  const tlsArgs = tls
    ? [
        '--tls-cert-file',
        await place.file('cert.pem', tls.certificate),
        '--tls-key-file',
        await place.file('key.pem', tls.key),
      ]
    : [];
  const child = place.start(SECANTUS, [...args, '--auth', ...tlsArgs]);
  const stop = async (): Promise<void> => {
    await ended(child, 'SIGKILL');
    await place.remove();
  };
  const greet = async (): Promise<void> => {
    const options = tls ? { tls: true, tlsAllowInvalidCertificates: true } : {};
    const client = new MongoClient(url, options);
    try {
      await client.db('admin').command({ hello: 1 });
    } finally {
      await client.close();
    }
  };
  try {
    await answering(child, async () => {
      await greet().catch((error: unknown) => {
        // Whoever is asked who they are has reached it.
        if (!/auth/i.test(String(error))) throw error;
      });
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, stop };
}
