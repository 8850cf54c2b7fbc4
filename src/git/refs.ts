import type { GitRequest, GitResponse } from './http.ts';
import { pktLine, pktLines } from './pkt-line.ts';
import { GitTrouble } from './port.ts';

const OID = /^[0-9a-f]{40}$/;

/** Asks for the refs that begin like the branch, so that a host that speaks version 2 need not list all others. */
const listRequest = (ref: string): string => `${pktLine('command=ls-refs\n')}0001${pktLine(`ref-prefix ${ref}\n`)}0000`;

/** Id of the last commit of a branch. One or two requests, and nothing is kept of the answer. */
export async function tipOf(
  ask: (request: GitRequest) => Promise<GitResponse>,
  repoUrl: string,
  branch: string,
): Promise<string> {
  const ref = `refs/heads/${branch}`;
  const service = 'git-upload-pack';
  const first = await ask({
    url: `${repoUrl}/info/refs?service=${service}`,
    method: 'GET',
    headers: { 'git-protocol': 'version=2' },
    body: null,
  });
  const lines = first.body;
  if (!isVersion2(lines)) return tipIn(lines, ref);
  const second = await ask({
    url: `${repoUrl}/${service}`,
    method: 'POST',
    headers: {
      'git-protocol': 'version=2',
      'content-type': `application/x-${service}-request`,
      accept: `application/x-${service}-result`,
    },
    body: Buffer.from(listRequest(ref)),
  });
  return tipIn(second.body, ref);
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

function isVersion2(answer: Uint8Array): boolean {
  let seen = 0;
  for (const line of linesOf(answer)) {
    if (line?.toString('latin1').trim() === 'version 2') return true;
    seen += 1;
    // The service's name, a marker, and then the version if there is one.
    if (seen > 3) break;
  }
  return false;
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
