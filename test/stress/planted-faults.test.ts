import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { FAULTS, type Fault } from './planted/faults.ts';

/** A sweep that finds nothing may be blind: with one check less in the code it has to find something. */
const JUDGES: Readonly<Record<NonNullable<Fault['judge']> | 'sweep', string>> = {
  sweep: 'test/integration/authorisation-sweep.test.ts',
  worlds: 'test/integration/masked-worlds.test.ts',
  streams: 'test/integration/stream-sweep.test.ts',
  gateways: 'test/federation/access.test.ts',
  'gateway sockets': 'test/federation/signed-sockets.test.ts',
  'rights of listeners': 'test/integration/stream-rights.test.ts',
};

interface Verdict {
  readonly passed: number;
  readonly failed: number;
  readonly text: string;
}

/** Runs a judge in a process of its own. `number`: of the fault; empty: none. */
function judged(file: string, number: string): Promise<Verdict> {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/stress/planted/vitest.config.ts', file];
  const child = spawn(process.execPath, [...args, '--reporter=json'], {
    env: { ...process.env, PLANTED: number, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    text += String(chunk);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      const count = (name: string): number => Number(new RegExp(`"${name}":(\\d+)`).exec(text)?.[1] ?? Number.NaN);
      resolve({ passed: count('numPassedTests'), failed: count('numFailedTests'), text });
    });
  });
}

describe.concurrent('the sweeps', () => {
  it.each(Object.entries(JUDGES))('pass without a fault: %s', async (_name, file) => {
    expect(await judged(file, '')).toMatchObject({ failed: 0 });
  });

  it('are tried with at least twenty', () => {
    expect(FAULTS.length).toBeGreaterThanOrEqual(20);
    expect(new Set(FAULTS.map(({ find, put }) => `${find} ${put}`)).size).toBe(FAULTS.length);
  });

  it.each(FAULTS.map((fault, i) => [fault.name, fault, i] as const))('notice when %s', async (_name, { judge }, i) => {
    const { passed, failed, text } = await judged(JUDGES[judge ?? 'sweep'], String(i));
    expect(text).not.toContain('PLANTED:');
    // The world still stands: what fails is what was looked for.
    expect([failed > 0, passed > 0, text.includes('AssertionError')]).toEqual([true, true, true]);
  });
});
