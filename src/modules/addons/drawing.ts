import type { AddonLink, AddonValues } from '../../domain/types.ts';
import type { Vault, View } from '../../vault/vault.ts';
import { type AddonKind, documentOf } from './model.ts';
import type { AddonValuesNow, Outcome } from './values.ts';

/** What linked addons bring to a resolution. */
export interface Drawn {
  readonly addons: AddonValues;
  /** The same objects as long as nothing in them changed. */
  readonly outcomes: readonly Outcome[];
  /** Those that gave their last good values, as in `addons`. */
  readonly stale: ReadonlySet<string>;
}

export const createDrawing = (vault: Vault, now: AddonValuesNow) =>
  /** What these links draw on, each addon asked once; `at` an earlier commit: by the parameters of then. */
  async function drawn(links: readonly AddonLink[], project: string, view: View, at: number | null): Promise<Drawn> {
    const found = await Promise.all(
      [...byAddon(links)].map(async ([name, { kind, id, keyNames }]) => {
        const present = (await view.set(documentOf(kind), project)).get(id);
        const stored = present && at !== null ? await vault.asOf(documentOf(kind), present, at) : present;
        if (!stored || stored.deleted) return null;
        return [name, await now.valuesOf({ ...stored, kind }, keyNames)] as const;
      }),
    );
    const outcomes = new Map(found.filter((each) => each !== null));
    const addons = new Map([...outcomes].map(([name, { values }]) => [name, values]));
    const stale = new Set([...outcomes].filter(([, outcome]) => outcome.stale).map(([name]) => name));
    return { addons, outcomes: [...outcomes.values()], stale };
  };

function byAddon(links: readonly AddonLink[]) {
  const addons = new Map<string, { readonly kind: AddonKind; readonly id: string; readonly keyNames: string[] }>();
  for (const { addonKind: kind, addonId: id, keys } of links) {
    const name = `${kind}/${id}`;
    const addon = addons.get(name) ?? { kind, id, keyNames: [] };
    addon.keyNames.push(...keys.map(({ keyName }) => keyName));
    addons.set(name, addon);
  }
  return addons;
}
