import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Running } from './keyloom.ts';
import type { ListenAsk, ListenOrder, Round } from './listeners.ts';

/** Each follows a service of its own, `svc-<number>`. */
const QUERY = `subscription ($service: ID!, $after: Cursor) {
  environmentChanged(project: "default-project", workload: { kind: SERVICE, id: $service }, after: $after) {
    ... on EnvironmentEvent { cursor seq digest variables { added removed changed } } } }`;

/** Listeners in a process of their own. */
export interface Crowd {
  /** `body`: a mutation, in which `ROUND` becomes another text each time. */
  publish(body: string, rounds: number): Promise<readonly Round[]>;
  stop(): void;
}

/** All of them, connected. */
export async function crowdOf({ url, token }: Running, listeners: number): Promise<Crowd> {
  const order: ListenOrder = { url, token, query: QUERY, listeners, stalled: 0, after: null, own: true };
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/bench/listeners.ts', JSON.stringify(order)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<unknown> => JSON.parse((await lines.next()).value ?? 'null');
  await answer();
  return {
    async publish(body, rounds) {
      const ask: ListenAsk = { do: 'publish', body, rounds };
      child.stdin.write(`${JSON.stringify(ask)}\n`);
      return ((await answer()) as { readonly rounds: readonly Round[] }).rounds;
    },
    stop: () => child.kill(),
  };
}
