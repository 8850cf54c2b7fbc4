import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limitExceeded } from '../../../src/kernel/errors.ts';
import type { Outcome } from '../../../src/modules/git-sync/git-read.ts';
import { createSchedule } from '../../../src/modules/git-sync/schedule.ts';
import { decideSync } from '../../../src/modules/git-sync/sync-decide.ts';
import { pendingStatus, type SyncStatus } from '../../../src/modules/git-sync/sync-model.ts';
import type { GlobalBody } from '../../../src/modules/global-secrets/model.ts';

const gitops = {
  vcsService: 'github',
  selfHostedVcsId: null,
  accountLogin: null,
  vcsLinkId: null,
  repoUrl: 'https://github.com/a/b',
  branch: 'main',
  filePath: '/a',
  signers: [],
} as const;

const outcomeOf: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constant({ kind: 'unchanged' } as const),
  fc.constant({ kind: 'unknown' } as const),
  fc.constantFrom('TIMED_OUT', 'HOST_FAILED').map((reason) => ({ kind: 'unreachable', reason }) as const),
  fc
    .record({ commit: fc.constantFrom('c1', 'c2', null), line: fc.constantFrom(1, null) })
    .map(
      ({ commit, line }) =>
        ({ kind: 'bad', commit, bad: { reason: 'NOT_JSON', line, column: line, member: null } }) as const,
    ),
  fc
    .record({
      commit: fc.constantFrom('c1', 'c2', 'c3'),
      rewritten: fc.boolean(),
      a: fc.constantFrom(1, 2, 'large'),
      description: fc.constantFrom('d', null, undefined),
    })
    .map(
      ({ commit, rewritten, a, description }) =>
        ({
          kind: 'file',
          commit,
          rewritten,
          movedTo: null,
          file: { name: null, description, values: { a }, files: new Map() },
        }) as const,
    ),
);

const requireWithinLimits = ({ values }: GlobalBody): void => {
  if (values.a === 'large') throw limitExceeded('bytes', 1, 2, null);
};

interface Step {
  readonly outcome: Outcome;
  readonly asked: boolean;
  readonly acceptRewrite: boolean;
}
const steps = fc.array(fc.record({ outcome: outcomeOf, asked: fc.boolean(), acceptRewrite: fc.boolean() }), {
  maxLength: 12,
});

/** What people would see after each step, told without looking at how it is done. */
function naive(hold: boolean, all: readonly Step[]) {
  let seen = {
    a: 0 as unknown,
    description: 'by hand' as string | null,
    state: 'PENDING',
    commit: null as string | null,
  };
  for (const { outcome, acceptRewrite } of all) {
    if (outcome.kind === 'unknown') seen = { ...seen, state: 'PENDING' };
    if (outcome.kind === 'unreachable') seen = { ...seen, state: 'UNREACHABLE' };
    if (outcome.kind === 'bad') seen = { ...seen, state: 'INVALID' };
    if (outcome.kind !== 'file') continue;
    const { rewritten, commit, file } = outcome;
    const isHeld = rewritten && hold && !acceptRewrite;
    if (isHeld || file.values.a === 'large') seen = { ...seen, state: 'INVALID' };
    else {
      const { description = seen.description } = file;
      seen = { a: file.values.a, description, state: 'SYNCED', commit };
    }
  }
  return seen;
}

