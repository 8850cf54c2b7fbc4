import { AppError, integrity, invalidInput } from '../kernel/errors.ts';
import type { PageRequest } from '../kernel/page.ts';
import type { Commit, Seq } from './port.ts';

/**
 * Commits read after `seq` must follow it. Where they do not, the log was either cut on purpose (then the team's head knows
 * where it begins: HISTORY_EXPIRED) or damaged (INTEGRITY). Whoever cuts keeps at least the last commit, so an empty
 * answer is never a cut.
 */
export async function assertFollows(
  commits: readonly Commit[],
  seq: Seq,
  /** The last commit that was forgotten, as the team's head has it; whether that is ours is for whoever has the keys to say. */
  forgotten: () => Promise<Seq> | Seq,
): Promise<void> {
  const broken = commits.findIndex((commit, i) => commit.seq !== seq + 1 + i);
  if (broken === -1) return;
  if (broken === 0 && seq < (await forgotten())) {
    throw new AppError('HISTORY_EXPIRED', 'The log no longer reaches back this far');
  }
  throw integrity(`commit ${seq + 1 + broken} is missing from the log`);
}

/** The revision that a page of revisions begins below; null from the present one on. */
export function revisionBelow({ after }: PageRequest): number | null {
  if (after === undefined) return null;
  const [text = '', ...more] = after;
  if (more.length > 0 || !/^[1-9]\d{0,14}$/.test(text)) {
    throw invalidInput([{ path: ['after'], rule: 'revision', message: 'must be a revision' }]);
  }
  return Number(text);
}

/** How many items a page asks for; none for what is not a positive number. */
export function pageSize({ limit }: PageRequest): number {
  return Number.isFinite(limit) ? Math.max(0, Math.floor(limit)) : 0;
}
