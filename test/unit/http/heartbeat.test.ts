import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHeartbeat } from '../../../src/http/heartbeat.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a heartbeat', () => {
  it.each([60, 15_000])('calls each once in a period of %i ms, a few at a time', (periodMs) => {
    const heart = createHeartbeat(periodMs);
    const times: number[][] = Array.from({ length: 600 }, () => []);
    for (const each of times) heart.add(() => void each.push(Date.now()));
    vi.advanceTimersByTime(4 * periodMs);
    heart.stop();
    for (const each of times) {
      expect(each).toHaveLength(4);
      for (const [i, time] of each.slice(1).entries()) expect(time - (each[i] ?? 0)).toBe(periodMs);
    }
    const atOnce = new Map<number, number>();
    for (const time of times.flat()) atOnce.set(time, (atOnce.get(time) ?? 0) + 1);
    expect(Math.max(...atOnce.values())).toBeLessThanOrEqual(600 / Math.min(60, periodMs / 5));
  });

  it('calls nobody who has left, and nobody once it has stopped', () => {
    const heart = createHeartbeat(1_200);
    const calls: string[] = [];
    const [stays, leaves] = ['stays', 'leaves'].map((name) => () => void calls.push(name)) as [() => void, () => void];
    heart.add(stays);
    heart.add(leaves);
    heart.delete(leaves);
    vi.advanceTimersByTime(3_600);
    expect(calls).toEqual(['stays', 'stays', 'stays']);
    heart.stop();
    vi.advanceTimersByTime(3_600);
    expect(calls).toEqual(['stays', 'stays', 'stays']);
  });
});
