import git from 'isomorphic-git';
import type { GitRequest, GitResponse } from './http.ts';
import { createMemoryFs } from './memory-fs.ts';
import { checkPack, type PackLimits } from './pack-check.ts';
import { fetchPack, type PackOrder } from './partial-fetch.ts';
import { GitTrouble } from './port.ts';
import { isCommitSigned } from './signed-commit.ts';

export interface FetchOrder extends PackLimits {
  readonly repoUrl: string;
  readonly branch: string;
  /** Id of the branch's last commit. */
  readonly commit: string;
  /** Whether the host can leave out of a fetch what is not needed. */
  readonly canFilter: boolean;
  readonly filePath: string;
  readonly last: string | null;
  readonly signers: readonly string[];
  readonly fileBytes: number;
}

type Ask = (request: GitRequest) => Promise<GitResponse>;
type Http = Parameters<typeof git.fetch>[0]['http'];

const GITDIR = '/repository';
/** How many generations are looked at for the commit that was read last, in turn. */
const GENERATIONS = [1, 20, 200] as const;

/** The network as isomorphic-git asks for it. */
const httpOver = (ask: Ask): Http => ({
  async request({ url, method = 'GET', headers = {}, body }) {
    const parts: Uint8Array[] = [];
    if (body) for await (const part of body) parts.push(part);
    const answer = await ask({ url, method, headers, body: parts.length > 0 ? Buffer.concat(parts) : null });
    return {
      url,
      method,
      statusCode: answer.status,
      statusMessage: '',
      headers: { 'content-type': answer.contentType },
      body: bodyOf(answer.body),
    };
  },
});

async function* bodyOf(bytes: Uint8Array): AsyncIterableIterator<Uint8Array> {
  yield bytes;
}

type Place = Pick<Parameters<typeof git.fetch>[0], 'fs' | 'cache'> & { readonly gitdir: string };

/** How what is needed of a repository comes into memory. */
interface Source {
  /** Fetches so many generations of commits and gives the branch's last one; of one generation the folders too. */
  fetchTo(depth: number): Promise<string>;
  /** Sees to it that the content of a file is there. */
  fetchFile(oid: string): Promise<void>;
}

/** Everything of the branch's last commit, by hosts that cannot leave anything out. */
async function wholeSource({ repoUrl: url, branch }: FetchOrder, ask: Ask, at: Place): Promise<Source> {
  const ref = `refs/heads/${branch}`;
  const http = httpOver(ask);
  await git.addRemote({ ...at, remote: 'origin', url });
  return {
    async fetchTo(depth) {
      const options = { url, remote: 'origin', ref, remoteRef: ref, singleBranch: true, tags: false, depth };
      const { fetchHead } = await git.fetch({ ...at, http, ...options, headers: {} }).catch((error: unknown) => {
        // It was there a moment ago.
        throw codeOf(error) === 'NotFoundError' ? new GitTrouble('BRANCH_NOT_FOUND') : error;
      });
      if (!fetchHead) throw new GitTrouble('BRANCH_NOT_FOUND');
      await git.writeRef({ ...at, ref, value: fetchHead, force: true });
      return fetchHead;
    },
    async fetchFile() {},
  };
}

/** Commits and folders, and of files only the one that is asked for: a large repository with a small file costs little. */
function partialSource({ repoUrl, commit }: FetchOrder, ask: Ask, at: Place): Source {
  let packs = 0;
  async function fetch(order: PackOrder): Promise<void> {
    const pack = await fetchPack(ask, repoUrl, order);
    packs += 1;
    const filepath = `objects/pack/pack-${packs}.pack`;
    await (at.fs as ReturnType<typeof createMemoryFs>).promises.writeFile(`${GITDIR}/${filepath}`, pack);
    // Names objects by what is in them: whatever the host sent instead of what was wanted is not found.
    await git.indexPack({ ...at, dir: GITDIR, filepath });
  }
  return {
    async fetchTo(depth) {
      await fetch({ want: commit, depth, filter: depth === 1 ? 'blob:none' : 'tree:0' });
      return commit;
    },
    fetchFile: (oid) => fetch({ want: oid, depth: null, filter: null }),
  };
}

