import { describe, expect, it } from 'vitest';
import { createReach } from '../../src/net/reach.ts';
import { startInProcess } from '../support/in-process-plugins.ts';
import { RESERVED, SAMPLES } from './samples.ts';

async function valuesOf(id: string, over: object = {}): Promise<ReadonlyMap<string, string | null>> {
  const { provider, running } = await startInProcess(id, createReach([]));
  const params = provider.params.parse({ ...SAMPLES.get(id)?.params, ...over });
  return running.values({ id: 'it', params });
}

/** A URI taken apart by the standard's own rules. */
function parts(uri: string | null | undefined) {
  // Lists of hosts are MongoDB's own; the standard knows one.
  const url = new URL((uri ?? '').replace(/,[^/]*(?=\/)/, ''));
  const { protocol, host, pathname, search } = url;
  const [username, password] = [url.username, url.password].map(decodeURIComponent);
  return { protocol, host, username, password, path: decodeURIComponent(pathname.slice(1)), search };
}

describe('URIs carry whatever a password holds', () => {
  it.each([
    ['postgresql', 'POSTGRES_URI', 'postgresql:', 'db.example.com:5432', 'user/name', 'shop', ''],
    ['postgresql', 'POSTGRES_URI_TLS', 'postgresql:', 'db.example.com:5432', 'user/name', 'shop', '?sslmode=require'],
    ['mysql', 'MYSQL_URI_TLS', 'mysql:', 'db.example.com:3306', 'user/name', 'shop', '?ssl-mode=REQUIRED'],
    ['redis', 'REDIS_URI', 'redis:', '[2001:db8::7]:6379', 'default', '3', ''],
    ['redis', 'REDIS_URI_TLS', 'rediss:', '[2001:db8::7]:6380', 'default', '3', ''],
    ['rabbitmq', 'AMQP_URI', 'amqp:', 'queue.example.com:5672', 'user@home', '/a b', ''],
    ['rabbitmq', 'AMQPS_URI', 'amqps:', 'queue.example.com:5671', 'user@home', '/a b', ''],
    ['minio', 'MC_HOST', 'https:', 'minio.example.com:9000', 'access/key', '', ''],
    ['aws-rds', 'DATABASE_URI_TLS', 'postgresql:', 'db.example.com:5432', 'app', 'shop', '?sslmode=require'],
  ])('%s %s', async (id, key, protocol, host, username, path, search) => {
    const found = parts((await valuesOf(id)).get(key));
    expect(found).toEqual({ protocol, host, username, password: RESERVED, path, search });
  });

  it.each([
    ['MONGO_URI', 'mongodb:', 'db-1.example.com:27017', '?authSource=admin&replicaSet=rs0'],
    ['MONGO_URI_TLS', 'mongodb:', 'db-1.example.com:27017', '?authSource=admin&replicaSet=rs0&tls=true'],
    ['MONGO_SRV', 'mongodb+srv:', 'db-1.example.com', '?authSource=admin&replicaSet=rs0&tls=false'],
    ['MONGO_SRV_TLS', 'mongodb+srv:', 'db-1.example.com', '?authSource=admin&replicaSet=rs0&tls=true'],
  ])('mongodb %s', async (key, protocol, host, search) => {
    const uri = (await valuesOf('mongodb')).get(key);
    const username = `user ${RESERVED}`;
    expect(parts(uri)).toEqual({ protocol, host, username, password: RESERVED, path: 'shop', search });
  });

  it('mongodb lists every member of a replica set', async () => {
    const values = await valuesOf('mongodb');
    expect(values.get('MONGO_URI')).toContain('@db-1.example.com:27017,db-2.example.com:27018/');
    expect(values.get('HOSTS')).toBe('db-1.example.com:27017,db-2.example.com:27018');
    expect(parts(values.get('MONGO_URI_ADMIN'))).toMatchObject({ username: 'root', password: `${RESERVED}admin` });
  });

  it('what is not given has no value, rather than an empty one', async () => {
    expect((await valuesOf('mongodb', { replicaSet: undefined })).has('REPLICA_SET')).toBe(false);
    expect((await valuesOf('minio', { bucket: undefined })).has('BUCKET')).toBe(false);
  });
});
