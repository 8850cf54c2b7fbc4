import type { Clock } from '../kernel/clock.ts';
import type { Limits } from '../kernel/limits.ts';
import { recent } from '../kernel/recent.ts';
import type { Fields, Key } from '../store/port.ts';
import type { DocumentType, Stored } from './document.ts';
import type { Keeping } from './order.ts';
import type { Vault } from './port.ts';
import { ownReading } from './reading.ts';

const DAY_MS = 86_400_000;
/** How often old revisions are looked for: every so many revisions. */
const PRUNE_EVERY = 10;
/** Revisions of the first page in which one that is old enough is looked for; each further page has four times as many. */
const FIRST_PAGE = 16;

export interface RetentionDeps {
  readonly vault: Pick<Vault, 'revisions'>;
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'revisionsKept'>;
}

/** A document whose history is to be cut, and when one of its revisions was made. */
export interface Kept<F extends Fields, B> {
  readonly type: DocumentType<F, B>;
  readonly key: Key;
  readonly revision: number;
  readonly madeAt: (stored: Stored<F, B>) => string;
}

/** One rule for all histories: so many revisions are kept, and all that were the present one within the last day. */
export function createRetention({ vault, clock, limits }: RetentionDeps) {
  /** Document -> when it is worth looking again: one that is written all the time has nothing to forget for a day. */
  const worthwhile = recent<number>(10_000);

  /** The first revision to be kept; null: nothing is to be forgotten now. Reads no further back than to the first that may go. */
  async function cut<F extends Fields, B>({ type, key, revision, madeAt }: Kept<F, B>): Promise<number | null> {
    if (revision <= limits.revisionsKept || revision % PRUNE_EVERY !== 0) return null;
    const name = `${type.kind}\0${key.join('\0')}`;
    const now = clock().getTime();
    if (now < (worthwhile.get(name) ?? 0)) return null;
    const dayAgo = new Date(now - DAY_MS).toISOString();
    // A revision was the present one until the next was made, so the first look is at the last of those kept.
    let after = revision - limits.revisionsKept + 2;
    for (let limit = FIRST_PAGE; ; limit *= 4) {
      const page = await vault.revisions(type, key, { after: [String(after)], limit }, ownReading());
      const old = page.find((each) => madeAt(each) < dayAgo);
      if (old) {
        const older = await vault.revisions(type, key, { after: [String(old.revision)], limit: 1 }, ownReading());
        return older.length > 0 ? old.revision : null;
      }
      const last = page[page.length - 1];
      if (last === undefined) return null;
      if (page.length < limit) {
        worthwhile.set(name, Date.parse(madeAt(last)) + DAY_MS);
        return null;
      }
      after = last.revision;
    }
  }

  /** What was kept before the cut: no more than a page at a time is in memory. */
  async function* gone<F extends Fields, B>(
    type: DocumentType<F, B>,
    key: Key,
    before: number,
  ): AsyncGenerator<Stored<F, B>> {
    for (let after = before; ; ) {
      const page = await vault.revisions(type, key, { after: [String(after)], limit: FIRST_PAGE }, ownReading());
      yield* page;
      const last = page[page.length - 1];
      if (last === undefined || page.length < FIRST_PAGE) return;
      after = last.revision;
    }
  }

  /** The rule for one kind of document. `also`: what only the forgotten revisions held. */
  function keeping<F extends Fields, B>(
    type: DocumentType<F, B>,
    operation: string,
    madeAt: (stored: Stored<F, B>) => string,
    also: Keeping['also'] = async () => [],
  ): Keeping {
    return { kind: type.kind, operation, cut: (key, revision) => cut({ type, key, revision, madeAt }), also };
  }

  return { cut, gone, keeping };
}
