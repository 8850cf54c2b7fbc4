import type { AccessService } from '../../access/service.ts';
import type { Session } from '../../access/session.ts';
import { isAppError } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import { idOf } from '../../vault/document.ts';
import { projectDocument } from '../projects/model.ts';
import { documentOf, KINDS, type StoredAddon } from './model.ts';

/** Goes through all addons of all teams, deleted ones too. One that fails does not keep the others waiting. */
export type Sweep = (
  actor: `system:${string}`,
  signal: AbortSignal,
  visit: (addon: StoredAddon, session: Session) => Promise<void>,
) => Promise<void>;

/** Addons that are visited at the same time: most of a visit is waiting for a provider. */
const AT_ONCE = 8;

export function createSweep(access: Pick<AccessService, 'system' | 'teams'>, log: Log): Sweep {
  async function addonsOf(session: Session): Promise<readonly StoredAddon[]> {
    return session.read(async (view) => {
      const projects = (await view.set(projectDocument)).intact
        .filter(({ deleted }) => !deleted)
        .map(({ key }) => idOf(key));
      const found: StoredAddon[] = [];
      for (const project of projects) {
        for (const kind of KINDS) {
          const { intact } = await view.set(documentOf(kind), project);
          found.push(...intact.map((stored) => ({ ...stored, kind })));
        }
      }
      return found;
    });
  }

  return async (actor, signal, visit) => {
    for (const team of await access.teams()) {
      const addons = [...(await addonsOf(await access.system(team, actor)))];
      const worker = async (): Promise<void> => {
        for (let addon = addons.pop(); addon && !signal.aborted; addon = addons.pop()) {
          // A session lives as long as one piece of work.
          const session = await access.system(team, actor);
          const { key } = addon;
          await visit(addon, session).catch((error: unknown) =>
            log.warn('An addon could not be seen to', {
              addon: key.slice(1).join('/'),
              code: isAppError(error) ? error.code : 'INTERNAL',
            }),
          );
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
    }
  };
}
