import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendBodies } from '../support/fuzz/bodies.ts';
import { type Fuzzed, startFuzzed } from '../support/fuzz/fuzzed.ts';
import { sayMessages } from '../support/fuzz/messages.ts';
import { sendRest } from '../support/fuzz/rest.ts';

/** A sample of test/stress/fuzz.test.ts: what anybody may send ends no process and is nobody's fault. */
let fuzzed: Fuzzed;
beforeAll(async () => {
  fuzzed = await startFuzzed();
}, 120_000);
afterAll(() => fuzzed?.close());

const serverErrors = (statuses: ReadonlyMap<number, number>) => [...statuses].filter(([status]) => status >= 500);

describe('what nobody would send', () => {
  it('as bodies', async () => {
    const statuses = await sendBodies({ url: fuzzed.server.url, tokens: fuzzed.tokens }, 600, 1);
    expect(serverErrors(statuses)).toEqual([]);
    // It is understood often enough to come further than to the parser.
    expect(statuses.get(200) ?? 0).toBeGreaterThan(30);
    expect(statuses.get(400) ?? 0).toBeGreaterThan(30);
    expect(await fuzzed.faults()).toEqual([]);
  });

  it('over REST', async () => {
    const statuses = await sendRest({ url: fuzzed.server.url, tokens: fuzzed.tokens }, 1_000, 3);
    expect(serverErrors(statuses)).toEqual([]);
    expect(statuses.get(200) ?? 0).toBeGreaterThan(30);
    expect(statuses.get(400) ?? 0).toBeGreaterThan(30);
    expect(statuses.get(404) ?? 0).toBeGreaterThan(30);
    expect(await fuzzed.faults()).toEqual([]);
  });

  it('as messages of WebSockets', async () => {
    const codes = await sayMessages(fuzzed.server.url, fuzzed.tokens.slice(0, 3), 600, 2);
    // 1013 and 1011 are for faults of ours.
    expect([...codes.keys()].filter((code) => code === 1011 || code === 1013)).toEqual([]);
    expect(codes.get(4400) ?? 0).toBeGreaterThan(0);
    expect(await fuzzed.faults()).toEqual([]);
  });
});
