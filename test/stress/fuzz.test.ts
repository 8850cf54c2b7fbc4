import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendBodies } from '../support/fuzz/bodies.ts';
import { type Fuzzed, startFuzzed } from '../support/fuzz/fuzzed.ts';
import { sayMessages } from '../support/fuzz/messages.ts';
import { sendRest } from '../support/fuzz/rest.ts';

/** 20,000 bodies, 20,000 requests to REST and 20,000 messages; FUZZ=n sends as many of each. */
const COUNT = Number(process.env.FUZZ ?? 20_000);
let fuzzed: Fuzzed;
beforeAll(async () => {
  fuzzed = await startFuzzed();
}, 120_000);
afterAll(() => {
  const status = readFileSync(`/proc/${fuzzed.server.process.pid}/status`, 'utf8');
  process.stdout.write(`memory at the end of the fuzzing: ${/VmRSS:\s+(\d+)/.exec(status)?.[1]} KiB resident\n`);
  return fuzzed.close();
});

describe(`${COUNT} of what nobody would send`, () => {
  it('as bodies', async () => {
    const statuses = await sendBodies({ url: fuzzed.server.url, tokens: fuzzed.tokens }, COUNT, 11);
    expect([...statuses].filter(([status]) => status >= 500)).toEqual([]);
    expect(await fuzzed.faults()).toEqual([]);
  });

  it('over REST', async () => {
    const statuses = await sendRest({ url: fuzzed.server.url, tokens: fuzzed.tokens }, COUNT, 13);
    expect([...statuses].filter(([status]) => status >= 500)).toEqual([]);
    expect(await fuzzed.faults()).toEqual([]);
  });

  it('as messages of WebSockets', async () => {
    const codes = await sayMessages(fuzzed.server.url, fuzzed.tokens.slice(0, 3), COUNT, 12);
    expect([...codes.keys()].filter((code) => code === 1011 || code === 1013)).toEqual([]);
    expect(await fuzzed.faults()).toEqual([]);
  });
});