describe('decideSync', () => {
  it('shows after any looks what was good last, and commits what is new', () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (all, holdRewrites) => {
        let body: GlobalBody = {
          description: 'by hand',
          values: { a: 0 },
          files: new Map(),
          gitops: { ...gitops, holdRewrites },
        };
        let status: SyncStatus = pendingStatus('2026-01-01T00:00:00.000Z');
        for (const [i, { outcome, ...about }] of all.entries()) {
          const at = `2026-01-01T00:00:${String(i + 1).padStart(2, '0')}.000Z`;
          const decision = decideSync(body, status, outcome, { ...about, at, requireWithinLimits });
          const isOther = decision.status.state !== status.state || decision.status.reason !== status.reason;
          if (decision.body || isOther || about.asked) expect(decision.isNews).toBe(true);
          if (decision.body) expect(outcome.kind).toBe('file');
          if (decision.body) expect(decision.status.state).toBe('SYNCED');
          if (decision.status.state === 'SYNCED') expect(decision.status.reason).toBe(null);
          // What is not worth a commit is remembered by the process alone; here it is remembered always.
          body = decision.body ?? body;
          status = decision.status;
        }
        const expected = naive(holdRewrites, all);
        expect({ a: body.values.a, description: body.description, state: status.state, commit: status.commit }).toEqual(
          expected,
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('makes no commit of a look that finds the same, nor of a push that leaves the file alone, but once a day', () => {
    const body: GlobalBody = {
      description: null,
      values: { a: 1 },
      files: new Map(),
      gitops: { ...gitops, holdRewrites: false },
    };
    const status: SyncStatus = {
      ...pendingStatus('2026-01-01T00:00:00.000Z'),
      state: 'SYNCED',
      commit: 'c1',
      seen: 'c1',
    };
    const look = (commit: string, rewritten: boolean, at: string) => {
      const file = { name: null, description: null, values: { a: 1 }, files: new Map<never, never>() };
      const about = { at, asked: false, acceptRewrite: false, requireWithinLimits };
      return decideSync(body, status, { kind: 'file', commit, rewritten, movedTo: null, file }, about).isNews;
    };
    expect(look('c1', false, '2026-01-09T00:00:00.000Z')).toBe(false);
    expect(look('c2', false, '2026-01-01T23:00:00.000Z')).toBe(false);
    expect(look('c2', false, '2026-01-02T01:00:00.000Z')).toBe(true);
    expect(look('c2', true, '2026-01-01T00:00:01.000Z')).toBe(true);
  });
});

describe('the schedule', () => {
  it('pauses twice as long after each failure, from half a minute to an hour, and never all at once', () => {
    for (const random of [0, 0.5, 1]) {
      const schedule = createSchedule(300_000, () => random);
      const entry = schedule.entryOf('a', 's', 0, null);
      const pauses = Array.from({ length: 9 }, () => {
        schedule.failed(entry, 0);
        return entry.nextAt / 1000;
      });
      expect(pauses).toEqual([30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600].map((max) => max * (0.5 + random / 2)));
      schedule.succeeded(entry, 0);
      expect([entry.nextAt, entry.failures]).toEqual([270_000 + random * 60_000, 0]);
    }
  });

  it('is not late for a call that comes during a look, however that ends', () => {
    for (const end of ['succeeded', 'failed'] as const) {
      const schedule = createSchedule(300_000);
      const entry = schedule.entryOf('a', 's', 0, null);
      schedule.begin(entry, 5_000);
      schedule.call(entry, 6_000);
      schedule[end](entry, 7_000);
      expect([entry.nextAt, schedule.called()]).toEqual([15_000, ['a']]);
      schedule.begin(entry, 15_000);
      schedule.succeeded(entry, 16_000);
      expect(schedule.called()).toEqual([]);
      expect(entry.nextAt).toBeGreaterThan(200_000);
    }
  });

  it('goes on where a process before it was, but looks once within the usual time', () => {
    const schedule = createSchedule(300_000, () => 1);
    const MINUTE = 60_000;
    const first = [1, 30_000, 10 * MINUTE, 100 * MINUTE, 1_000 * MINUTE].map((ms, i) => {
      const entry = schedule.entryOf(`${i}`, 's', 0, ms);
      const { nextAt } = entry;
      schedule.failed(entry, 0);
      return [nextAt / 1000, entry.nextAt / 1000];
    });
    expect(first).toEqual([
      [30, 60],
      [30, 60],
      [300, 960],
      [300, 3_600],
      [300, 3_600],
    ]);
  });

  it('begins anew with other settings', () => {
    const schedule = createSchedule(300_000);
    const entry = schedule.entryOf('a', 'one', 5, null);
    schedule.failed(entry, 5);
    expect(schedule.entryOf('a', 'one', 6, null)).toBe(entry);
    expect(schedule.entryOf('a', 'two', 7, null)).toMatchObject({ nextAt: 7, failures: 0, known: null });
    expect(schedule.entryOf('a', 'three', 8, 3_600_000)).toMatchObject({ nextAt: 8, failures: 0 });
  });
});
