import type { Session } from '../../access/session.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Job } from '../../kernel/job.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Log } from '../../kernel/log.ts';
import { recent } from '../../kernel/recent.ts';
import { problemOf } from '../../plugin/plugin.ts';
import { changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import { boundOf, LATE, orLate } from './ask.ts';
import { documentOf, OPERATION, type Retiring, type StoredAddon, withRetiring } from './model.ts';
import type { Providers } from './providers.ts';
import type { Sweep } from './sweep.ts';

export interface RetirementDeps {
  readonly sweep: Sweep;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits;
  readonly providers: Providers;
}

const EVERY_MS = 30_000;
const LONGEST_WAIT_MS = 3_600_000;
const same = (a: Retiring, b: Retiring): boolean => a.until === b.until && JSON.stringify(a) === JSON.stringify(b);

/**
 * Removes old credentials whose time is over, of deleted addons too. First at the provider, then, once they are gone there, from the
 * store: whatever dies in between, the provider is asked again.
 */
export function createRetirement({ sweep, clock, log, limits, providers }: RetirementDeps): Job {
  /** Addon -> when to try again after how many failures. */
  const waiting = recent<{ readonly failures: number; readonly until: number }>(10_000);

  async function retire(addon: StoredAddon, session: Session): Promise<void> {
    const name = [addon.kind, ...addon.key].join('\0');
    const now = clock();
    if ((waiting.get(name)?.until ?? 0) > now.getTime()) return;
    const plugin = providers.of(addon);
    if (!plugin) return;
    const { params, retiring } = addon.body();
    for (const due of retiring.filter(({ until }) => until <= now.toISOString())) {
      const instance = { id: idOf(addon.key), params, old: due.params };
      try {
        if ((await orLate(() => plugin.retire(instance), boundOf(plugin, limits))) === LATE) throw new Error('late');
      } catch (error) {
        const failures = (waiting.get(name)?.failures ?? 0) + 1;
        const wait = Math.min(LONGEST_WAIT_MS, EVERY_MS * 2 ** Math.min(failures, 10));
        waiting.set(name, { failures, until: now.getTime() + wait });
        const which = { addon: addon.key.slice(1).join('/'), plugin: plugin.facts.id };
        return log.warn('Old credentials could not be removed', { ...which, reason: problemOf(error) });
      }
      await forget(addon, due, session);
    }
    waiting.delete(name);
  }

  /** Other processes do the same: who comes second finds nothing to forget. */
  async function forget(addon: StoredAddon, gone: Retiring, session: Session): Promise<void> {
    const [, project = '', slug = ''] = addon.key;
    const type = documentOf(addon.kind);
    await session.runIf({
      operation: `${OPERATION[addon.kind]}.retire`,
      subject: addon.key,
      find: async (view) => (await view.set(type, project)).get(slug),
      decide(before) {
        const body = before?.body();
        const rest = body?.retiring.filter((each) => !same(each, gone));
        if (!before || !body || !rest || rest.length === body.retiring.length) return null;
        const next = withRetiring({ ...before.fields, updatedAt: clock().toISOString() }, body, rest);
        const { erase, replace } = changesOf(type);
        return { changes: [(before.deleted ? erase : replace)(before, next.fields, next.body)] };
      },
    });
  }

  return {
    name: 'retire old credentials',
    everyMs: EVERY_MS,
    run: (signal) =>
      sweep('system:rotation', signal, async (addon, session) => {
        const now = clock().toISOString();
        // The plain fields tell, so that nothing is opened for nothing.
        if (addon.fields.retiringUntil?.some((until) => until <= now)) await retire(addon, session);
      }),
  };
}
