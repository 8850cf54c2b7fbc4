import { describe, expect, it } from 'vitest';
import { turn } from '../../src/kernel/turn.ts';

describe('turn', () => {
  it('lets one go on in each turn of the loop, in the order in which they asked', async () => {
    const went: string[] = [];
    let loops = 0;
    let done = false;
    const count = (): void => {
      loops += 1;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    const one = async (name: string): Promise<void> => {
      for (let i = 0; i < 3; i += 1) {
        await turn();
        went.push(`${name}${i} ${loops}`);
      }
    };
    await Promise.all(['a', 'b', 'c', 'd'].map(one));
    done = true;
    const order = ['0', '1', '2'].flatMap((i) => ['a', 'b', 'c', 'd'].map((name) => name + i));
    expect(went.map((each) => each.split(' ')[0])).toEqual(order);
    // No two in the same turn.
    expect(new Set(went.map((each) => each.split(' ')[1])).size).toBe(went.length);
  });

  it('comes to whoever asks while nobody waits', async () => {
    await turn();
    await turn();
  });
});
