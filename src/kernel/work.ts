import { type AppError, budgetExceeded } from './errors.ts';
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

/** As much of an `AbortSignal` as work asks for: a whole one would be made for every answer, and nobody listens to it. */
export type Wanting = Pick<AbortSignal, 'aborted' | 'reason' | 'throwIfAborted'>;

export interface WorkTerms {
  readonly budget: Budget;
  /** Units of work between two pauses. */
  readonly unitsPerPause: number;
  /** Aborted when nobody waits for the outcome any more. */
  readonly signal: (() => Wanting) | null;
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

/** A class, since each request makes one: closures and accessors on every object were a tenth of a repeated answer. */
class Meter implements Work {
  readonly spent = { documents: 0, bytes: 0, resolutions: 0, templateSteps: 0 };
  longest = 0;
  readonly #terms: WorkTerms;
  #units = 0;
  /** When the others last had a turn; null before the first piece. */
  #since: number | null = null;
  #waiting = 0;
  /** Pieces that are begun side by side, as fields of one query are, are done one after the other. */
  #last: Promise<void> | null = null;
  #isCommitted = false;
  #refusal: AppError | null = null;

  constructor(terms: WorkTerms) {
    this.#terms = terms;
  }

  spend(piece: Partial<Budget>): Promise<void> | undefined {
    const cost = this.#charge(piece);
    if (this.#waiting === 0 && !this.#isTime(cost)) {
      this.begin(this.#isCommitted);
      this.#count(cost);
      return undefined;
    }
    this.#waiting += 1;
    const mine = (this.#last ?? Promise.resolve()).then(() => this.#next(cost));
    this.#last = mine.catch(() => {});
    return mine;
  }

  begin(isCommitted = false): void {
    this.#isCommitted = isCommitted;
    if (!isCommitted) this.#terms.signal?.().throwIfAborted();
  }

  commit(): void {
    this.#isCommitted = true;
  }

  /** Answers the units of a piece that the budget has room for. */
  #charge(piece: Partial<Budget>): number {
    const { budget } = this.#terms;
    let cost = 0;
    for (const kind of KINDS) {
      const amount = piece[kind];
      if (amount === undefined) continue;
      this.spent[kind] += amount;
      if (this.spent[kind] > budget[kind]) {
        // Thousands of fields may meet the same end: one error serves them all.
        if (this.#refusal) throw this.#refusal;
        const message = `The request takes more than ${budget[kind]} ${WORDS[kind]} (${SETTINGS[kind]}); ask for less at once`;
        this.#refusal = budgetExceeded(message, kind, budget[kind]);
        throw this.#refusal;
      }
      cost += amount * UNITS[kind];
    }
    return cost;
  }

  #isTime(cost: number): boolean {
    const now = performance.now();
    this.#since ??= now;
    return this.#units + cost > this.#terms.unitsPerPause || now - this.#since > MAX_MS;
  }

  #count(cost: number): void {
    this.#units += cost;
    if (this.#units > this.longest) this.longest = this.#units;
  }

  async #next(cost: number): Promise<void> {
    this.#waiting -= 1;
    if (this.#isTime(cost)) {
      await turn();
      this.#units = 0;
      this.#since = performance.now();
    }
    this.begin(this.#isCommitted);
    this.#count(cost);
  }
}

/** Charges a piece of work where nobody has to wait before it is done; false: somebody has. */
export function spendNow(work: Work, piece: Partial<Budget>): boolean {
  const waits = work.spend(piece);
  // Nobody does it then, and so nobody hears why it was refused.
  waits?.catch(() => {});
  return waits === undefined;
}

export const createWork = (terms: WorkTerms): Work => new Meter(terms);
