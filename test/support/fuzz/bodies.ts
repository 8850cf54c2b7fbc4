import { Agent, request } from 'node:http';
import { anything, bytesOf, paramsOf, type Random, randomOf } from './random.ts';

export interface Target {
  readonly url: string;
  readonly tokens: readonly string[];
}

export interface Shot {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  /** Goes away in the middle of it. */
  readonly leaves: boolean;
}

function shotOf(random: Random, tokens: readonly string[]): Shot {
  const method = random.chance(0.85) ? 'POST' : random.pick(['GET', 'PUT', 'DELETE', 'OPTIONS', 'HEAD']);
  const text = JSON.stringify(random.chance(0.9) ? paramsOf(random) : anything(random)) ?? '';
  const search =
    method === 'GET'
      ? `?query=${encodeURIComponent('{ viewer { id } }')}&variables=${encodeURIComponent(text.slice(0, 500))}`
      : '';
  const type = random.chance(0.85)
    ? 'application/json'
    : random.pick(['text/plain', 'application/graphql', 'multipart/form-data', 'application/json; charset=latin1']);
  return {
    method,
    path: `${random.chance(0.9) ? '/graphql' : random.pick(['/graphql/', '/', '/healthz', '/hooks/git/%00', '/%2e%2e/graphql'])}${search}`,
    headers: {
      ...(random.chance(0.95) ? { authorization: `Bearer ${random.pick(tokens)}` } : {}),
      ...(method === 'GET' ? {} : { 'content-type': type }),
      accept: random.pick(['application/json', 'application/graphql-response+json', 'text/event-stream', '*/*']),
      ...(random.chance(0.1) ? { 'last-event-id': Buffer.from(text).toString('base64').slice(0, 60) } : {}),
    },
    body: method === 'POST' || method === 'PUT' ? bytesOf(random, text) : null,
    leaves: random.chance(0.05),
  };
}

/** The status of the answer; 0: there was none. Streams are left as soon as they begin. */
function shoot({ url }: Target, agent: Agent, { method, path, headers, body, leaves }: Shot): Promise<number> {
  return new Promise((resolve) => {
    const sent = request(
      url,
      { method, path, agent, headers: { ...headers, ...(body ? { 'content-length': body.length } : {}) } },
      (response) => {
        const status = response.statusCode ?? 0;
        response.on('error', () => resolve(status));
        response.on('close', () => resolve(status));
        if (response.headers['content-type']?.includes('event-stream')) response.once('data', () => response.destroy());
        else response.resume();
      },
    );
    sent.on('error', () => resolve(0));
    if (body !== null && leaves) {
      sent.write(body.subarray(0, body.length >> 1));
      setTimeout(() => sent.destroy(), 5);
    } else sent.end(body ?? undefined);
  });
}

/** Sends so many, sixteen at a time, and answers how many of each status came back. */
export async function shootAll(
  target: Target,
  agent: Agent,
  count: number,
  next: () => Shot,
): Promise<ReadonlyMap<number, number>> {
  const statuses = new Map<number, number>();
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const status = await shoot(target, agent, next());
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  agent.destroy();
  return statuses;
}

/** Sends so many bodies and answers how many of each status came back. */
export function sendBodies(target: Target, count: number, seed: number): Promise<ReadonlyMap<number, number>> {
  const random = randomOf(seed);
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  return shootAll(target, agent, count, () => shotOf(random, target.tokens));
}
