import type { GitRequest, GitResponse } from './http.ts';
import { pktLine, pktLines } from './pkt-line.ts';
import { GitTrouble } from './port.ts';

const OID = /^[0-9a-f]{40}$/;

/** Asks for the refs that begin like the branch, so that a host that speaks version 2 need not list all others. */
const listRequest = (ref: string): string => `${pktLine('command=ls-refs\n')}0001${pktLine(`ref-prefix ${ref}\n`)}0000`;

type Ask = (request: GitRequest) => Promise<GitResponse>;

export interface Tip {
  /** Id of the last commit of the branch. */
  readonly commit: string;
  /** Where the repository answers: what was asked for, or where its host redirected to. */
  readonly repoUrl: string;
  /** Whether the host can leave out of a fetch what is not needed. */
  readonly canFilter: boolean;
}

export const SERVICE = 'git-upload-pack';
/** What the address of a repository is followed by to ask what it has. */
export const REFS = `/info/refs?service=${SERVICE}`;
const MAX_URL = 2_048;
const MAX_CAPABILITIES = 100;

/** The last commit of a branch. Two or three requests, and nothing is kept of the answers. */
export async function tipOf(ask: Ask, askedUrl: string, branch: string): Promise<Tip> {
  const ref = `refs/heads/${branch}`;
  const { repoUrl, answer } = await refsOf(ask, askedUrl);
  const capabilities = capabilitiesOf(answer);
  if (capabilities === null) return { commit: tipIn(answer, ref), repoUrl, canFilter: false };
  const { body } = await ask(version2Request(repoUrl, listRequest(ref)));
  const canFilter = capabilities.some((line) => /^fetch=(.* )?filter( |$)/.test(line));
  return { commit: tipIn(body, ref), repoUrl, canFilter };
}

/** A command of version 2 of the protocol. */
export const version2Request = (repoUrl: string, body: string): GitRequest => ({
  url: `${repoUrl}/${SERVICE}`,
  method: 'POST',
  headers: {
    'git-protocol': 'version=2',
    'content-type': `application/x-${SERVICE}-request`,
    accept: `application/x-${SERVICE}-result`,
  },
  body: Buffer.from(body),
});

/** The first request, and the only one that follows a redirect: hosts redirect renamed repositories and left-out endings. */
async function refsOf(ask: Ask, askedUrl: string): Promise<{ readonly repoUrl: string; readonly answer: Uint8Array }> {
  const request = { method: 'GET', headers: { 'git-protocol': 'version=2' }, body: null };
  const first = await ask({ ...request, url: `${askedUrl}${REFS}`, mayRedirect: true });
  if (first.location === null) return { repoUrl: askedUrl, answer: first.body };
  const repoUrl = movedWithin(askedUrl, first.location);
  const second = await ask({ ...request, url: `${repoUrl}${REFS}` });
  return { repoUrl, answer: second.body };
}

/** Where a repository moved to on its own host. Throws REDIRECT_REFUSED for every other place. */
function movedWithin(askedUrl: string, location: string): string {
  const from = new URL(`${askedUrl}${REFS}`);
  const to = location.length <= MAX_URL && URL.canParse(location, from) ? new URL(location, from) : null;
  const isSameHost = to?.protocol === from.protocol && to.host === from.host;
  const isPlain = to?.username === '' && to.password === '' && to.hash === '';
  if (!to || !isSameHost || !isPlain || !to.href.endsWith(REFS)) throw new GitTrouble('REDIRECT_REFUSED');
  return to.href.slice(0, -REFS.length);
}

function linesOf(answer: Uint8Array): Iterable<Buffer | null> {
  return {
    *[Symbol.iterator]() {
      try {
        yield* pktLines(answer);
      } catch {
        throw new GitTrouble('BAD_ANSWER');
      }
    },
  };
}

/** What a host says that it can do in version 2; null: it speaks the first version. */
function capabilitiesOf(answer: Uint8Array): readonly string[] | null {
  const lines: string[] = [];
  for (const line of linesOf(answer)) {
    lines.push((line ?? Buffer.alloc(0)).toString('latin1').trim());
    // The service's name, a marker, and then the version if there is one.
    if (lines.length === 4 && !lines.includes('version 2')) return null;
    if (lines.length > MAX_CAPABILITIES) break;
  }
  return lines.includes('version 2') ? lines : null;
}

/** Both versions list `<id> <ref>`; the first line of version 1 goes on behind a NUL. */
function tipIn(answer: Uint8Array, ref: string): string {
  const wanted = Buffer.from(` ${ref}`);
  for (const line of linesOf(answer)) {
    if (line === null || !line.subarray(40, 40 + wanted.length).equals(wanted)) continue;
    const end = line[40 + wanted.length];
    if (end !== undefined && end !== 0x0a && end !== 0 && end !== 0x20) continue;
    const oid = line.toString('latin1', 0, 40);
    if (!OID.test(oid)) throw new GitTrouble('BAD_ANSWER');
    return oid;
  }
  throw new GitTrouble('BRANCH_NOT_FOUND');
}
