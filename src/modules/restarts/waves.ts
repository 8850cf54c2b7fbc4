import type { RestartFields } from './model.ts';

export type Step = 'wait' | 'release' | 'cancel' | 'rewind';

/** What is to be done for a restart whose waves are not all released. `isDone`: every request of its last wave is over. */
export function nextStep(
  { releasedAt, pauseSeconds, timeoutSeconds, onTimeout }: RestartFields,
  isDone: boolean,
  now: Date,
): Step {
  const passed = now.getTime() - Date.parse(releasedAt);
  // The clock was set back: the pause begins again, rather than last for as long as the clock was set back.
  if (passed < 0) return 'rewind';
  if (passed < pauseSeconds * 1000) return 'wait';
  if (timeoutSeconds === null || isDone) return 'release';
  if (passed < timeoutSeconds * 1000) return 'wait';
  return onTimeout === 'continue' ? 'release' : 'cancel';
}
