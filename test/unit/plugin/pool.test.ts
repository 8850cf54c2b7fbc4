import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ChildLink } from '../../../src/plugin/child-link.ts';
import { PluginFailure } from '../../../src/plugin/plugin.ts';
import { createPool } from '../../../src/plugin/pool.ts';

/** Processes that do nothing but live and die. */
function world(over: Partial<Parameters<typeof createPool>[0]> = {}) {
  const alive = new Set<string>();
  const log: string[] = [];
  let max = 0;
  const open = (name: string) => async (): Promise<ChildLink> => {
    const id = `${name} ${log.length}`;
    let end: () => void = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    log.push(id);
    alive.add(id);
    max = Math.max(max, alive.size);
    const kill = (): void => {
      alive.delete(id);
      end();
    };
    const unused = (): Promise<never> => Promise.reject(new Error('not here'));
    return { ended, kill, prepare: unused, call: unused, close: unused };
  };
  const pool = createPool({ maxProcesses: 2, idleMs: 1_000, waitMs: 500, ...over });
  return { pool, open, alive, log, max: () => max };
}

/** Work that goes on until it is told to end. */
function later<T = void>() {
  let finish: (value: T) => void = () => {};
  let fail: (error: unknown) => void = () => {};
  const promise = new Promise<T>((resolve, reject) => {
    [finish, fail] = [resolve, reject];
  });
  return { promise, finish, fail };
}

const tick = () => vi.advanceTimersByTimeAsync(0);
const reasonOf = (work: Promise<unknown>) => work.then(String, (error: { readonly reason: string }) => error.reason);

describe('processes that calls hold one by one', () => {
  afterEach(() => vi.useRealTimers());

  it('none is shared at the same time, and one that is free is used again by its plugin alone', async () => {
    const { pool, open, log, alive } = world();
    const [first, second] = [later(), later()];
    const both = [pool.use('a', open('a'), () => first.promise), pool.use('a', open('a'), () => second.promise)];
    await new Promise(setImmediate);
    expect(log).toEqual(['a 0', 'a 1']);
    first.finish();
    second.finish();
    await Promise.all(both);
    await pool.use('a', open('a'), async () => {});
    expect(log.length).toBe(2);
    await pool.use('b', open('b'), async () => {});
    expect(log).toEqual(['a 0', 'a 1', 'b 2']);
    // The one that was longest without work made room.
    expect([...alive]).toEqual(['a 1', 'b 2']);
    await pool.close();
    expect([alive.size, pool.size()]).toEqual([0, 0]);
  });

  it('never more than the limit; who waited longest is next, and nobody waits for ever', async () => {
    vi.useFakeTimers();
    const { pool, open, max } = world();
    const works = Array.from({ length: 4 }, () => later<string>());
    const began: number[] = [];
    const all = works.map(({ promise }, i) =>
      pool.use(`p${i}`, open(`p${i}`), () => {
        began.push(i);
        return promise;
      }),
    );
    const late = reasonOf(all[3] ?? Promise.resolve());
    await tick();
    expect(began).toEqual([0, 1]);
    works[1]?.finish('one');
    await tick();
    expect(began).toEqual([0, 1, 2]);
    await vi.advanceTimersByTimeAsync(500);
    expect(await late).toBe('TIMEOUT');
    for (const work of works) work.finish('done');
    expect(await Promise.all(all.slice(0, 3))).toEqual(['done', 'one', 'done']);
    expect(max()).toBe(2);
    await pool.close();
  });

  it('one that nobody needs ends; one that gave no answer in time, or none of its own, ends at once', async () => {
    vi.useFakeTimers();
    const { pool, open, alive } = world();
    const use = (work: () => Promise<unknown>) => reasonOf(pool.use('a', open('a'), work));
    await use(async () => {});
    await vi.advanceTimersByTimeAsync(999);
    expect(alive.size).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(alive.size).toBe(0);
    expect(await use(() => Promise.reject(new PluginFailure('CREDENTIALS')))).toBe('CREDENTIALS');
    expect(alive.size).toBe(1);
    expect(await use(() => Promise.reject(new PluginFailure('TIMEOUT')))).toBe('TIMEOUT');
    expect(alive.size).toBe(0);
    await use(() => Promise.reject(new Error('what')));
    expect(alive.size).toBe(0);
    await pool.close();
  });

  it('a start that fails leaves its place; a pool that is closed starts nothing', async () => {
    const { pool, open, alive } = world({ maxProcesses: 1 });
    const bad = () => Promise.reject(new Error('no'));
    for (let i = 0; i < 3; i += 1) await expect(pool.use('a', bad, async () => {})).rejects.toThrow('no');
    expect(await pool.use('a', open('a'), async () => 'fine')).toBe('fine');
    await pool.close();
    expect(await reasonOf(pool.use('a', open('a'), async () => {}))).toBe('FAILED');
    expect(alive.size).toBe(0);
  });
});
