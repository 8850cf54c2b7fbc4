/** Those who wait for their turn, the longest first. */
const waiting: (() => void)[] = [];

/** One goes on in each turn of the event loop: many that each keep to their slice of time would else hold it together. */
function next(): void {
  const goOn = waiting.shift();
  if (waiting.length > 0) setImmediate(next);
  goOn?.();
}

/** Lets everybody else have a turn: what waits for the event loop is done before it goes on. */
export const turn = (): Promise<void> =>
  new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(next);
  });
