import { parentPort, workerData } from 'node:worker_threads';
import { asTrouble, type FetchOrder, openRepository } from './fetch-file.ts';
import type { GitRequest, GitResponse } from './http.ts';
import { type GitReason, GitTrouble } from './port.ts';

/** Reads one file out of one repository, apart from the gateway: it has no network of its own and asks for every request. */

export type FromWorker =
  | { readonly kind: 'ask'; readonly id: number; readonly request: GitRequest }
  | { readonly kind: 'file'; readonly commit: string; readonly file: Uint8Array }
  | { readonly kind: 'done'; readonly rewritten: boolean }
  | { readonly kind: 'trouble'; readonly reason: GitReason; readonly commit: string | null };

export type ToWorker =
  | { readonly id: number; readonly response: GitResponse }
  | { readonly id: number; readonly reason: GitReason };

const port = parentPort;
if (port) void work((message) => port.postMessage(message));

async function work(say: (message: FromWorker) => void): Promise<void> {
  const waiting = new Map<number, { resolve: (response: GitResponse) => void; reject: (error: Error) => void }>();
  parentPort?.on('message', (answer: ToWorker) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('response' in answer) asked?.resolve(answer.response);
    else asked?.reject(new GitTrouble(answer.reason));
  });
  let asked = 0;
  const ask = (request: GitRequest): Promise<GitResponse> =>
    new Promise((resolve, reject) => {
      asked += 1;
      waiting.set(asked, { resolve, reject });
      say({ kind: 'ask', id: asked, request });
    });
  const order = workerData as FetchOrder;
  try {
    const repository = await openRepository(order, ask);
    say({ kind: 'file', commit: repository.commit, file: await repository.file() });
    const { last } = order;
    // When it cannot be told, it counts as rewritten: nobody is to be calmed wrongly.
    const rewritten = last !== null && !(await repository.descendsFrom(last).catch(() => false));
    say({ kind: 'done', rewritten });
  } catch (error) {
    const { reason, commit } = asTrouble(error);
    say({ kind: 'trouble', reason, commit });
  } finally {
    parentPort?.close();
  }
}
