import type { Session } from '../../access/session.ts';
import type { Clock } from '../../kernel/clock.ts';
import { conflict, isAppError, limitExceeded, unavailable } from '../../kernel/errors.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Log } from '../../kernel/log.ts';
import { type LoadedPlugin, problemOf } from '../../plugin/plugin.ts';
import { changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import type { Order } from '../../vault/order.ts';
import type { Vault } from '../../vault/port.ts';
import { boundOf, LATE, orLate } from './ask.ts';
import { isGoodParams } from './inputs.ts';
import { documentOf, OPERATION, type Params, type StoredAddon, withRetiring } from './model.ts';
import type { Providers } from './providers.ts';
import { type AddonUpdate, changeableAddon, visibleAddon } from './rights.ts';

export interface RotationDeps {
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits;
  readonly providers: Providers;
}

/** Refusals that are certain: nothing was committed, and nothing will be. */
const CERTAIN: ReadonlySet<string> = new Set([
  'CONFLICT',
  'NOT_FOUND',
  'FORBIDDEN',
  'UNAUTHENTICATED',
  'LIMIT_EXCEEDED',
  'INTEGRITY',
]);

/** Credentials as providers make them. */
function createCredentials({ log, limits }: Pick<RotationDeps, 'log' | 'limits'>) {
  /** Asks for new credentials, and makes sure that they are parameters as people could have given them. */
  async function made(plugin: LoadedPlugin, addon: StoredAddon): Promise<Params> {
    const id = idOf(addon.key);
    const { params } = addon.body();
    let found: unknown;
    try {
      found = await orLate(() => plugin.rotate({ id, params }), boundOf(plugin, limits));
    } catch (error) {
      throw couldNot(problemOf(error));
    }
    if (found === LATE) throw couldNot('TIMEOUT');
    if (!isGoodParams(found)) throw couldNot('INVALID');
    const problems = await plugin.problemsWith(found).catch(() => null);
    if (problems?.length === 0 && JSON.stringify(found) !== JSON.stringify(params)) return found;
    await withdraw(plugin, addon, found);
    throw couldNot('INVALID');
  }

  /** Credentials that nobody will ever know are removed as far as that goes. */
  async function withdraw(plugin: LoadedPlugin, addon: StoredAddon, fresh: Params): Promise<void> {
    const id = idOf(addon.key);
    const instance = { id, params: addon.body().params, old: fresh };
    await orLate(() => plugin.retire(instance), boundOf(plugin, limits)).catch(() =>
      log.warn('New credentials that were not kept could not be removed', { addon: addon.key.slice(1).join('/') }),
    );
  }

  return { made, withdraw };
}

/** New credentials for addons. The old ones go on working until their time, and are then removed by a job. */
export function createRotation({ vault, clock, log, limits, providers }: RotationDeps) {
  const { made, withdraw } = createCredentials({ log, limits });

  function rotate(ref: AddonUpdate, overlapSeconds: number, session: Session) {
    const key = [session.principal.team, ref.project, ref.slug, ref.kind, 'rotation'];
    // One at a time; other changes of the addon need not wait for its provider.
    return vault.exclusive(key, async () => {
      const seen = await session.ready(changeableAddon(ref, 'write', session));
      const plugin = providers.of(seen);
      if (!plugin?.abilities.rotate) throw conflict('WRONG_STATE', 'The provider cannot rotate credentials');
      requireRoom(seen);
      const fresh = await made(plugin, seen);
      try {
        const { commit } = await session.run(rotated(ref, seen, fresh, overlapSeconds, session));
        return { addon: await session.read((view) => visibleAddon(ref, view, session)), commit };
      } catch (error) {
        // An answer that was lost may have been a yes.
        if (isAppError(error) && CERTAIN.has(error.code)) await withdraw(plugin, seen, fresh);
        throw error;
      }
    });
  }

  const rotated = (
    ref: AddonUpdate,
    seen: StoredAddon,
    fresh: Params,
    overlapSeconds: number,
    session: Session,
  ): Order<StoredAddon> => ({
    operation: `${OPERATION[ref.kind]}.rotate`,
    subject: [session.principal.team, ref.project, ref.slug],
    // The provider made them for the parameters that were seen, whatever else changed meanwhile.
    ...changeableAddon({ ...ref, expectedRevision: null }, 'write', session),
    decide(before) {
      const body = before.body();
      if (JSON.stringify(body.params) !== JSON.stringify(seen.body().params)) {
        throw conflict('CHANGED_MEANWHILE', 'The parameters were changed meanwhile; try again', {
          currentRevision: before.revision,
        });
      }
      const now = clock();
      const at = now.toISOString();
      const until = new Date(now.getTime() + overlapSeconds * 1_000).toISOString();
      const fields = { ...before.fields, rotatedAt: at, updatedAt: at, paramsRevision: before.revision + 1 };
      const next = withRetiring(fields, { ...body, params: fresh }, [...body.retiring, { params: body.params, until }]);
      const change = changesOf(documentOf(ref.kind)).replace(before, next.fields, next.body);
      return { changes: [change], room: () => requireRoom(before) };
    },
  });

  function requireRoom(addon: StoredAddon): void {
    const count = addon.body().retiring.length;
    const max = limits.retiringPerAddon;
    if (count >= max) throw limitExceeded('old credentials of an addon', max, count + 1, 'retiringPerAddon');
  }

  return { rotate };
}

/** In a code of ours: a provider's words might quote a value. */
const couldNot = (reason: string) => unavailable(`The provider made no new credentials: ${reason}`);
