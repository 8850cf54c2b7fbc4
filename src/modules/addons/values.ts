import { LRUCache } from 'lru-cache';
import type { AddonValue } from '../../domain/types.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Log } from '../../kernel/log.ts';
import type { LoadedPlugin, Plugins } from '../../plugin/plugin.ts';
import { idOf } from '../../vault/document.ts';
import { type Asked, askPlugin, type Trouble } from './ask.ts';
import type { StoredAddon } from './model.ts';

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
}

const NOTHING: Entry = { good: null, failure: null };
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** The revision that brought an addon's present parameters. */
export const paramsRevisionOf = ({ fields, revision }: Pick<StoredAddon, 'fields' | 'revision'>): number =>
  fields.paramsRevision ?? revision;

/** What addons yield now, as far as anybody knows. */
export interface AddonValuesNow {
  /** Never rejects because of a plugin. `keyNames`: what links ask of it. */
  valuesOf(addon: StoredAddon, keyNames: readonly string[]): Promise<Outcome>;
  /** Waits for the provider unless its answer is new; null when it does not give one, or must not be asked yet. */
  fresh(addon: StoredAddon): Promise<Outcome | null>;
}

/** Asks plugins no more often than needed, and never two times at once for one addon. */
export function createAddonValues({ plugins, clock, log, limits, cacheBytes }: AddonValuesDeps): AddonValuesNow {
  const entries = new LRUCache<string, Entry>({
    max: 10_000,
    maxSize: Math.max(cacheBytes, 1_000_000),
    sizeCalculation: ({ good }) => 500 + (good?.bytes ?? 0),
  });
  const underWay = new Map<string, Promise<Entry>>();

  async function refresh(name: string, plugin: LoadedPlugin, addon: StoredAddon): Promise<Entry> {
    const asked = await askPlugin({ plugin, id: idOf(addon.key), params: addon.body().params, limits });
    const entry = entryAfter(entries.get(name) ?? NOTHING, asked, plugin, clock().getTime());
    entries.set(name, cacheBytes === 0 ? { ...entry, good: null } : entry);
    if (!asked.ok) {
      const [, project = '', id = ''] = addon.key;
      log.warn('An addon yields nothing', {
        addon: `${project}/${id}`,
        plugin: plugin.facts.id,
        reason: asked.trouble,
      });
    }
    return entry;
  }

  function ask(name: string, plugin: LoadedPlugin, addon: StoredAddon): Promise<Entry> {
    const running = underWay.get(name) ?? refresh(name, plugin, addon).finally(() => underWay.delete(name));
    underWay.set(name, running);
    return running;
  }

  const isFresh = ({ good }: Entry, { kind }: StoredAddon): boolean =>
    good !== null && (kind === 'addon' || clock().getTime() - good.at < limits.addonTtlMs);
  const canStandIn = ({ good }: Entry): boolean => good !== null && clock().getTime() - good.at < limits.addonStaleMs;

  const mayAsk = ({ failure }: Entry): boolean => failure === null || clock().getTime() >= failure.retryAt;
  const nameOf = (addon: StoredAddon): string => [addon.kind, ...addon.key, paramsRevisionOf(addon)].join('\0');

  function pluginOf({ kind, fields }: StoredAddon): LoadedPlugin | null {
    const plugin = plugins.byId.get(fields.provider);
    return plugin?.facts.kind === kind ? plugin : null;
  }

  /** The entry of a plugin that was asked now, or of one that need not or must not be asked. */
  async function present(plugin: LoadedPlugin, addon: StoredAddon): Promise<Entry> {
    const name = nameOf(addon);
    const known = entries.get(name) ?? NOTHING;
    if (isFresh(known, addon) || !mayAsk(known)) return known;
    const answer = ask(name, plugin, addon);
    return canStandIn(known) ? orAfter(answer, limits.addonPatienceMs, { ...known, isLate: true }) : answer;
  }

  return {
    async valuesOf(addon, keyNames) {
      const plugin = pluginOf(addon);
      if (!plugin) return missing(keyNames);
      const entry = await present(plugin, addon);
      const { good, failure, isLate } = entry;
      if (good && failure === null && !isLate) return good.fresh;
      if (good && canStandIn(entry)) return good.stale;
      return failure?.outcome ?? missing(keyNames);
    },
    async fresh(addon) {
      const plugin = pluginOf(addon);
      const known = entries.get(nameOf(addon)) ?? NOTHING;
      if (!plugin || !mayAsk(known)) return null;
      const { good, failure } = isFresh(known, addon) ? known : await ask(nameOf(addon), plugin, addon);
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
function failing(reason: Trouble, keyNames: Iterable<string>): ReadonlyMap<string, AddonValue> {
  const value: AddonValue = { ok: false, reason };
  return new Map([...keyNames].map((name) => [name, value]));
}

function entryAfter({ good, failure }: Entry, asked: Asked, plugin: LoadedPlugin, now: number): Entry {
  if (asked.ok) {
    const volatile = plugin.facts.kind === 'external-addon';
    const fresh = outcomeOf(asked.values, volatile);
    return { good: { at: now, bytes: asked.bytes, fresh, stale: outcomeOf(asked.values, true, true) }, failure: null };
  }
  const count = (failure?.count ?? 0) + 1;
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(count - 1, 10));
  const outcome = outcomeOf(failing(asked.trouble, plugin.keys.keys()), true);
  return { good, failure: { count, retryAt: now + wait, outcome } };
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