/** The first source that works: what cannot be had in part is fetched whole. */
async function firstFetch(order: FetchOrder, ask: Ask, at: Place): Promise<{ source: Source; commit: string }> {
  if (order.canFilter) {
    const source = partialSource(order, ask, at);
    const commit = await source.fetchTo(1).catch((error: unknown) => {
      const { reason } = asTrouble(error);
      if (reason === 'BAD_ANSWER' || reason === 'HOST_FAILED') return null;
      throw error;
    });
    if (commit !== null) return { source, commit };
  }
  const source = await wholeSource(order, ask, at);
  return { source, commit: await source.fetchTo(1) };
}

/** Fetches the last commit of a branch into memory and takes one file out of it. All of it is CPU work but for `ask`. */
export async function openRepository(order: FetchOrder, ask: Ask) {
  const { filePath, fileBytes, signers } = order;
  const fs = createMemoryFs((path, bytes) => {
    if (path.endsWith('.pack')) checkPack(bytes, order);
  });
  const at = { fs, gitdir: GITDIR, cache: {} };
  await git.init({ ...at, bare: true });
  const { source, commit } = await firstFetch(order, ask, at);

  async function requireSigned(oid: string): Promise<void> {
    if (signers.length === 0) return;
    const { object } = await git.readObject({ ...at, oid, format: 'content' });
    if (!(object instanceof Uint8Array && isCommitSigned(object, signers))) {
      throw new GitTrouble('COMMIT_NOT_SIGNED', oid);
    }
  }

  /** Follows names exactly as they are written; neither links nor other repositories. */
  async function fileOf(commit: string): Promise<Uint8Array> {
    const names = filePath.slice(1).split('/');
    let oid = commit;
    for (const [i, name] of names.entries()) {
      const { tree } = await git.readTree({ ...at, oid });
      const [entry, another] = tree.filter(({ path }) => path === name);
      if (!entry) throw new GitTrouble('FILE_NOT_FOUND', commit);
      const isLast = i === names.length - 1;
      const isRight = isLast ? entry.type === 'blob' && entry.mode.startsWith('100') : entry.type === 'tree';
      if (another || !isRight) throw new GitTrouble('FILE_NOT_REGULAR', commit);
      oid = entry.oid;
    }
    await source.fetchFile(oid).catch((error: unknown) => {
      throw asTrouble(error).reason === 'REPOSITORY_TOO_LARGE' ? new GitTrouble('FILE_TOO_LARGE', commit) : error;
    });
    const { blob } = await git.readBlob({ ...at, oid });
    if (blob.byteLength > fileBytes) throw new GitTrouble('FILE_TOO_LARGE', commit);
    return blob;
  }

  /** Whether `last` is among the ancestors that are here; `whole`: there are no others. */
  async function look(tip: string, last: string): Promise<{ readonly found: boolean; readonly whole: boolean }> {
    const seen = new Set([tip]);
    let whole = true;
    for (const oid of seen) {
      if (oid === last) return { found: true, whole };
      const parents = await git.readCommit({ ...at, oid }).then(
        ({ commit }) => commit.parent,
        () => null,
      );
      if (parents === null) whole = false;
      else for (const parent of parents) seen.add(parent);
    }
    return { found: false, whole };
  }

  /** False as well when it would take too much to find out. */
  async function descendsFrom(last: string, tip: string): Promise<boolean> {
    for (const depth of GENERATIONS) {
      if (depth > 1) await source.fetchTo(depth);
      const { found, whole } = await look(tip, last);
      if (found || whole) return found;
    }
    return false;
  }

  await requireSigned(commit);
  return { commit, file: () => fileOf(commit), descendsFrom: (last: string) => descendsFrom(last, commit) };
}

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown } | null)?.code;

/** What isomorphic-git throws comes of what it was given. */
export const asTrouble = (error: unknown): GitTrouble =>
  error instanceof GitTrouble ? error : new GitTrouble('BAD_ANSWER');
