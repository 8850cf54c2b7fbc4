import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// What a server that does nothing takes to answer on the same machine in the same seconds.
const server = createServer((_request, response) => void response.end('{"status":"ok"}'));
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
