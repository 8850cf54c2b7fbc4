import type { Worker } from 'node:worker_threads';
import { deadline } from '../kernel/deadline.ts';
import type { Limits } from '../kernel/limits.ts';
import { isPermitted } from '../net/guarded-fetch.ts';
import type { Reach } from '../net/reach.ts';
import type { FetchOrder } from './fetch-file.ts';
import { createGate } from './gate.ts';
import { type GitHttpRules, type GitRequest, type GitResponse, gitRequest } from './http.ts';
import { type GitAnswer, type GitQuestion, type GitReader, GitTrouble } from './port.ts';
import { REFS, SERVICE, tipOf } from './refs.ts';
import { startWorker } from './start-worker.ts';
import type { FromWorker, ToWorker } from './worker.ts';

export interface GitReaderDeps {
  readonly reach: Reach;
  readonly limits: Pick<Limits, 'gitDeadlineMs' | 'gitSilenceMs' | 'gitRefsBytes' | 'gitPackBytes'>;
  /** Certificates to trust instead of the system's, PEM. */
  readonly ca?: string;
}

type Ask = (request: GitRequest) => Promise<GitResponse>;
type Found = Omit<GitAnswer, 'movedTo'>;
type MayAsk = (url: string) => boolean;

const isOfRepository =
  (repoUrl: string): MayAsk =>
  (url) =>
    url === `${repoUrl}${REFS}` || url === `${repoUrl}/${SERVICE}`;

/** For the first look, in which a host may redirect from one of its repositories to another. */
function isOfHost(repoUrl: string): MayAsk {
  const { origin } = new URL(repoUrl);
  return (url) => url.startsWith(`${origin}/`) && (url.endsWith(REFS) || url.endsWith(`/${SERVICE}`));
}

/** Objects in one commit of a repository: files and folders. */
const MAX_OBJECTS = 200_000;
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
  function within<T>(
    question: GitQuestion,
    mayAsk: MayAsk,
    use: (ask: Ask, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { signal, end } = deadline(limits.gitDeadlineMs, [question.signal]);
    const ask = askerFor(question, mayAsk, { reach, ca, silenceMs: limits.gitSilenceMs, signal });
    return use(ask, signal).finally(end);
  }

  async function read(question: GitQuestion): Promise<GitAnswer> {
    const { repoUrl, branch, known, last, filePath, fileBytes, signers } = question;
    const tip = await looks(question.signal, () =>
      within(question, isOfHost(repoUrl), (ask) => tipOf(ask, repoUrl, branch)),
    );
    const movedTo = tip.repoUrl === repoUrl ? null : tip.repoUrl;
    if (tip.commit === known) return { commit: tip.commit, file: null, rewritten: false, movedTo };
    const bounds = { unpackedBytes: limits.gitPackBytes * UNPACKED_FACTOR, objects: MAX_OBJECTS };
    const order = { ...tip, branch, last, signers, filePath, fileBytes, ...bounds };
    const answer = await workers(question.signal, () =>
      within(question, isOfRepository(tip.repoUrl), (ask, signal) => inWorker(order, ask, signal)),
    );
    return { ...answer, movedTo };
  }

  /** Asks nothing but what fetching from this one host takes, and tells the credentials to nobody else. */
  function askerFor({ login, repoUrl }: GitQuestion, mayAsk: MayAsk, rules: GitHttpRules): Ask {
    const basic = login && Buffer.from(`${login.login}:${login.token.reveal()}`).toString('base64');
    const base = login?.baseUrl ?? new URL(repoUrl).origin;
    return (request) => {
      if (!mayAsk(request.url)) return Promise.reject(new GitTrouble('HOST_REFUSED'));
      const isShown = basic && request.url.startsWith(`${base}/`);
      const headers = { ...request.headers, ...(isShown ? { authorization: `Basic ${basic}` } : {}) };
      const maxBytes = request.url.endsWith(REFS) ? limits.gitRefsBytes : limits.gitPackBytes;
      return gitRequest({ ...request, headers }, maxBytes, rules);
    };
  }

  return {
    read,
    mayAsk: (url) => isPermitted(url, reach),
  };
}

function inWorker(order: FetchOrder, ask: Ask, signal: AbortSignal): Promise<Found> {
  const worker = startWorker(order);
  let file: { readonly commit: string; readonly file: Uint8Array } | null = null;
  const answer = new Promise<Found>((resolve, reject) => {
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
