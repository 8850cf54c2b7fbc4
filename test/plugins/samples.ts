/** Text in which everything is that a URI keeps for itself, and more. */
export const RESERVED = `p:/?#[]@!$&'()*+,;=%25 "<>\\^\`{|}~ä€😀`;

interface Sample {
  readonly params: object;
  readonly bad: object;
}

/** For each plugin: parameters that give every key a value (or, of external ones, are merely good), and bad ones. */
export const SAMPLES: ReadonlyMap<string, Sample> = new Map<string, Sample>([
  [
    'mongodb',
    {
      params: {
        hosts: ['db-1.example.com', 'db-2.example.com:27018'],
        replicaSet: 'rs0',
        database: 'shop',
        username: `user ${RESERVED}`,
        password: RESERVED,
        adminUsername: 'root',
        adminPassword: `${RESERVED}admin`,
      },
      bad: { hosts: [], database: '', username: 'a', password: 'hunter2canary', port: 'hunter2canary' },
    },
  ],
  ...['postgresql', 'mysql'].map((id): readonly [string, Sample] => [
    id,
    {
      params: {
        host: 'db.example.com',
        database: 'shop',
        username: 'user/name',
        password: RESERVED,
        adminUsername: 'root',
        adminPassword: `${RESERVED}admin`,
      },
      bad: { host: 'a/hunter2canary', database: 'd', username: 'u', password: '' },
    },
  ]),
  [
    'redis',
    {
      params: { host: '2001:db8::7', tlsPort: 6380, password: RESERVED, database: 3 },
      bad: { host: 'a b', password: 'hunter2canary', more: 'hunter2canary' },
    },
  ],
  [
    'rabbitmq',
    {
      params: { host: 'queue.example.com', vhost: '/a b', username: 'user@home', password: RESERVED },
      bad: { host: 'queue', username: 'u', password: 'hunter2canary', port: 0 },
    },
  ],
  [
    'minio',
    {
      params: {
        host: 'minio.example.com',
        bucket: 'my-bucket',
        accessKey: 'access/key',
        secretKey: RESERVED,
        tls: true,
      },
      bad: { host: 'minio', accessKey: 'abc', secretKey: 'short', bucket: 'Hunter2canary' },
    },
  ],
  [
    'aws-rds',
    {
      params: { engine: 'postgres', endpoint: 'db.example.com', database: 'shop', username: 'app', password: RESERVED },
      bad: { engine: 'hunter2canary', endpoint: 'db', database: 'd', username: 'u', password: 'p' },
    },
  ],
  [
    'http-json',
    {
      params: { url: 'https://config.example.com/a.json', pointers: ['/a~1b/0'], authorization: 'Bearer x' },
      bad: { url: 'https://user:hunter2canary@config.example.com/', pointers: ['a'] },
    },
  ],
  [
    'vault-kv',
    {
      params: { address: 'https://vault.example.com', path: 'apps/shop', fields: ['password'], token: 's.token' },
      bad: { address: 'ftp://vault', path: 'a/../b', token: 'hunter2canary with space' },
    },
  ],
]);
