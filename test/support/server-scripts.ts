import { BSON } from 'mongodb';
import type { Script } from './hostile-server.ts';

/** Servers that say what a client of their protocol wants to hear: enough for a check. */

export interface Scripted {
  readonly provider: string;
  readonly script: Script;
  /** How often it answers in one check. */
  readonly turns: number;
  /** What the check says of it as it is. MongoDB proves that it knows the password: that is as far as a script goes. */
  readonly problem: string | null;
  params(port: number): object;
}

const USER = { username: 'app', password: 'hunter2canary' };
const at = (port: number) => ({ host: '127.0.0.1', port });

const u16 = (value: number): Buffer => Buffer.from([(value >> 8) & 255, value & 255]);
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
};
const i32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value | 0);
  return bytes;
};

const message = (type: string, body: Buffer): Buffer => Buffer.concat([Buffer.from(type), u32(body.length + 4), body]);
const POSTGRESQL_READY = message('Z', Buffer.from('I'));
export const POSTGRESQL_OK = message('R', u32(0));
export const postgresqlKey = (length: number): Buffer => message('K', Buffer.alloc(length, 7));
const postgresql: Script = {
  answer(_heard, turn) {
    if (turn === 0) return Buffer.concat([POSTGRESQL_OK, postgresqlKey(8), POSTGRESQL_READY]);
    if (turn > 1) return null;
    const column = Buffer.concat([Buffer.from('a\0'), u32(0), u16(0), u32(23), u16(4), u32(-1), u16(0)]);
    return Buffer.concat([
      message('T', Buffer.concat([u16(1), column])),
      message('D', Buffer.concat([u16(1), u32(1), Buffer.from('1')])),
      message('C', Buffer.from('SELECT 1\0')),
      POSTGRESQL_READY,
    ]);
  },
};

const packet = (sequence: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from([body.length & 255, body.length >> 8, 0, sequence]), body]);
const mysqlOk = (sequence: number): Buffer => packet(sequence, Buffer.from([0, 0, 0, 2, 0, 0, 0]));
const mysqlText = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
const mysqlEnd = (sequence: number): Buffer => packet(sequence, Buffer.from([0xfe, 0, 0, 2, 0]));
const mysql: Script = {
  greeting: packet(
    0,
    Buffer.concat([
      Buffer.from('\x0a8.0.0\0\x01\0\0\0aaaaaaaa\0\xff\xf7\x21\x02\0\xff\x80\x15', 'latin1'),
      Buffer.alloc(10),
      Buffer.from('aaaaaaaaaaaa\0mysql_native_password\0'),
    ]),
  ),
  answer(_heard, turn) {
    if (turn === 0) return mysqlOk(2);
    if (turn > 1) return null;
    const names = ['def', '', '', '', 'a', ''].map(mysqlText);
    const column = Buffer.concat([...names, Buffer.from([12, 33, 0, 1, 0, 0, 0, 3, 0, 0, 0, 0, 0])]);
    const row = packet(4, mysqlText('1'));
    return Buffer.concat([packet(1, Buffer.from([1])), packet(2, column), mysqlEnd(3), row, mysqlEnd(5)]);
  },
};

const redis: Script = {
  answer(heard) {
    const commands = heard.toString('latin1').match(/\*\d+\r\n/g)?.length ?? 0;
    return Buffer.from('+OK\r\n'.repeat(commands));
  },
};

export const amqpFrame = (type: number, channel: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from([type]), u16(channel), u32(body.length), body, Buffer.from([0xce])]);
const amqpMethod = (method: number, ...parts: readonly Buffer[]): Buffer =>
  amqpFrame(1, 0, Buffer.concat([u16(10), u16(method), ...parts]));
const longText = (text: string): Buffer => Buffer.concat([u32(text.length), Buffer.from(text)]);
export const AMQP_START = amqpMethod(10, Buffer.from([0, 9]), u32(0), longText('PLAIN'), longText('en_US'));
export const AMQP_TUNE = amqpMethod(30, u16(0), u32(131_072), u16(0));
export const AMQP_OPEN_OK = amqpMethod(41, Buffer.from([0]));
const AMQP_CLOSE_OK = amqpMethod(51);
const rabbitmq: Script = {
  answer(heard, turn) {
    if (turn === 0) return AMQP_START;
    if (turn === 1) return AMQP_TUNE;
    // Tune-ok and open come together or one by one.
    const methods = [...heard.toString('latin1').matchAll(/\0\n\0([(2])/g)].map(([, sign]) => sign);
    if (methods.includes('(')) return AMQP_OPEN_OK;
    return methods.includes('2') ? AMQP_CLOSE_OK : Buffer.alloc(0);
  },
};

/** An OP_MSG whose section says that it has so many bytes; `size` null: as many as it has. */
export function mongodbAnswer(heard: Buffer, document: object, size: number | null = null): Buffer {
  const body = Buffer.from(BSON.serialize(document));
  if (size !== null) body.writeInt32LE(size | 0);
  const payload = Buffer.concat([i32(0), Buffer.from([0]), body]);
  const responseTo = heard.length >= 8 ? heard.readInt32LE(4) : 0;
  return Buffer.concat([i32(16 + payload.length), i32(1), i32(responseTo), i32(2013), payload]);
}
export const MONGODB_HELLO = {
  ok: 1,
  isWritablePrimary: true,
  helloOk: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  minWireVersion: 0,
  maxWireVersion: 25,
  saslSupportedMechs: ['admin.app'],
};
const mongodb: Script = { answer: (heard) => mongodbAnswer(heard, MONGODB_HELLO) };

const minio: Script = {
  answer: (_heard, turn) =>
    turn === 0
      ? Buffer.from(
          'HTTP/1.1 200 OK\r\ncontent-type: application/xml\r\ncontent-length: 23\r\n\r\n<LocationConstraint/>\r\n\r\n'.slice(
            0,
            -2,
          ),
        )
      : null,
};

export const SCRIPTED: readonly Scripted[] = [
  {
    provider: 'postgresql',
    script: postgresql,
    turns: 2,
    problem: null,
    params: (port) => ({ ...at(port), ...USER, database: 'shop' }),
  },
  {
    provider: 'mysql',
    script: mysql,
    turns: 2,
    problem: null,
    params: (port) => ({ ...at(port), ...USER, database: 'a' }),
  },
  { provider: 'redis', script: redis, turns: 2, problem: null, params: (port) => ({ ...at(port), ...USER }) },
  { provider: 'rabbitmq', script: rabbitmq, turns: 4, problem: null, params: (port) => ({ ...at(port), ...USER }) },
  {
    provider: 'mongodb',
    script: mongodb,
    turns: 2,
    problem: 'FAILED',
    params: (port) => ({ hosts: ['127.0.0.1'], port, ...USER, database: 'shop' }),
  },
  {
    provider: 'minio',
    script: minio,
    turns: 1,
    problem: null,
    params: (port) => ({ ...at(port), accessKey: 'access', secretKey: 'hunter2canary' }),
  },
];
