import type { Worker } from 'node:worker_threads';
import { deadline } from '../kernel/deadline.ts';
import type { Limits } from '../kernel/limits.ts';
import { permitted } from '../net/guarded-fetch.ts';
import type { Reach } from '../net/reach.ts';
import type { FetchOrder } from './fetch-file.ts';
import { createGate } from './gate.ts';
import { type GitHttpRules, type GitRequest, type GitResponse, gitRequest } from './http.ts';
import { type GitAnswer, type GitQuestion, type GitReader, GitTrouble } from './port.ts';
import { tipOf } from './refs.ts';
import { startWorker } from './start-worker.ts';
import type { FromWorker, ToWorker } from './worker.ts';

export interface GitReaderDeps {
  readonly reach: Reach;
  readonly limits: Pick<
    Limits,
    'gitDeadlineMs' | 'gitSilenceMs' | 'gitRefsBytes' | 'gitPackBytes' | 'globalSecretBytes'
  >;
  /** Certificates to trust instead of the system's, PEM. */
  readonly ca?: string;
}

type Ask = (request: GitRequest) => Promise<GitResponse>;

/** Objects in one commit of a repository: files and folders. */
const MOST_OBJECTS = 200_000;
/** Unpacked, a pack takes several times its bytes. */
const UNPACKED_FACTOR = 8;
/** At work at once: each may take some hundred megabytes. */
const WORKERS = 2;
/** Asked at once: each answer may take some megabytes. */
const LOOKS = 16;

/** Reads files of repositories over https: the network here, under the operator's rules; what comes over it in a worker of its own. */
export function createGitReader({ reach, limits, ca }: GitReaderDeps): GitReader {
  const looks = createGate(LOOKS);
  const workers = createGate(WORKERS);

  /** Looking and fetching have the same time each; waiting for one's turn is not the host's fault and does not count. */
  function within<T>(question: GitQuestion, use: (ask: Ask, signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal, end } = deadline(limits.gitDeadlineMs, [question.signal]);
    const ask = askerFor(question, { reach, ca, silenceMs: limits.gitSilenceMs, signal });
    return use(ask, signal).finally(end);
  }

  async function read(question: GitQuestion): Promise<GitAnswer> {
    const { repoUrl, branch, known, last, filePath, signers } = question;
    const tip = await looks(question.signal, () => within(question, (ask) => tipOf(ask, repoUrl, branch)));
    if (tip === known) return { commit: tip, file: null, rewritten: false };
    const { gitPackBytes, globalSecretBytes } = limits;
    const bounds = { unpackedBytes: gitPackBytes * UNPACKED_FACTOR, objects: MOST_OBJECTS };
    // In base64 a file takes a third more, and JSON has its own marks.
    const order = { repoUrl, branch, last, signers, filePath, fileBytes: globalSecretBytes * 2, ...bounds };
    return workers(question.signal, () => within(question, (ask, signal) => inWorker(order, ask, signal)));
  }

  /** Asks nothing but what fetching from this one repository takes, and tells the credentials to nobody else. */
  function askerFor({ repoUrl, login }: GitQuestion, rules: GitHttpRules): Ask {
    const refs = `${repoUrl}/info/refs?service=git-upload-pack`;
    const pack = `${repoUrl}/git-upload-pack`;
    const basic = login && Buffer.from(`${login.login}:${login.token.reveal()}`).toString('base64');
    return (request) => {
      if (request.url !== refs && request.url !== pack) return Promise.reject(new GitTrouble('HOST_REFUSED'));
      const headers = { ...request.headers, ...(basic ? { authorization: `Basic ${basic}` } : {}) };
      const mostBytes = request.url === refs ? limits.gitRefsBytes : limits.gitPackBytes;
      return gitRequest({ ...request, headers }, mostBytes, rules);
    };
  }

  return {
    read,
    mayAsk(url) {
      try {
        permitted(url, reach);
        return true;
      } catch {
        return false;
      }
    },
  };
}

function inWorker(order: FetchOrder, ask: Ask, signal: AbortSignal): Promise<GitAnswer> {
  const worker = startWorker(order);
  let file: { readonly commit: string; readonly file: Uint8Array } | null = null;
  const answer = new Promise<GitAnswer>((resolve, reject) => {
    const late = (): void => {
      // The file is here; only how its commit came about could not be told in time.
      if (file) resolve({ ...file, rewritten: order.last !== null });
      else reject(new GitTrouble('TIMED_OUT'));
    };
    signal.addEventListener('abort', late, { once: true });
    if (signal.aborted) late();
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ask') void forward(worker, ask, message.id, message.request);
      else if (message.kind === 'file') file = { commit: message.commit, file: message.file };
      else if (message.kind === 'trouble') reject(new GitTrouble(message.reason, message.commit));
      else if (file) resolve({ ...file, rewritten: message.rewritten });
    });
    // Out of memory, or a fault of the library on what it was given.
    worker.on('error', () => reject(new GitTrouble('BAD_ANSWER')));
    worker.on('exit', () => reject(new GitTrouble('BAD_ANSWER')));
  });
  return answer.finally(() => void worker.terminate());
}

async function forward(worker: Worker, ask: Ask, id: number, request: GitRequest): Promise<void> {
  const answer = await ask(request).then(
    (response): ToWorker => ({ id, response }),
    (error: unknown): ToWorker => ({ id, reason: error instanceof GitTrouble ? error.reason : 'BAD_ANSWER' }),
  );
  worker.postMessage(answer);
}
