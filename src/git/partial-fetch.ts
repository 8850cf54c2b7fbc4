import type { GitRequest, GitResponse } from './http.ts';
import { pktLine, pktLines } from './pkt-line.ts';
import { GitTrouble } from './port.ts';
import { version2Request } from './refs.ts';

type Ask = (request: GitRequest) => Promise<GitResponse>;

export interface PackOrder {
  /** Id of the object that is wanted. */
  readonly want: string;
  /** Generations of commits; null for what is no commit. */
  readonly depth: number | null;
  /** What to leave out: all files, or all folders and files; null: nothing. */
  readonly filter: 'blob:none' | 'tree:0' | null;
}

/** Side bands: the pack itself, words for people, words for people about a fault. */
const PACK = 1;
const FAULT = 3;

/** A pack with one object and what belongs to it, by version 2 of the protocol. Throws BAD_ANSWER when there is none. */
export async function fetchPack(ask: Ask, repoUrl: string, { want, depth, filter }: PackOrder): Promise<Uint8Array> {
  const options = [
    'no-progress',
    'ofs-delta',
    ...(depth === null ? [] : [`deepen ${depth}`]),
    ...(filter === null ? [] : [`filter ${filter}`]),
    `want ${want}`,
    'done',
  ];
  const lines = options.map((option) => pktLine(`${option}\n`)).join('');
  const { body } = await ask(version2Request(repoUrl, `${pktLine('command=fetch\n')}0001${lines}0000`));
  return packIn(body);
}

function packIn(answer: Uint8Array): Uint8Array {
  const parts: Buffer[] = [];
  let isPack = false;
  try {
    for (const line of pktLines(answer)) {
      if (!isPack) isPack = line?.toString('latin1') === 'packfile\n';
      else if (line?.[0] === PACK) parts.push(line.subarray(1));
      else if (line?.[0] === FAULT) throw new GitTrouble('BAD_ANSWER');
    }
  } catch {
    throw new GitTrouble('BAD_ANSWER');
  }
  if (parts.length === 0) throw new GitTrouble('BAD_ANSWER');
  return Buffer.concat(parts);
}
