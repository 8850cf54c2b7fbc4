import type { Session } from '../../access/session.ts';
import { subjectOf, Value } from '../../audit/reveal.ts';
import type { Sensitivity } from '../../domain/types.ts';
import { forbidden } from '../../kernel/errors.ts';
import { OPERATION, type StoredAddon } from './model.ts';
import type { Providers } from './providers.ts';
import { mayOnAddon } from './rights.ts';
import type { AddonValuesNow } from './values.ts';

/** One key of an addon, for one viewer. */
export interface CredentialRow {
  readonly name: string;
  readonly type: Sensitivity;
  /** Whether there is a value; one that is not seen may be none. */
  readonly value: Value;
}

export interface Credentials {
  readonly rows: readonly CredentialRow[];
  /** Whether they may be others later, without any commit. */
  readonly volatile: boolean;
}

/** What an addon's provider gives now, for whoever may read the addon; what is a secret, for whoever may resolve it. */
export const createCredentials = (providers: Providers, now: AddonValuesNow) =>
  async function credentials(addon: StoredAddon, session: Session): Promise<Credentials> {
    const [, project = ''] = addon.key;
    if (!mayOnAddon(session, 'read', project)) throw forbidden('You do not have permission to read the addon');
    const keys = [...(providers.of(addon)?.keys ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    // As a resolution with one link: the provider may be asked.
    await session.work.spend({ resolutions: 1, documents: 1 });
    const names = keys.map(([name]) => name);
    const { values, volatile } = await now.valuesOf(addon, names, false);
    const isResolved = mayOnAddon(session, 'resolve', project);
    const of = subjectOf(OPERATION[addon.kind], addon.key);
    const rows = keys.map(([name, { sensitive }]) => {
      const open = (): string | null => {
        const found = values.get(name);
        return found?.ok ? found.value : null;
      };
      return {
        name,
        type: sensitive ? 'secret' : 'config',
        value: new Value(of, !sensitive || isResolved, open),
      } as const;
    });
    return { rows, volatile };
  };
