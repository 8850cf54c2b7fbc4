import WebSocket from 'ws';
import { anything, bytesOf, paramsOf, type Random, randomOf, textOf } from './random.ts';

const TYPES = [
  'subscribe',
  'subscribe',
  'subscribe',
  'subscribe',
  'complete',
  'ping',
  'pong',
  'connection_init',
  'next',
  'error',
  'nonsense',
];

/** Ids that come again, so that one may be given twice; of signs of three bytes, longer than a close frame can hold. */
const idOf = (random: Random): unknown =>
  random.chance(0.1) ? anything(random) : random.pick(['1', '語'.repeat(60), '😀'.repeat(49), textOf(random, 30)]);

function messageOf(random: Random, token: string): object {
  const type = random.pick(TYPES);
  if (type === 'connection_init')
    return { type, payload: random.chance(0.5) ? { authorization: `Bearer ${token}` } : anything(random) };
  if (type === 'subscribe')
    return { type, id: idOf(random), payload: random.chance(0.9) ? paramsOf(random) : anything(random) };
  return { type, id: idOf(random), payload: anything(random) };
}

/** One connection: says a few things and leaves, by its own will or not. Answers how much it said and why it was closed. */
function connection(
  url: string,
  random: Random,
  token: string,
): Promise<{ readonly said: number; readonly code: number }> {
  return new Promise((resolve) => {
    const ws = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    let said = 0;
    ws.on('error', () => {});
    ws.on('close', (code) => resolve({ said, code }));
    ws.on('open', () => {
      if (random.chance(0.9))
        ws.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }));
      const count = 5 + random.below(40);
      const say = (): void => {
        if (ws.readyState !== WebSocket.OPEN) return;
        if (said >= count) {
          if (random.chance(0.2)) ws.terminate();
          else ws.close();
          return;
        }
        said += 1;
        const bytes = bytesOf(random, JSON.stringify(messageOf(random, token)));
        ws.send(bytes, { binary: random.chance(0.02) });
        setImmediate(say);
      };
      // After the answer to the first message, mostly.
      if (random.chance(0.8)) ws.once('message', say);
      else say();
    });
  });
}

/** Says so much over as many connections as it takes; answers how many were closed with each code. */
export async function sayMessages(
  url: string,
  tokens: readonly string[],
  count: number,
  seed: number,
): Promise<ReadonlyMap<number, number>> {
  const random = randomOf(seed);
  const codes = new Map<number, number>();
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      const { said, code } = await connection(url, random, random.pick(tokens));
      left -= Math.max(1, said);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 12 }, worker));
  return codes;
}
