import type { Limits } from '../../src/kernel/limits.ts';

/** Longer than a machine that is busy with other things holds up a process, and shorter than a test may take. */
export const LONG_MS = 60_000;

/**
 * Limits in time of a gateway whose test is not about them: a process that stood still for seconds is no reason to give up. A test of
 * one of them sets that one, in a gateway of its own.
 */
export const PATIENT = {
  deadlineMs: LONG_MS,
  addonDeadlineMs: LONG_MS,
  addonPatienceMs: LONG_MS,
  gitDeadlineMs: LONG_MS,
  gitPatienceMs: LONG_MS,
  gitSilenceMs: LONG_MS,
  socketInitMs: LONG_MS,
  webhookDeadlineMs: LONG_MS,
  // A minute holds more of a fast machine.
  ratePoints: 600_000,
} as const satisfies Partial<Limits>;
