/** Lets everybody else have a turn: what waits for the event loop is done before it goes on. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
