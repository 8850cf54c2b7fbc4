import { budgetExceeded } from './errors.ts';
import { turn } from './turn.ts';

/** What a request's work is counted in. */
export interface Budget {
  /** Stored documents read and authenticated, and items of lists made of them. */
  readonly documents: number;
  /** Bytes read, hashed, opened and drawn into templates. */
  readonly bytes: number;
  /** Environments resolved. */
  readonly resolutions: number;
  /** References followed and keys looked at while resolving and explaining. */
  readonly templateSteps: number;
}
export type WorkKind = keyof Budget;

/** The setting of each, as errors name it. */
const SETTINGS: Readonly<Record<WorkKind, string>> = {
  documents: 'KEYLOOM_LIMIT_WORK_DOCUMENTS',
  bytes: 'KEYLOOM_LIMIT_WORK_BYTES',
  resolutions: 'KEYLOOM_LIMIT_WORK_RESOLUTIONS',
  templateSteps: 'KEYLOOM_LIMIT_WORK_TEMPLATE_STEPS',
};
const WORDS: Readonly<Record<WorkKind, string>> = {
  documents: 'documents',
  bytes: 'bytes',
  resolutions: 'resolutions',
  templateSteps: 'template steps',
};

/** About how long each takes beside the others: a unit is some microseconds. */
const UNITS: Budget = { documents: 5, bytes: 1 / 1024, resolutions: 50, templateSteps: 1 / 4 };

/** Whoever may not read a document is charged this much for it, so that no budget measures what it holds. */
export const HIDDEN_BYTES = 65_536;

export interface WorkTerms {
  readonly budget: Budget;
  /** Units of work between two pauses. */
  readonly unitsPerPause: number;
  /** Aborted when nobody waits for the outcome any more. */
  readonly signal: (() => AbortSignal) | null;
}

/** The work that one request asks for: counted where it is done, refused when it is too much, ended when nobody waits. */
export interface Work {
  /**
   * Charges a piece of work, which is to be awaited before it is done: others have their turn meanwhile when it is time. Throws
   * BUDGET_EXCEEDED when that is more than a request may ask for. Throws or rejects with the reason of an abort.
   */
  spend(piece: Partial<Budget>): Promise<void> | undefined;
  /** Begins a piece of work that may be ended; throws the reason of an abort. */
  begin(): void;
  /** What is done now is with the store: it goes on, whoever waits. */
  commit(): void;
  /** What was charged so far. */
  readonly spent: Budget;
  /** Most units between two turns of the event loop. */
  readonly longest: number;
}

const NO_BOUND: Budget = {
  documents: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
  resolutions: Number.POSITIVE_INFINITY,
  templateSteps: Number.POSITIVE_INFINITY,
};
const UNITS_PER_PAUSE = 2_000;

/** Of the gateway itself, which nobody sends requests to: it pauses, and has no bound. */
export const OWN_WORK: WorkTerms = { budget: NO_BOUND, unitsPerPause: UNITS_PER_PAUSE, signal: null };

/** Milliseconds that a piece of work may take, whatever it counts. */
const MAX_MS = 5;

const KINDS = Object.keys(UNITS) as readonly WorkKind[];

export function createWork({ budget, unitsPerPause, signal }: WorkTerms): Work {
  const spent = { documents: 0, bytes: 0, resolutions: 0, templateSteps: 0 };
  let units = 0;
  let longest = 0;
  let since = performance.now();
  let waiting = 0;
  // Pieces that are begun side by side, as fields of one query are, are done one after the other.
  let last: Promise<void> = Promise.resolve();
  let isCommitted = false;

  /** Answers the units of a piece that the budget has room for. */
  function charge(piece: Partial<Budget>): number {
    let cost = 0;
    for (const kind of KINDS) {
      const amount = piece[kind];
      if (amount === undefined) continue;
      spent[kind] += amount;
      if (spent[kind] > budget[kind]) {
        const message = `The request takes more than ${budget[kind]} ${WORDS[kind]} (${SETTINGS[kind]}); ask for less at once`;
        throw budgetExceeded(message, kind, budget[kind]);
      }
      cost += amount * UNITS[kind];
    }
    return cost;
  }

  const isTime = (cost: number): boolean => units + cost > unitsPerPause || performance.now() - since > MAX_MS;

  function count(cost: number): void {
    units += cost;
    if (units > longest) longest = units;
  }

  function requireWanted(): void {
    if (!isCommitted) signal?.().throwIfAborted();
  }

  async function next(cost: number): Promise<void> {
    waiting -= 1;
    if (isTime(cost)) {
      await turn();
      units = 0;
      since = performance.now();
    }
    requireWanted();
    count(cost);
  }

  return {
    spent,
    get longest() {
      return longest;
    },
    spend(piece) {
      const cost = charge(piece);
      if (waiting === 0 && !isTime(cost)) {
        requireWanted();
        count(cost);
        return undefined;
      }
      waiting += 1;
      const mine = last.then(() => next(cost));
      last = mine.catch(() => {});
      return mine;
    },
    begin() {
      isCommitted = false;
      requireWanted();
    },
    commit() {
      isCommitted = true;
    },
  };
}
