import { connect, type Socket } from 'node:net';

/** What a load process is told, as JSON in its first argument. */
export interface LoadOrder {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly connections: number;
  readonly seconds: number;
  /** What every answer must hold, so that a fast refusal does not count as speed. */
  readonly expect: string;
}

export interface LoadReport {
  readonly answers: number;
  readonly seconds: number;
}

// Plain sockets and prepared bytes: a full client would cost more than the servers it measures.
function requestBytes({ url, headers, body }: LoadOrder): Buffer {
  const { host, pathname } = new URL(url);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n${lines.join('')}`;
  return Buffer.from(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

/** Whether the text holds one whole answer. */
function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /content-length: (\d+)/i.exec(text.slice(0, end))?.[1];
  return length === undefined ? text.endsWith('0\r\n\r\n') : text.length - end - 4 >= Number(length);
}

function check(text: string, order: LoadOrder): void {
  if (text.startsWith('HTTP/1.1 200 ') && text.includes(order.expect)) return;
  throw new Error(`Not the expected answer: ${text.slice(0, 300)}`);
}

function keepAsking(socket: Socket, bytes: Buffer, order: LoadOrder, onAnswer: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('The server closed a connection')));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (!isWhole(text)) return;
      try {
        check(text, order);
      } catch (error) {
        return reject(error);
      }
      text = '';
      if (onAnswer()) socket.write(bytes);
      else resolve();
    });
    socket.write(bytes);
  });
}

async function run(order: LoadOrder): Promise<LoadReport> {
  const { hostname, port } = new URL(order.url);
  const bytes = requestBytes(order);
  const sockets = Array.from({ length: order.connections }, () => connect(Number(port), hostname).setNoDelay(true));
  const startedAt = performance.now();
  const endAt = startedAt + order.seconds * 1_000;
  let answers = 0;
  const onAnswer = (): boolean => {
    answers += 1;
    return performance.now() < endAt;
  };
  await Promise.all(sockets.map((socket) => keepAsking(socket, bytes, order, onAnswer)));
  const seconds = (performance.now() - startedAt) / 1_000;
  for (const socket of sockets) socket.removeAllListeners('close').destroy();
  return { answers, seconds };
}

const report = await run(JSON.parse(process.argv[2] ?? '') as LoadOrder);
process.stdout.write(`${JSON.stringify(report)}\n`);
