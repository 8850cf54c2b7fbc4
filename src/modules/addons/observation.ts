import type { Session } from '../../access/session.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Job } from '../../kernel/job.ts';
import type { Limits } from '../../kernel/limits.ts';
import { changesOf } from '../../vault/change.ts';
import { groupsLinking } from '../secret-groups/linking.ts';
import { documentOf, linksTo, type StoredAddon } from './model.ts';
import type { SeenDigest } from './seen.ts';
import type { Sweep } from './sweep.ts';
import { type AddonValuesNow, paramsRevisionOf } from './values.ts';

export interface ObservationDeps {
  readonly sweep: Sweep;
  readonly digestOf: SeenDigest;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly now: AddonValuesNow;
}

/**
 * Asks linked external addons what their values are, and commits that they changed: the log, and whoever follows it, learns of it.
 * At most once a time to live for each, however often they change; nothing is committed when nothing changed or nobody answered.
 */
export function createObservation({ sweep, digestOf, clock, limits, now }: ObservationDeps): Job {
  const isDue = ({ observed }: ReturnType<StoredAddon['body']>): boolean =>
    observed === null || clock().getTime() - Date.parse(observed.at) >= limits.addonTtlMs;

  async function observe(addon: StoredAddon, session: Session): Promise<void> {
    const [, project = '', slug = ''] = addon.key;
    if (addon.deleted || addon.kind !== 'external-addon' || !isDue(addon.body())) return;
    const links = await session.read((view) => groupsLinking(project, linksTo(addon), view));
    const outcome = links.length > 0 ? await now.fresh(addon) : null;
    if (!outcome) return;
    const digest = digestOf(addon, outcome.values);
    const type = documentOf(addon.kind);
    await session.runIf({
      operation: 'externalAddon.observe',
      subject: addon.key,
      find: async (view) => (await view.set(type, project)).get(slug),
      decide(before) {
        if (!before || before.deleted || paramsRevisionOf(before) !== paramsRevisionOf(addon)) return null;
        const body = before.body();
        if (body.observed?.digest === digest || !isDue(body)) return null;
        const at = clock().toISOString();
        // Its parameters stay, and so do the values made of them.
        const fields = { ...before.fields, paramsRevision: paramsRevisionOf(before) };
        return { changes: [changesOf(type).replace(before, fields, { ...body, observed: { digest, at } })] };
      },
    });
  }

  return {
    name: 'observe external addons',
    everyMs: Math.max(1_000, limits.addonTtlMs),
    run: (signal) => sweep('system:addons', signal, observe),
  };
}
