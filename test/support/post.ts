import { Agent, request } from 'node:http';

/**
 * A kernel keeps 511 connections that nobody has taken yet. It forgets more than that half open, and resets them when they speak: a test
 * of a thousand requests at once failed on busy machines.
 */
const MAX_CONNECTIONS = 500;
const agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });

export interface Posted {
  readonly status: number;
  readonly text: string;
}

/** One POST over connections that are kept: most of what tests ask, and `fetch` takes several times its processor time. */
export function post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Posted> {
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      agent,
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    });
    asked.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
      );
    });
    asked.on('error', (error: NodeJS.ErrnoException) => {
      // The server had closed the connection as one that was not used; it has seen nothing of this.
      if (asked.reusedSocket && error.code === 'ECONNRESET') resolve(post(url, headers, body));
      else reject(error);
    });
    asked.end(body);
  });
}
