import type { Session } from '../../access/session.ts';
import { forbidden } from '../../kernel/errors.ts';
import type { Limits } from '../../kernel/limits.ts';
import { type FailureReason, type LoadedPlugin, problemOf } from '../../plugin/plugin.ts';
import { idOf } from '../../vault/document.ts';
import { visibleProject } from '../projects/lookup.ts';
import { boundOf, LATE, orLate } from './ask.ts';
import type { Params } from './model.ts';
import { requireParams } from './params.ts';
import type { Providers } from './providers.ts';
import { type AddonRef, changeableAddon, mayOnAddon } from './rights.ts';

/** Why an addon does not do what it should; null: it does. */
export type Problem = FailureReason | 'PROVIDER_MISSING';

/** What is not stored yet: as a form has it. */
export interface Draft {
  readonly project: string;
  readonly provider: string;
  readonly params: Params;
}

export interface CheckDeps {
  readonly limits: Limits;
  readonly providers: Providers;
}

/** Tries addons, stored or not. Nothing is changed; but the gateway connects somewhere, so whoever asks must be one who may write. */
export function createChecks({ limits, providers }: CheckDeps) {
  async function problemWith(plugin: LoadedPlugin, id: string, params: unknown): Promise<Problem | null> {
    if (!plugin.abilities.check) return 'UNSUPPORTED';
    try {
      const found = await orLate(() => plugin.check({ id, params }), boundOf(plugin, limits));
      return found === LATE ? 'TIMEOUT' : null;
    } catch (error) {
      return problemOf(error);
    }
  }

  async function stored(ref: AddonRef, session: Session): Promise<Problem | null> {
    const addon = await session.ready(changeableAddon(ref, 'write', session));
    const plugin = providers.of(addon);
    return plugin ? problemWith(plugin, idOf(addon.key), addon.body().params) : 'PROVIDER_MISSING';
  }

  async function draft({ project, provider, params }: Draft, session: Session): Promise<Problem | null> {
    await session.read((view) => visibleProject(project, view, session));
    if (!mayOnAddon(session, 'write', project)) throw forbidden();
    const plugin = providers.required(null, provider);
    await requireParams(plugin, params);
    return problemWith(plugin, 'draft', params);
  }

  return { stored, draft };
}
