/** What was shown with one answer: of each subject (`kind/project/id`), how many values. Counts and ids, no values. */
export type Shown = ReadonlyMap<string, number>;

/** Nothing of anything. */
export const NOTHING_SHOWN: Shown = new Map();

/** Keeps count of what is shown while one answer is made. */
export class Notes {
  readonly #counts = new Map<string, number>();
  /** Mostly many values of one subject follow each other. */
  #last = '';
  #lastCount = 0;

  note(of: string, count = 1): void {
    if (of !== this.#last) this.#turnTo(of);
    this.#lastCount += count;
  }

  /** What was shown so far. */
  get shown(): Shown {
    this.#turnTo('');
    return this.#counts.size === 0 ? NOTHING_SHOWN : new Map(this.#counts);
  }

  /** What was shown so far; counts anew from here. */
  take(): Shown {
    const { shown } = this;
    this.#counts.clear();
    this.#lastCount = 0;
    return shown;
  }

  #turnTo(of: string): void {
    if (this.#lastCount > 0) this.#counts.set(this.#last, this.#lastCount);
    this.#last = of;
    this.#lastCount = this.#counts.get(of) ?? 0;
  }
}

/** What an answer is made with, if it counts what it shows: a context without notes has no door to show anything through. */
export interface Noting {
  readonly notes?: Notes;
}
export const shownWith = ({ notes }: Noting): Shown => notes?.shown ?? NOTHING_SHOWN;
/** The same for an answer that is made with notes of many: what was shown since the one before. */
export const takenWith = ({ notes }: Noting): Shown => notes?.take() ?? NOTHING_SHOWN;
