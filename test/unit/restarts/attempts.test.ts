import { describe, expect, it } from 'vitest';
import { limitsWith } from '../../../src/app/limits.ts';
import {
  afterAttempt,
  backoffMs,
  failuresAfter,
  isDue,
  type Outcome,
  restMs,
  retryAfterMs,
} from '../../../src/modules/deploy-webhooks/attempts.ts';
import { signatureOf } from '../../../src/modules/deploy-webhooks/signature.ts';
import type { DeliveryFields, RestartFields } from '../../../src/modules/restarts/model.ts';
import { nextStep } from '../../../src/modules/restarts/waves.ts';

const NOW = new Date('2026-01-02T03:04:05.000Z');
const limits = limitsWith();
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

describe('back-off', () => {
  it('doubles from ten seconds to an hour, any part of which may be waited', () => {
    const ceilings = Array.from({ length: 12 }, (_, i) => backoffMs(i + 1, limits, 0.9999999) / 1000);
    expect(ceilings.map(Math.ceil)).toEqual([10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]);
    expect([backoffMs(1, limits, 0), backoffMs(1000, limits, 0.5)]).toEqual([0, 1_800_000]);
  });

  it('of a target begins with its third failure in a row', () => {
    expect([1, 2, 3, 4].map((failures) => restMs(failures, limits, 0.5))).toEqual([0, 0, 5_000, 10_000]);
  });

  it.each([
    [null, null],
    ['0', 0],
    [' 120 ', 120_000],
    ['Fri, 02 Jan 2026 03:06:05 GMT', 120_000],
    ['Fri, 02 Jan 2026 03:00:00 GMT', 0],
    ['soon', null],
  ])('reads Retry-After %s', (header, expected) => {
    expect(retryAfterMs(header, NOW)).toBe(expected);
  });
});

const DELIVERY: DeliveryFields = {
  kind: 'service',
  workload: 'web',
  state: 'pending',
  round: 1,
  failures: 0,
  attempts: 0,
  log: [],
  createdAt: NOW.toISOString(),
  nextAt: NOW.toISOString(),
};
const failed: Outcome = { at: NOW, status: 500, error: 'STATUS', retryAfterMs: null };
const arrived: Outcome = { at: NOW, status: 200, error: null, retryAfterMs: null };

describe('a delivery after an attempt', () => {
  it('is given up after as many failures as are allowed', () => {
    let delivery = DELIVERY;
    for (let i = 0; i < limits.webhookAttempts; i += 1) {
      expect(delivery.state).toBe(i === 0 ? 'pending' : 'failed');
      delivery = afterAttempt(delivery, failed, limits, 0.5);
    }
    expect(delivery).toMatchObject({ state: 'dead', attempts: 12, failures: 12, nextAt: null });
  });

  it('keeps its last forty attempts', () => {
    let delivery: DeliveryFields = { ...DELIVERY, state: 'cancelled' };
    for (let i = 0; i < 50; i += 1) delivery = afterAttempt(delivery, failed, limits, 0.5);
    expect([delivery.log.length, delivery.attempts, delivery.state]).toEqual([40, 50, 'cancelled']);
    expect(afterAttempt(delivery, arrived, limits, 0.5).state).toBe('delivered');
  });

  it('waits for what the receiver asks, but not longer than for anything else', () => {
    const waits = [120_000, 999_999_999].map((retryAfterMs_) => {
      const { nextAt } = afterAttempt(DELIVERY, { ...failed, retryAfterMs: retryAfterMs_ }, limits, 0.5);
      return Date.parse(nextAt ?? '') - NOW.getTime();
    });
    expect(waits).toEqual([120_000, 3_600_000]);
  });

  it.each([
    ['that arrived', arrived, 0],
    ['that failed there', failed, 3],
    ['that nobody answered', { ...failed, status: null }, 3],
    ['that came too early', { ...failed, status: 429 }, 3],
    ['that was refused', { ...failed, status: 400 }, 2],
  ] as const)('%s counts for the target', (_what, outcome, expected) => {
    expect(failuresAfter(2, outcome)).toBe(expected);
  });

  it('case 141: is due when its time came, or when the clock was set back by more than any wait', () => {
    const due = [null, later(0), later(-1), later(1), later(3_600), later(3_601)].map((at) =>
      isDue(at?.toISOString() ?? null, NOW, limits),
    );
    expect(due).toEqual([false, true, true, false, false, true]);
  });
});

describe('the next step of a restart', () => {
  const base = { releasedAt: NOW.toISOString(), pauseSeconds: 60, timeoutSeconds: null, onTimeout: 'cancel' };
  it.each([
    ['before the pause is over', {}, 59, true, 'wait'],
    ['after it', {}, 60, false, 'release'],
    ['acknowledged, before the pause is over', { timeoutSeconds: 600 }, 59, true, 'wait'],
    ['acknowledged', { timeoutSeconds: 600 }, 60, true, 'release'],
    ['not acknowledged', { timeoutSeconds: 600 }, 599, false, 'wait'],
    ['not acknowledged in time', { timeoutSeconds: 600 }, 600, false, 'cancel'],
    ['not acknowledged in time, going on', { timeoutSeconds: 600, onTimeout: 'continue' }, 600, false, 'release'],
    ['a time-out within the pause', { timeoutSeconds: 30 }, 59, false, 'wait'],
    ['the clock set back', {}, -1, true, 'rewind'],
  ] as const)('%s', (_what, over, seconds, isDone, expected) => {
    expect(nextStep({ ...base, ...over } as RestartFields, isDone, later(seconds))).toBe(expected);
  });
});

describe('case 219: a signature', () => {
  it('is the HMAC of time and body, one for each secret', () => {
    // Of `1767323045.{"a":1}`, by Python's hmac.
    const ours = '1a68f79bb46866d9770fa94917c18be45e4dd98902d9d2df7c647b547595866f';
    const text = signatureOf('{"a":1}', new Date(1_767_323_045_999), [{ text: 'klmwh_example' }, { text: 'other' }]);
    expect(text.split(',').slice(0, 2)).toEqual(['t=1767323045', `v1=${ours}`]);
    expect(text).toMatch(/^t=\d+,v1=[0-9a-f]{64},v1=[0-9a-f]{64}$/);
  });
});
