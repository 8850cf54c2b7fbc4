/** When each global secret's git file is looked at next, and what is known of it in this process alone. */

export interface Known {
  /** Of the stored state that it goes with: when that moves on, this is worth nothing any more. */
  readonly revision: number;
  /** The last commit that was looked at, and the last whose file was taken. */
  readonly seen: string | null;
  readonly taken: string | null;
}

export interface Entry {
  /** The settings that it was made for. */
  readonly settings: string;
  /** What came of the last look, if it was too little to be kept in the store; null: nothing. */
  known: Known | null;
  /** In a row. */
  failures: number;
  nextAt: number;
  lastRun: number;
  /** A webhook asked for it. */
  called: boolean;
  running: boolean;
}

/** After the first failure, milliseconds; twice as long with each, up to an hour. */
const FIRST_PAUSE = 30_000;
const LONGEST_PAUSE = 3_600_000;
/** Between two looks that webhooks ask for. */
const CALL_SPACING = 10_000;

export function createSchedule(everyMs: number, random: () => number = Math.random) {
  const entries = new Map<string, Entry>();

  /** Made, and due at once, when it is seen for the first time or its settings have changed. */
  function entryOf(key: string, settings: string, now: number): Entry {
    const known = entries.get(key);
    if (known?.settings === settings) return known;
    const entry: Entry = {
      settings,
      known: null,
      failures: 0,
      nextAt: now,
      lastRun: Number.NEGATIVE_INFINITY,
      called: false,
      running: false,
    };
    entries.set(key, entry);
    return entry;
  }

  /** From half to all of a pause, so that what failed together does not come again together. */
  function failed(entry: Entry, now: number): void {
    entry.failures += 1;
    const pause = Math.min(FIRST_PAUSE * 2 ** Math.min(entry.failures - 1, 20), LONGEST_PAUSE);
    entry.nextAt = Math.ceil(now + pause * (0.5 + 0.5 * random()));
  }

  function succeeded(entry: Entry, now: number): void {
    entry.failures = 0;
    entry.nextAt = Math.ceil(now + everyMs * (0.9 + 0.2 * random()));
  }

  /** However many calls come, there is one look in ten seconds. */
  function call(entry: Entry, now: number): void {
    entry.called = true;
    entry.nextAt = Math.max(now, entry.lastRun + CALL_SPACING);
  }

  const isDue = (entry: Entry, now: number): boolean => !entry.running && entry.nextAt <= now;
  const nextAt = (key: string): number | null => entries.get(key)?.nextAt ?? null;
  const called = (): readonly string[] => [...entries].filter(([, entry]) => entry.called).map(([key]) => key);
  const forget = (key: string): void => void entries.delete(key);

  return { entryOf, failed, succeeded, call, isDue, nextAt, called, forget };
}
