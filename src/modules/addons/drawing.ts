import type { AddonLink, AddonValues } from '../../domain/types.ts';
import type { Vault } from '../../vault/port.ts';
import { evenReading, type View } from '../../vault/reading.ts';
import { type AddonKind, documentOf } from './model.ts';
import { type AddonValuesNow, type Outcome, paramsRevisionOf } from './values.ts';

/** What linked addons bring to a resolution. */
export interface Drawn {
  readonly addons: AddonValues;
  /** The same objects as long as nothing in them changed. */
  readonly outcomes: readonly Outcome[];
  /** Those that gave their last good values, as in `addons`. */
  readonly stale: ReadonlySet<string>;
  /** The revisions that set their parameters. */
  readonly versions: ReadonlyMap<string, number>;
}

/** Whether what they bring is the same, and was set by the same revisions. */
export const isSameDrawn = (a: Drawn, b: Drawn): boolean =>
  a.outcomes.length === b.outcomes.length &&
  a.outcomes.every((outcome, i) => outcome === b.outcomes[i]) &&
  [...a.versions].every(([name, revision]) => b.versions.get(name) === revision);

/** Of the links, and when they are looked at. */
export interface Place {
  readonly project: string;
  readonly view: View;
  /** An earlier commit: by the parameters of then; null: now. */
  readonly at: number | null;
  /** As for the values of one addon. */
  readonly isPatient: boolean;
}

export const createDrawing = (vault: Vault, now: AddonValuesNow) =>
  /** What these links draw on, each addon asked once. */
  async function drawn(links: readonly AddonLink[], { project, view, at, isPatient }: Place): Promise<Drawn> {
    const found = await Promise.all(
      [...byAddon(links)].map(async ([name, { kind, id, keyNames }]) => {
        const present = (await view.set(documentOf(kind), project)).get(id);
        const stored =
          present && at !== null ? await vault.asOf(documentOf(kind), present, at, evenReading(view.work)) : present;
        if (!stored || stored.deleted) return null;
        return [name, await now.valuesOf({ ...stored, kind }, keyNames, isPatient), paramsRevisionOf(stored)] as const;
      }),
    );
    const there = found.filter((each) => each !== null);
    const outcomes = new Map(there.map(([name, outcome]) => [name, outcome]));
    const versions = new Map(there.map(([name, , revision]) => [name, revision]));
    const addons = new Map([...outcomes].map(([name, { values }]) => [name, values]));
    const stale = new Set([...outcomes].filter(([, outcome]) => outcome.stale).map(([name]) => name));
    return { addons, outcomes: [...outcomes.values()], stale, versions };
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
