import type { Session } from '../../access/session.ts';
import type { Clock } from '../../kernel/clock.ts';
import { conflict } from '../../kernel/errors.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { CommitFacts } from '../../vault/change.ts';
import { changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import type { Vault } from '../../vault/port.ts';
import type { Inspect } from '../certificates/inspection.ts';
import { createKeeping } from '../global-secrets/history.ts';
import { createInspected } from '../global-secrets/inspected.ts';
import { createSizeCheck } from '../global-secrets/limits.ts';
import { globalDocument } from '../global-secrets/model.ts';
import { type Following, followingIn } from './following.ts';
import type { Found } from './git-read.ts';
import { accountChecks } from './gitops.ts';
import type { Known } from './schedule.ts';
import { decideSync } from './sync-decide.ts';
import { syncDocument } from './sync-model.ts';

const globals = changesOf(globalDocument);
const syncs = changesOf(syncDocument);

/** How a git file is looked at. */
export interface Look {
  readonly asked: boolean;
  readonly acceptRewrite: boolean;
  readonly signal: AbortSignal;
  readonly expectedRevision?: number | null | undefined;
}

export interface Applied {
  /** null: it was not worth one. */
  readonly commit: CommitFacts | null;
  readonly known: Known;
}

/** Whether what was read is still what is to be read, into the state that it was read for. */
const isSameTask = (now: Following, read: Following): boolean =>
  JSON.stringify(now.gitops) === JSON.stringify(read.gitops) &&
  now.secretAccounts === read.secretAccounts &&
  now.sync.body().status.commit === read.sync.body().status.commit;

interface ApplyingDeps {
  readonly vault: Vault;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly inspect: Inspect;
}

/** Brings what a git file says into the global secret that follows it. */
export function createApplying(deps: ApplyingDeps) {
  const { clock, limits, inspect } = deps;
  const requireWithinLimits = createSizeCheck(limits);
  const inspected = createInspected(inspect);
  const { keeping, syncKeeping } = createKeeping(deps);

  /** Writes what came of a look, if that is news. null: the settings or the state have moved on meanwhile, and it counts for nothing. */
  async function apply(read: Following, looked: Found, session: Session, about: Look): Promise<Applied | null> {
    const slug = idOf(read.global.key);
    const last: { known: Known | null } = { known: null };
    const written = await session.runIf({
      operation: 'globalSecret.sync',
      subject: read.global.key,
      async find(view) {
        const now = await followingIn(view, slug);
        const checks = await accountChecks(looked, read.global.fields.type, view);
        if (now && checks && isSameTask(now, read)) return { now, checks };
        if (!about.asked) return null;
        throw conflict('CHANGED_MEANWHILE', 'The global secret changed while its git file was read; try again');
      },
      seen: (found) => ({ expected: about.expectedRevision, present: found?.now.global ?? null }),
      async decide(found) {
        last.known = null;
        if (!found) return null;
        const { global, sync } = found.now;
        const body = global.body();
        const { status, ...kept } = sync.body();
        const at = clock().toISOString();
        const decision = decideSync(body, status, looked.outcome, { ...about, at, requireWithinLimits });
        const { seen, commit: taken } = decision.status;
        last.known = { seen, taken, revision: sync.revision + (decision.isNews ? 1 : 0) };
        if (!decision.isNews) return null;
        const fields = { ...global.fields, updatedAt: at };
        const change = decision.body
          ? globals.replace(global, fields, await inspected(decision.body, session.work))
          : globals.unchanged(global);
        const followed = syncs.replace(sync, {}, { ...kept, status: decision.status });
        return { changes: [change, followed], guards: found.checks };
      },
      keeps: [keeping, syncKeeping],
    });
    return last.known && { commit: written?.commit ?? null, known: last.known };
  }

  return apply;
}
