import { LRUCache } from 'lru-cache';
import type { AddonValue } from '../../domain/types.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Log } from '../../kernel/log.ts';
import type { LoadedPlugin, Plugins } from '../../plugin/plugin.ts';
import { idOf } from '../../vault/document.ts';
import { type Asked, askPlugin, type Trouble, type TroubleDetail } from './ask.ts';
import type { StoredAddon } from './model.ts';
import type { SeenDigest } from './seen.ts';

/** What an addon yields now. The same object as long as nothing in it changed. */
export interface Outcome {
  readonly values: ReadonlyMap<string, AddonValue>;
  /** Whether it may be another one later, without any commit. */
  readonly volatile: boolean;
  /** These are the last good values; the provider does not answer. */
  readonly stale: boolean;
}

interface Good {
  readonly at: number;
  /** Of the addon, as far as these values are known to be what was last seen of it. */
  readonly revision: number;
  readonly bytes: number;
  readonly fresh: Outcome;
  readonly stale: Outcome;
}
interface Failure {
  readonly count: number;
  readonly retryAt: number;
  readonly outcome: Outcome;
}
interface Entry {
  readonly good: Good | null;
  /** Of the last times in a row; null: the last time went well. */
  readonly failure: Failure | null;
  /** An answer is under way, and was not waited for any longer. */
  readonly isLate?: boolean;
}

export interface AddonValuesDeps {
  readonly plugins: Plugins;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits;
  /** Bytes of values kept between requests; 0 keeps none. */
  readonly cacheBytes: number;
  readonly digestOf: SeenDigest;
}

const NOTHING: Entry = { good: null, failure: null };
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** The revision that brought an addon's present parameters. */
export const paramsRevisionOf = ({ fields, revision }: Pick<StoredAddon, 'fields' | 'revision'>): number =>
  fields.paramsRevision ?? revision;

/** What addons yield now, as far as anybody knows. */
export interface AddonValuesNow {
  /**
   * Never rejects because of a plugin. `keyNames`: what links ask of it. `isPatient`: when others were seen to have come, older
   * ones do not stand in for them while the provider is asked.
   */
  valuesOf(addon: StoredAddon, keyNames: readonly string[], isPatient: boolean): Promise<Outcome>;
  /** Waits for the provider unless its answer is new; null when it does not give one, or must not be asked yet. */
  fresh(addon: StoredAddon): Promise<Outcome | null>;
}

const MAX_ENTRIES = 10_000;

type AskingDeps = Pick<AddonValuesDeps, 'clock' | 'log' | 'limits' | 'cacheBytes'>;

/** What plugins said, by the addon and the parameters that they were asked with; none is asked two times at once. */
function createAsking({ clock, log, limits, cacheBytes }: AskingDeps) {
  const maxSize = Math.max(cacheBytes, 1_000_000);
  const least = Math.ceil(maxSize / MAX_ENTRIES);
  const entries = new LRUCache<string, Entry>({
    maxSize,
    // Not by `max`, which takes room for all at once.
    sizeCalculation: ({ good }) => Math.max(500 + (good?.bytes ?? 0), least),
  });
  const underWay = new Map<string, Promise<Entry>>();

  async function refresh(name: string, plugin: LoadedPlugin, addon: StoredAddon): Promise<Entry> {
    const asked = await askPlugin({ plugin, id: idOf(addon.key), params: addon.body().params, limits });
    const entry = entryAfter(entries.get(name) ?? NOTHING, asked, plugin, {
      at: clock().getTime(),
      revision: addon.revision,
    });
    entries.set(name, cacheBytes === 0 ? { ...entry, good: null } : entry);
    if (!asked.ok) {
      const [, project = '', id = ''] = addon.key;
      log.warn('An addon yields nothing', {
        addon: `${project}/${id}`,
        plugin: plugin.facts.id,
        reason: asked.detail ?? asked.trouble,
      });
    }
    return entry;
  }

  function ask(name: string, plugin: LoadedPlugin, addon: StoredAddon): Promise<Entry> {
    const running = underWay.get(name) ?? refresh(name, plugin, addon).finally(() => underWay.delete(name));
    underWay.set(name, running);
    return running;
  }

  return { entries, ask };
}

