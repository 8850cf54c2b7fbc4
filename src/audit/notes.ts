/** What was shown with one answer: of each subject (`kind/project/id`), how many values. Counts and ids, no values. */
export type Shown = ReadonlyMap<string, number>;

/** Nothing of anything. */
export const NOTHING_SHOWN: Shown = new Map();

/** Keeps count of what is shown while one answer is made. */
export class Notes {
  #counts: Map<string, number> | null = null;

  note(of: string): void {
    this.#counts ??= new Map();
    this.#counts.set(of, (this.#counts.get(of) ?? 0) + 1);
  }

  /** What was shown so far. */
  get shown(): Shown {
    return this.#counts === null ? NOTHING_SHOWN : new Map(this.#counts);
  }
}

/** What an answer is made with, if it counts what it shows: a context without notes has no door to show anything through. */
export interface Noting {
  readonly notes?: Notes;
}
export const shownWith = ({ notes }: Noting): Shown => notes?.shown ?? NOTHING_SHOWN;
