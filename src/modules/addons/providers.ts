import { invalidInput } from '../../kernel/errors.ts';
import type { LoadedPlugin, Plugins } from '../../plugin/plugin.ts';
import type { AddonKind, StoredAddon } from './model.ts';

export type Providers = ReturnType<typeof createProviders>;

/** The plugins that are loaded, as addons call them. */
export function createProviders(plugins: Plugins) {
  /** By id. */
  function list(kind: AddonKind | null): readonly LoadedPlugin[] {
    const all = [...plugins.byId.values()];
    return all
      .filter(({ facts }) => kind === null || facts.kind === kind)
      .sort((a, b) => (a.facts.id < b.facts.id ? -1 : 1));
  }

  /** null: it is not loaded. */
  function of({ kind, fields }: Pick<StoredAddon, 'kind' | 'fields'>): LoadedPlugin | null {
    const provider = plugins.byId.get(fields.provider);
    return provider?.facts.kind === kind ? provider : null;
  }

  /** `kind` null: of either. */
  function required(kind: AddonKind | null, id: string): LoadedPlugin {
    const found = plugins.byId.get(id);
    if (found && (kind === null || found.facts.kind === kind)) return found;
    const known = list(kind).map(({ facts }) => facts.id);
    const message = `must be the id of a provider that is loaded: ${known.slice(0, 50).join(', ') || 'there is none'}`;
    throw invalidInput([{ path: ['provider'], rule: 'enum', message }]);
  }

  return { list, of, required };
}