/** Asks plugins no more often than needed, and never two times at once for one addon. */
export function createAddonValues(deps: AddonValuesDeps): AddonValuesNow {
  const { plugins, clock, limits, digestOf } = deps;
  const { entries, ask } = createAsking(deps);

  const isFresh = ({ good }: Entry, { kind }: StoredAddon): boolean =>
    good !== null && (kind === 'addon' || clock().getTime() - good.at < limits.addonTtlMs);
  const canStandIn = ({ good }: Entry): boolean => good !== null && clock().getTime() - good.at < limits.addonStaleMs;

  const mayAsk = ({ failure }: Entry): boolean => failure === null || clock().getTime() >= failure.retryAt;
  const nameOf = (addon: StoredAddon): string => [addon.kind, ...addon.key, paramsRevisionOf(addon)].join('\0');

  function pluginOf({ kind, fields }: StoredAddon): LoadedPlugin | null {
    const plugin = plugins.byId.get(fields.provider);
    return plugin?.facts.kind === kind ? plugin : null;
  }

  /** Whether another process saw other values since these came, and so everybody was told of them. */
  function isOutdated(name: string, entry: Entry, addon: StoredAddon): boolean {
    const { good } = entry;
    if (good === null || addon.kind === 'addon' || addon.revision <= good.revision) return false;
    const { observed } = addon.body();
    if (observed !== null && observed.digest !== digestOf(addon, good.fresh.values)) return true;
    entries.set(name, { ...entry, good: { ...good, revision: addon.revision } });
    return false;
  }

  /** The entry of a plugin that was asked now, or of one that need not or must not be asked. */
  async function present(plugin: LoadedPlugin, addon: StoredAddon, isPatient: boolean): Promise<Entry> {
    const name = nameOf(addon);
    const known = entries.get(name) ?? NOTHING;
    const outdated = isOutdated(name, known, addon);
    if ((isFresh(known, addon) && !outdated) || !mayAsk(known)) return known;
    const answer = ask(name, plugin, addon);
    return canStandIn(known) && !(outdated && isPatient)
      ? orAfter(answer, limits.addonPatienceMs, { ...known, isLate: true })
      : answer;
  }

  return {
    async valuesOf(addon, keyNames, isPatient) {
      const plugin = pluginOf(addon);
      if (!plugin) return missing(keyNames);
      const entry = await present(plugin, addon, isPatient);
      const { good, failure, isLate } = entry;
      if (good && failure === null && !isLate) return good.fresh;
      if (good && canStandIn(entry)) return good.stale;
      return failure?.outcome ?? missing(keyNames);
    },
    async fresh(addon) {
      const plugin = pluginOf(addon);
      const name = nameOf(addon);
      const known = entries.get(name) ?? NOTHING;
      if (!plugin || !mayAsk(known)) return null;
      const isGood = isFresh(known, addon) && !isOutdated(name, known, addon);
      const { good, failure } = isGood ? known : await ask(name, plugin, addon);
      return failure === null ? (good?.fresh ?? null) : null;
    },
  };
}

const missingByKeys = new LRUCache<string, Outcome>({ max: 1_000 });

/** Of a provider that is not loaded: known until the next start. */
function missing(keyNames: readonly string[]): Outcome {
  const name = keyNames.join('\0');
  const known = missingByKeys.get(name) ?? outcomeOf(failing('PROVIDER_MISSING', keyNames), false);
  missingByKeys.set(name, known);
  return known;
}

function outcomeOf(values: ReadonlyMap<string, AddonValue>, volatile: boolean, stale = false): Outcome {
  return { values, volatile, stale };
}

/** Every key with the reason. */
function failing(
  reason: Trouble,
  keyNames: Iterable<string>,
  detail: TroubleDetail | null = null,
): ReadonlyMap<string, AddonValue> {
  const value: AddonValue = detail ? { ok: false, reason, detail } : { ok: false, reason };
  return new Map([...keyNames].map((name) => [name, value]));
}

function entryAfter(
  { good, failure }: Entry,
  asked: Asked,
  plugin: LoadedPlugin,
  { at, revision }: Pick<Good, 'at' | 'revision'>,
): Entry {
  if (asked.ok) {
    const volatile = plugin.facts.kind === 'external-addon';
    const fresh = outcomeOf(asked.values, volatile);
    const stale = outcomeOf(asked.values, true, true);
    return { good: { at, revision, bytes: asked.bytes, fresh, stale }, failure: null };
  }
  const count = (failure?.count ?? 0) + 1;
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(count - 1, 10));
  const outcome = outcomeOf(failing(asked.trouble, plugin.keys.keys(), asked.detail), true);
  return { good, failure: { count, retryAt: at + wait, outcome } };
}

async function orAfter<T>(answer: Promise<T>, ms: number, instead: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(resolve, ms, instead).unref();
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
