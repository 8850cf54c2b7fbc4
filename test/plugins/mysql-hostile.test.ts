import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, startPlugin } from '../support/plugin-host.ts';

const packet = (sequence: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from([body.length & 255, body.length >> 8, 0, sequence]), body]);

/** Version 10, capabilities as wide as they come, 20 bytes to prove a password with. */
const GREETING = packet(
  0,
  Buffer.concat([
    Buffer.from('\x0a8.0.0\0\x01\0\0\0aaaaaaaa\0\xff\xf7\x21\x02\0\xff\x81\x15', 'latin1'),
    Buffer.alloc(10),
    Buffer.from('aaaaaaaaaaaa\0mysql_native_password\0'),
  ]),
);
const ok = (sequence: number): Buffer => packet(sequence, Buffer.from([0, 0, 0, 2, 0, 0, 0]));
/** The answer to any query: send me this file first. */
const SEND_FILE = packet(1, Buffer.from('\xfbpackage.json', 'latin1'));
const LOCAL_FILES = 0x80;

describe('a hostile MySQL server', () => {
  const heard: Buffer[] = [];
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      heard.push(data);
      if (heard.length === 1) socket.write(ok(2));
      if (heard.length === 2) socket.write(SEND_FILE);
      if (heard.length === 3) socket.write(ok(3));
    });
    socket.write(GREETING);
  });
  beforeAll(() => new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready)));
  afterAll(() => new Promise<void>((closed) => server.close(() => closed())));

  it('is not sent the files that it asks for', async () => {
    const plugin = await startPlugin('mysql');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const params = plugin.params({ host: '127.0.0.1', port, database: 'shop', username: 'app', password: 'p' });
    expect(await codeOf(plugin.check({ params }))).toBe('FAILED');
    const [login, query] = heard;
    expect((login?.readUInt32LE(4) ?? LOCAL_FILES) & LOCAL_FILES).toBe(0);
    expect(query?.toString('latin1')).toContain('SELECT 1');
    expect(Buffer.concat(heard).toString('latin1')).not.toContain('keyloom');
  });
});
