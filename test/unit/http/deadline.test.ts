import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDeadlines } from '../../../src/http/deadline.ts';

const never = new Promise<void>(() => {});
const outcome = (work: Promise<void>): Promise<string> =>
  work.then(
    () => 'done',
    (error: { readonly code?: string }) => String(error.code),
  );

describe('Deadlines', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('end each piece of work in its own time, and none that is over', async () => {
    const start = createDeadlines(1_000);
    const [first, done, second] = [start(), start(), start()];
    const early = outcome(first.race(never));
    const answered = outcome(done.race(Promise.resolve()));
    done.end();
    await vi.advanceTimersByTimeAsync(600);
    const late = start();
    const lateOutcome = outcome(late.race(never));
    const before = second.signal();
    expect(before.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(400);
    expect(await early).toBe('TIMEOUT');
    expect(await answered).toBe('done');
    expect(before.aborted).toBe(true);
    expect(done.signal().aborted).toBe(false);
    expect(late.signal().aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(600);
    expect(await lateOutcome).toBe('TIMEOUT');
  });

  it('begin again after all were over', async () => {
    const start = createDeadlines(1_000);
    start().end();
    await vi.advanceTimersByTimeAsync(5_000);
    const next = outcome(start().race(never));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await next).toBe('TIMEOUT');
  });

  it('tell who comes to listen after the end, and when the client goes', () => {
    const deadline = createDeadlines(1_000)();
    deadline.abandon();
    expect(deadline.signal().aborted).toBe(true);
    const other = createDeadlines(1_000)();
    const signal = other.signal();
    other.abandon();
    expect(signal.reason).toMatchObject({ code: 'TIMEOUT' });
  });
});
