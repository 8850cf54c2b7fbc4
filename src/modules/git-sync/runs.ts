import type { Session } from '../../access/session.ts';
import type { GitReader } from '../../git/port.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Log } from '../../kernel/log.ts';
import type { CommitFacts } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import type { Vault } from '../../vault/port.ts';
import type { Inspect } from '../certificates/inspection.ts';
import { createApplying, type Look } from './applying.ts';
import { type Following, settingsOf } from './following.ts';
import type { Found, Outcome } from './git-read.ts';
import { createGitops } from './gitops.ts';
import { type Entry, named, type Schedule } from './schedule.ts';

/** Failures in a row after which the operator is told once more. */
const ALARM = 5;

interface RunsDeps {
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits;
  readonly git: GitReader;
  readonly inspect: Inspect;
  readonly schedule: Schedule;
  readonly now: () => number;
}

/** Looks at git files one by one, and notes when each is to be looked at next. */
export function createRuns(deps: RunsDeps) {
  const { log, schedule, now } = deps;
  const { readGit } = createGitops(deps);
  const apply = createApplying(deps);

  function entryFor(following: Following): Entry {
    const { key } = following.global;
    const { state, at } = following.sync.body().status;
    const unreachableMs = state === 'UNREACHABLE' ? Math.max(1, now() - Date.parse(at)) : null;
    return schedule.entryOf(named(key[0] ?? '', idOf(key)), settingsOf(following), now(), unreachableMs);
  }

  async function look(following: Following, entry: Entry, { asked, signal }: Look): Promise<Found> {
    const { status } = following.sync.body();
    // After trouble the file is read anew, as is one that somebody asked for.
    const isSettled = status.state === 'SYNCED' || (status.state === 'INVALID' && status.reason !== 'ACCOUNT_SECRET');
    const mine = entry.known?.revision === following.sync.revision ? entry.known : null;
    const known = asked || !isSettled ? null : mine ? mine.seen : status.seen;
    const last = mine ? mine.taken : status.commit;
    const found = await readGit(following.gitops, following, { known, last }, signal);
    // Who asked has waited long enough; that says nothing of the host, and the next look has more time.
    const isLate = asked && found.outcome.kind === 'unreachable' && signal.aborted;
    return isLate ? { ...found, outcome: { kind: 'unknown' } } : found;
  }

  async function run(following: Following, session: Session, about: Look): Promise<CommitFacts | null> {
    const entry = entryFor(following);
    schedule.begin(entry, now());
    try {
      const looked = await look(following, entry, about);
      // The gateway stops: what came of it may be the stop itself.
      if (!about.asked && about.signal.aborted) return null;
      const applied = await apply(following, looked, session, about);
      note(following, entry, looked.outcome);
      if (applied) entry.known = applied.known;
      else entry.nextAt = now();
      return applied?.commit ?? null;
    } catch (error) {
      schedule.failed(entry, now());
      throw error;
    } finally {
      entry.running = false;
    }
  }

  function note({ global }: Following, entry: Entry, outcome: Outcome): void {
    if (outcome.kind === 'unreachable') {
      schedule.failed(entry, now());
      const { failures, alarmed } = entry;
      entry.alarmed ||= failures >= ALARM;
      if (failures === 1 || entry.alarmed !== alarmed) {
        log.warn('A git file cannot be read', { globalSecret: idOf(global.key), reason: outcome.reason, failures });
      }
      return;
    }
    schedule.succeeded(entry, now());
    if (outcome.kind === 'unknown') entry.nextAt = now();
  }

  return { entryFor, run };
}
export type Runs = ReturnType<typeof createRuns>;
