import type { AccessService } from '../../access/service.ts';
import type { Session } from '../../access/session.ts';
import { subjectOf, Value } from '../../audit/reveal.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Job } from '../../kernel/job.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Log } from '../../kernel/log.ts';
import type { Keys } from '../../keys/keys.ts';
import type { Plugins } from '../../plugin/plugin.ts';
import type { Json } from '../../store/port.ts';
import type { Vault } from '../../vault/port.ts';
import { visibleProject } from '../projects/lookup.ts';
import { createBareHostWarning } from './bare-hosts.ts';
import { createChecks } from './check.ts';
import { createCredentials } from './credentials.ts';
import { createDrawing } from './drawing.ts';
import { createAddonHistory } from './history.ts';
import { createLinkRules } from './link-rules.ts';
import { type AddonKind, documentOf, OPERATION, type StoredAddon } from './model.ts';
import { createObservation } from './observation.ts';
import { maskedParams } from './params.ts';
import { createProviders } from './providers.ts';
import { createRetirement } from './retirement.ts';
import { mayOnAddon } from './rights.ts';
import { createRotation } from './rotation.ts';
import { createSeenDigest } from './seen.ts';
import { createSweep } from './sweep.ts';
import { createAddonValues } from './values.ts';
import { bySlug, createAddonWriting } from './writing.ts';

export interface AddonsDeps {
  readonly vault: Vault;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits;
  readonly plugins: Plugins;
  readonly cacheBytes: number;
  readonly access: Pick<AccessService, 'system' | 'teams'>;
}
export type AddonsService = ReturnType<typeof createAddons>;

/** Backing services that groups link, and what their providers make of them. */
export function createAddons(deps: AddonsDeps) {
  const { vault, keys, clock, limits } = deps;
  const digestOf = createSeenDigest(keys);
  const now = createAddonValues({ ...deps, digestOf });
  const providers = createProviders(deps.plugins);
  const history = createAddonHistory(deps);
  const sweep = createSweep(deps.access, deps.log);
  const jobs: readonly Job[] = [
    createRetirement({ ...deps, sweep, providers }),
    createObservation({ ...deps, sweep, digestOf, now }),
  ];

  function list(kind: AddonKind, project: string, session: Session): Promise<readonly StoredAddon[]> {
    return session.read(async (view) => {
      await visibleProject(project, view, session);
      if (!mayOnAddon(session, 'list', project)) return [];
      const { live } = await view.set(documentOf(kind), project);
      return live.map((stored) => ({ ...stored, kind }));
    });
  }

  /** Without a text when nobody knows which of them are secrets. */
  function params(addon: StoredAddon, session: Session): Value<Json> {
    const isSeen = mayOnAddon(session, 'read', addon.key[1] ?? '');
    return new Value(subjectOf(OPERATION[addon.kind], addon.key), isSeen, () => {
      const provider = providers.of(addon);
      return provider ? maskedParams(provider.facts.params, addon.body().params) : null;
    });
  }

  return {
    bySlug,
    list,
    ...createAddonWriting({ clock, limits, providers, history }),
    params,
    credentials: createCredentials(providers, now),
    providers,
    revisions: history.revisions,
    check: createChecks({ limits, providers }),
    ...createRotation({ ...deps, providers }),
    ...createLinkRules(providers),
    drawn: createDrawing(vault, now),
    warnOfBareHosts: createBareHostWarning({ sweep, log: deps.log, providers }),
    jobs,
  };
}
