import { createHook } from 'node:async_hooks';
import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * How many promises this process makes for each of these requests, asked one after the other over one connection: from when it is
 * written until the first bytes of its answer. Something else of the process may make one meanwhile, but not each time.
 */
export async function promisesOf(url: string, requests: readonly string[]): Promise<readonly number[]> {
  let promises = 0;
  const counting = createHook({
    init(_id, type) {
      if (type === 'PROMISE') promises += 1;
    },
  });
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  const countOf = (text: string): Promise<number> =>
    new Promise((resolve) => {
      socket.once('data', () => {
        counting.disable();
        resolve(promises);
      });
      // Not in this turn, whose `await` makes one.
      setImmediate(() => {
        promises = 0;
        counting.enable();
        socket.write(text);
      });
    });
  try {
    const counts: number[] = [];
    for (const text of requests) counts.push(await countOf(text));
    return counts;
  } finally {
    counting.disable();
    socket.destroy();
  }
}
