import type { TeamId } from '../../store/port.ts';
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
  /** The operator was told that there are many. */
  alarmed: boolean;
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

  /** From half to all of a pause, so that what failed together does not come again together. */
  const jittered = (pause: number): number => pause * (0.5 + 0.5 * random());
  const pauseAfter = (failures: number): number =>
    Math.min(FIRST_PAUSE * 2 ** Math.min(failures - 1, 20), LONGEST_PAUSE);

  /**
   * Made, and due at once, when it is seen for the first time or its settings have changed. `unreachableMs`: for how long it could
   * not be read when this process began to know it, null: it could. Then the pauses go on from there, but for the first.
   */
  function entryOf(key: string, settings: string, now: number, unreachableMs: number | null): Entry {
    const known = entries.get(key);
    if (known?.settings === settings) return known;
    const isNew = known === undefined && unreachableMs !== null;
    const failures = !isNew ? 0 : Math.ceil(Math.log2(Math.max(unreachableMs, 1) / FIRST_PAUSE + 1));
    const entry: Entry = {
      settings,
      known: null,
      failures,
      alarmed: false,
      nextAt: failures === 0 ? now : Math.ceil(now + jittered(Math.min(pauseAfter(failures), everyMs))),
      lastRun: Number.NEGATIVE_INFINITY,
      called: false,
      running: false,
    };
    entries.set(key, entry);
    return entry;
  }

  function begin(entry: Entry, now: number): void {
    entry.running = true;
    entry.called = false;
    entry.lastRun = now;
  }

  /** A call that came during the look may be about what the look did not see: the next is as soon as any other. */
  function next(entry: Entry, now: number, at: number): void {
    entry.nextAt = entry.called ? Math.max(now, entry.lastRun + CALL_SPACING) : Math.ceil(at);
  }

  function failed(entry: Entry, now: number): void {
    entry.failures += 1;
    next(entry, now, now + jittered(pauseAfter(entry.failures)));
  }

  function succeeded(entry: Entry, now: number): void {
    entry.failures = 0;
    entry.alarmed = false;
    next(entry, now, now + everyMs * (0.9 + 0.2 * random()));
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

  return { entryOf, begin, failed, succeeded, call, isDue, nextAt, called, forget };
}

export type Schedule = ReturnType<typeof createSchedule>;

/** What a global secret is called in a schedule. */
export const named = (team: TeamId, slug: string): string => `${team}\0${slug}`;
